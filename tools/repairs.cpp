#include "tools/repairs.h"

#include <memory>
#include <optional>
#include <utility>

#include "tools/decode.h"

namespace pawl::tools {
namespace {

using std::string_view;

class Probe {
 public:
  explicit Probe(std::string prefix = {})
      : memory_(std::make_shared<InMemoryTransport>(kAnyBytes)),
        client_(make(std::move(prefix), memory_)) {}

  // Gives what arrives of what `record` records, nullopt when nothing does.
  template <class Record>
  std::optional<Item> ask(const Record& record) {
    record(client_);
    client_.flush();
    for (const std::string& line : memory_->take_lines()) {
      Result<Item> item = decode_line(line);
      if (item) return std::move(*item);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kAnyBytes = 1 << 20;

  static Client make(std::string prefix, std::shared_ptr<Transport> transport) {
    Options options;
    options.prefix = std::move(prefix);
    options.telemetry = Switch::off;
    options.environment = Switch::off;
    options.origin_detection = Switch::off;
    options.background = Background::manual;
    options.transport = std::move(transport);
    Result<Client> client = Client::create(std::move(options));
    return client ? std::move(*client) : Client::null();
  }

  const std::shared_ptr<InMemoryTransport> memory_;
  const Client client_;
};

std::string quoted(string_view text) { return "\"" + printable(text, 100) + "\""; }

void compare(const Sending& sending, string_view what, string_view asked, string_view sent) {
  if (asked == sent) return;
  sending.warn(std::string{what} + " " + quoted(asked) + " goes out as " + quoted(sent));
}

// On the wire a line break is the two characters `\n`, and those two cannot be told from it.
std::string with_line_breaks(string_view text) {
  std::string out{text};
  for (auto at = out.find("\\n"); at != std::string::npos; at = out.find("\\n", at)) {
    out.replace(at, 2, "\n");
  }
  return out;
}

}  // namespace

void warn_of_name(const Sending& sending, string_view name) {
  const std::string& prefix = sending.plan().options.prefix;
  const auto item = Probe{prefix}.ask([name](const Client& client) { client.count(name); });
  if (item) compare(sending, "the name", prefix + std::string{name}, item->name);
}

void warn_of_tags(const Sending& sending) {
  Probe probe;
  for (const Tag& tag : sending.tags()) {
    const auto item = probe.ask([&tag](const Client& client) { client.count("x", 1, {tag}); });
    std::string asked{tag.key};
    if (!tag.value.empty()) asked.append(":").append(tag.value);
    if (!item) continue;
    if (item->tags.empty()) {
      sending.warn("the tag " + quoted(asked) + " is left out: the Agent would obey it");
    } else {
      compare(sending, "the tag", asked, item->tags.front());
    }
  }
}

void warn_of_members(const Sending& sending, const std::vector<std::string>& members) {
  Probe probe;
  for (const std::string& member : members) {
    const auto item = probe.ask([&member](const Client& client) { client.set("x", member); });
    const auto* sent = item ? std::get_if<std::string>(&item->values.front()) : nullptr;
    if (sent != nullptr) compare(sending, "the member", member, *sent);
  }
}

void warn_of_note(const Sending& sending, const Event& event) {
  Event alone = event;
  alone.tags = {};
  const auto item = Probe{}.ask([&alone](const Client& client) { client.event(alone); });
  if (!item) return;
  compare(sending, "TITLE", with_line_breaks(event.title), item->name);
  compare(sending, "TEXT", with_line_breaks(event.text), item->text);
  compare(sending, "--host", event.host, item->host);
  compare(sending, "--aggregation-key", event.aggregation_key, item->aggregation_key);
  compare(sending, "--source-type", event.source_type, item->source);
}

void warn_of_note(const Sending& sending, const ServiceCheck& check) {
  ServiceCheck alone = check;
  alone.tags = {};
  const auto item = Probe{}.ask([&alone](const Client& client) { client.service_check(alone); });
  if (!item) return;
  compare(sending, "the name", check.name, item->name);
  compare(sending, "--message", with_line_breaks(check.message), item->text);
  compare(sending, "--host", check.host, item->host);
}

}  // namespace pawl::tools
