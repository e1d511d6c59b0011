// The pawl command: reads the arguments and runs one verb. Exit codes: 0 all was done, 1 loss or
// failed input and output, 2 usage.

#include <csignal>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <pawl/version.h>

#include "tools/arguments.h"
#include "tools/demo.h"
#include "tools/emit.h"
#include "tools/lint.h"
#include "tools/listen.h"
#include "tools/llm.h"
#include "tools/output.h"
#include "tools/price.h"
#include "tools/span.h"

namespace {

using pawl::tools::complain;
using pawl::tools::exit_failed;
using pawl::tools::exit_ok;
using pawl::tools::exit_usage;
using pawl::tools::Run;

void add_verbs(CLI::App& app, Run& run) {
  using namespace pawl::tools;
  add_demo(app, run);
  add_emit(app, run);
  add_lint(app, run);
  add_listen(app, run);
  add_llm(app, run);
  add_price(app, run);
  add_span(app, run);
}

// Help and the version come as errors too, with exit code 0.
int tell(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text;
    app.exit(error, text, text);
    std::string lines = text.str();
    if (!lines.empty() && lines.back() == '\n') lines.pop_back();
    pawl::tools::Output output;
    output.line(lines);
    return output.flush() ? exit_ok : complain("standard output cannot be written", exit_failed);
  }
  const auto verbs = app.get_subcommands();
  const std::string verb = verbs.empty() ? std::string{} : verbs.front()->get_name() + ": ";
  return complain(verb + error.what(), exit_usage);
}

// `pawl help` and `pawl help VERB` are `pawl --help` and `pawl VERB --help`.
std::vector<const char*> with_help_as_option(int argc, char** argv) {
  std::vector<const char*> arguments{argv, argv + argc};
  if (argc < 2 || std::string_view{argv[1]} != "help") return arguments;
  arguments.erase(arguments.begin() + 1);
  arguments.push_back("--help");
  return arguments;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"pawl: metrics and spans for the Datadog Agent, from scripts and under inspection"};
  app.name("pawl");
  app.set_version_flag("--version", std::string{"pawl "} + PAWL_VERSION);
  app.footer("`pawl VERB --help` explains a verb and shows examples.");
  Run run;
  add_verbs(app, run);
  const std::vector<const char*> arguments = with_help_as_option(argc, argv);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError& error) {
    return tell(app, error);
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
