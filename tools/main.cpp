// The pawl command: reads the arguments and runs one verb. Exit codes: 0 all was done, 1 loss or
// failed input and output, 2 usage.

#include <csignal>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include <pawl/version.h>

#include "tools/arguments.h"
#include "tools/demo.h"
#include "tools/emit.h"
#include "tools/listen.h"

namespace {

using pawl::tools::complain;
using pawl::tools::exit_failed;
using pawl::tools::exit_usage;
using pawl::tools::Run;

void add_verbs(CLI::App& app, Run& run) {
  using namespace pawl::tools;
  add_demo(app, run);
  add_emit(app, run);
  add_listen(app, run);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"pawl: metrics for DogStatsD, from scripts and under inspection"};
  app.name("pawl");
  app.set_version_flag("--version", std::string{"pawl "} + PAWL_VERSION);
  app.footer("`pawl VERB --help` explains a verb and shows examples.");
  Run run;
  add_verbs(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and the version come as errors too, with exit code 0.
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(error.what(), exit_usage);
  }
  if (!run) return complain("a verb is missing; see pawl --help", exit_usage);
  return run();
}

}  // namespace

int main(int argc, char** argv) {
  // A closed stdout is an error of write(), to be told by the exit code.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    return complain(error.what(), exit_failed);
  }
}
