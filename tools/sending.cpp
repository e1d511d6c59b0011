#include "tools/sending.h"

#include <array>
#include <utility>

#include <arpa/inet.h>

namespace pawl::tools {
namespace {

using std::string_view;

// Options are named here by what they are called on the command line.
std::string in_words_of_the_command(std::string message) {
  constexpr std::array<std::array<string_view, 2>, 2> kNames{
      {{"Options::address", "--to"}, {"Options::prefix", "--prefix"}}};
  for (const auto& [option, flag] : kNames) {
    if (message.compare(0, option.size(), option) == 0) message.replace(0, option.size(), flag);
  }
  return message;
}

// Gives the host of "udp://HOST:PORT", "" of a Unix socket's URL.
std::string host_of(string_view url) {
  constexpr string_view kScheme = "udp://";
  if (url.substr(0, kScheme.size()) != kScheme) return {};
  const string_view host = url.substr(kScheme.size(), url.rfind(':') - kScheme.size());
  const bool bracketed = !host.empty() && host.front() == '[';
  return std::string{bracketed ? host.substr(1, host.size() - 2) : host};
}

// Tells whether the host is a name that only a look-up knows.
bool may_be_looked_up(string_view url) {
  const std::string host = host_of(url);
  in6_addr address{};
  const bool numeric = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                       inet_pton(AF_INET6, host.c_str(), &address) == 1;
  return !host.empty() && host != "localhost" && !numeric;
}

// What is no mistake of usage is a loss: a script does not fail of it unless it asked to.
struct Refusal {
  Reject reason;
  bool usage;
  string_view words;
};

constexpr std::array<Refusal, 9> kRefusals{{
    {Reject::name, true, "the name has no letter, or more than 200 bytes with its prefix"},
    {Reject::tags, true, "there are more than 100 tags"},
    {Reject::policy, true, "the tag policy refuses one of its tags"},
    {Reject::value, true, "a value is not finite, a negative duration or an empty member"},
    {Reject::timestamp, true, "--timestamp is more than an hour ahead (in milliseconds?)"},
    {Reject::line_too_long, false, "it is longer than a datagram, which has "},
    {Reject::unsupported, false, "the Lambda extension does not take it"},
    {Reject::memory_limit, false, "there are too many values to hold"},
    {Reject::member_limit, false, "there are too many members to hold"},
}};

std::string quantity(std::uint64_t number, string_view noun) {
  return std::to_string(number) + " " + std::string{noun} + (number == 1 ? "" : "s");
}

}  // namespace

// The first client tells where the options lead; making one does no I/O.
Result<Sending> Sending::open(std::string verb, EmitPlan plan) {
  Result<Client> client = Client::create(plan.options);
  if (!client) return Error{in_words_of_the_command(client.error().message)};
  const std::vector<std::string> warnings = client->warnings();
  std::string destination = client->destination();
  std::shared_ptr<InMemoryTransport> memory;
  if (plan.dry_run) {
    memory = std::make_shared<InMemoryTransport>(client->max_datagram_bytes());
    plan.options.transport = memory;
    client = Client::create(plan.options);
  } else if (may_be_looked_up(destination)) {
    // A client without threads waits for a look-up as long as that takes, whatever the timeout.
    plan.options.background = Background::threads;
    client = Client::create(plan.options);
  }
  if (!client) return client.error();
  Sending sending{std::move(verb), std::move(plan), std::move(*client), std::move(memory)};
  sending.destination_ = std::move(destination);
  for (const std::string& warning : warnings) sending.warn(warning);
  return sending;
}

Sending::Sending(std::string verb,
                 EmitPlan plan,
                 Client client,
                 std::shared_ptr<InMemoryTransport> memory)
    : verb_(std::move(verb)),
      plan_(std::move(plan)),
      client_(std::move(client)),
      memory_(std::move(memory)) {
  for (const OwnedTag& tag : plan_.tags) views_.push_back({tag.key, tag.value});
}

void Sending::warn(const std::string& message) const {
  complain(verb_ + ": warning: " + message, exit_ok);
}

// An Agent that was not quick enough once is not waited for again before the end.
void Sending::checkpoint() {
  if (!client_.flush(patience_)) patience_ = std::chrono::milliseconds{0};
  print_lines();
}

void Sending::print_lines() {
  if (memory_ == nullptr) return;
  for (const std::string& line : memory_->take_lines()) output_.line(line);
  printed_ = output_.flush();
}

int Sending::finish() {
  const Losses lost = client_.close(plan_.timeout);
  print_lines();
  warn_of_policy();
  return judge(lost);
}

void Sending::warn_of_policy() const {
  const Stats stats = client_.stats();
  if (stats[Repair::tag_policy] + stats[Repair::tag_value] == 0) return;
  std::string keys;
  for (const RefusedKey& refused : stats.refused_keys)
    if (refused.tags != 0) keys += (keys.empty() ? "" : ", ") + printable(refused.key());
  warn("tags were left out or changed, because of the tag policy or the Agent: " + keys);
}

int Sending::fail(const Error& error) {
  client_.close(plan_.timeout);
  print_lines();
  return complain(verb_ + ": " + error.message, exit_usage);
}

int Sending::judge(const Losses& lost) const {
  const Stats stats = client_.stats();
  for (const Refusal& refusal : kRefusals) {
    if (stats[refusal.reason].samples == 0) continue;
    std::string words{refusal.words};
    if (refusal.reason == Reject::line_too_long) {
      words += quantity(client_.max_datagram_bytes(), "byte") + " at the most";
    }
    const ExitCode loss = plan_.fail || !printed_ ? exit_failed : exit_ok;
    return complain(verb_ + ": refused: " + words, refusal.usage ? exit_usage : loss);
  }
  if (!printed_) {
    return complain(verb_ + ": standard output cannot be written", exit_failed);
  }
  return lost && plan_.fail ? tell_losses(lost) : exit_ok;
}

int Sending::tell_losses(const Losses& lost) const {
  std::string reasons;
  for (std::size_t i = 0; i < kDrops; ++i) {
    const auto reason = static_cast<Drop>(i);
    if (lost[reason].samples == 0) continue;
    reasons += (reasons.empty() ? "" : ", ") + std::string{to_string(reason)};
  }
  return complain(verb_ + ": " + quantity(lost.total().samples, "value") +
                      " could not be handed to " + destination_ + ": " + reasons,
                  exit_failed);
}

}  // namespace pawl::tools
