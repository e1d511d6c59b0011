#pragma once
// One run of a verb that sends: a client without threads that is made, recorded into and closed,
// and what is told on stderr of what it refused, repaired or lost. With --dry-run the lines that
// would have been sent go to stdout instead.
//
//     auto sending = Sending::open("count", plan);
//     sending->client().count(name, 1, sending->tags(), plan.call);
//     return sending->finish();
//
// Threads: one at a time.
// Errors: open() says what was wrong with the options; finish() gives the exit code and has told.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/client.h>

#include "tools/arguments.h"
#include "tools/emit_options.h"
#include "tools/output.h"

namespace pawl::tools {

class Sending {
 public:
  static Result<Sending> open(std::string verb, EmitPlan plan);

  const Client& client() const noexcept { return client_; }
  const EmitPlan& plan() const noexcept { return plan_; }
  Tags tags() const noexcept { return std::span<const Tag>{views_}; }

  // Tells of a text that goes out otherwise than it was written, or not at all.
  void warn(const std::string& message) const;

  // Hands over what was recorded so far, without waiting long: input without end must not need
  // memory without end.
  void checkpoint();

  // Hands over the rest and tells what was refused or lost.
  int finish();

  // Tells what was wrong, after handing over what was recorded before it.
  int fail(const Error& error);

 private:
  Sending(std::string verb,
          EmitPlan plan,
          Client client,
          std::shared_ptr<InMemoryTransport> memory);

  void warn_of_policy() const;
  int judge(const Losses& lost) const;
  int tell_losses(const Losses& lost) const;
  void print_lines();

  std::string verb_;
  EmitPlan plan_;
  Client client_;
  std::string destination_;                    // a URL
  std::shared_ptr<InMemoryTransport> memory_;  // of a dry run
  std::vector<Tag> views_;                     // of the plan's tags
  Output output_;
  bool printed_ = true;
  std::chrono::milliseconds patience_{50};
};

}  // namespace pawl::tools
