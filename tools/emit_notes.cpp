#include <array>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "tools/emit.h"
#include "tools/repairs.h"
#include "tools/sending.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr const char* kEventExamples =
    R"TXT(Title and text must fit into one datagram: 1432 bytes on UDP, 8192 on a Unix socket.

Examples:
  pawl event "Deployed" "api 1.4.2 is live" --alert-type success --tags service:api
  pawl event "Backup failed" "$(tail -n 5 backup.log)" --alert-type error --aggregation-key backup
)TXT";

constexpr const char* kCheckExamples = R"TXT(Examples:
  pawl check db.up ok --tags db:orders
  pawl check disk.space warning --message "91 % used"
  if ping -c1 db1 >/dev/null; then pawl check db1.up 0; else pawl check db1.up 2; fi
)TXT";

struct NoteWritten : EmitWritten {
  std::string first;   // title, or the check's name
  std::string second;  // text, or the check's status
  std::string host;
  // Of events.
  std::string alert_type = "info";
  std::string priority = "normal";
  std::string aggregation_key;
  std::string source_type;
  // Of checks.
  std::string message;
};

constexpr std::array<std::pair<string_view, AlertType>, 4> kAlertTypes{{
    {"info", AlertType::info},
    {"success", AlertType::success},
    {"warning", AlertType::warning},
    {"error", AlertType::error},
}};
constexpr std::array<std::pair<string_view, Priority>, 2> kPriorities{{
    {"normal", Priority::normal},
    {"low", Priority::low},
}};
constexpr std::array<std::pair<string_view, CheckStatus>, 8> kStatuses{{
    {"ok", CheckStatus::ok},
    {"warning", CheckStatus::warning},
    {"critical", CheckStatus::critical},
    {"unknown", CheckStatus::unknown},
    {"0", CheckStatus::ok},
    {"1", CheckStatus::warning},
    {"2", CheckStatus::critical},
    {"3", CheckStatus::unknown},
}};

// Gives the enumerator of a word; the error lists all words.
template <class Enum, std::size_t N>
Result<Enum> choose(string_view what,
                    const std::string& text,
                    const std::array<std::pair<string_view, Enum>, N>& words) {
  std::string all;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    all.append(all.empty() ? "" : ", ").append(word);
  }
  return Error{std::string{what} + ": \"" + printable(text, 100) + "\" is not one of " + all};
}

int refuse(string_view verb, const std::string& message) {
  return complain(std::string{verb} + ": " + message, exit_usage);
}

// Opens, lets `record` fill in and record the note, and finishes.
template <class Record>
int send_note(string_view verb, const EmitWritten& written, const Record& record) {
  Result<EmitPlan> plan = make_emit_plan(written);
  if (!plan) return refuse(verb, plan.error().message);
  Result<Sending> sending = Sending::open(std::string{verb}, std::move(*plan));
  if (!sending) return refuse(verb, sending.error().message);
  warn_of_tags(*sending);
  record(*sending);
  return sending->finish();
}

int send_event(const NoteWritten& written) {
  const auto alert_type = choose("--alert-type", written.alert_type, kAlertTypes);
  if (!alert_type) return refuse("event", alert_type.error().message);
  const auto priority = choose("--priority", written.priority, kPriorities);
  if (!priority) return refuse("event", priority.error().message);
  if (written.first.empty()) return refuse("event", "TITLE is empty");
  if (written.second.empty()) return refuse("event", "TEXT is empty");
  return send_note("event", written, [&](const Sending& sending) {
    const Event event{.title = written.first,
                      .text = written.second,
                      .tags = sending.tags(),
                      .alert_type = *alert_type,
                      .priority = *priority,
                      .aggregation_key = written.aggregation_key,
                      .source_type = written.source_type,
                      .host = written.host,
                      .timestamp = sending.plan().timestamp,
                      .cardinality = sending.plan().call.cardinality};
    warn_of_note(sending, event);
    sending.client().event(event);
  });
}

int send_check(const NoteWritten& written) {
  const auto status = choose("STATUS", written.second, kStatuses);
  if (!status) return refuse("check", status.error().message);
  if (written.first.empty()) return refuse("check", "NAME is empty");
  return send_note("check", written, [&](const Sending& sending) {
    const ServiceCheck check{.name = written.first,
                             .status = *status,
                             .tags = sending.tags(),
                             .message = written.message,
                             .host = written.host,
                             .timestamp = sending.plan().timestamp,
                             .cardinality = sending.plan().call.cardinality};
    warn_of_note(sending, check);
    sending.client().service_check(check);
  });
}

void add_event(CLI::App& app, Run& run) {
  const auto written = std::make_shared<NoteWritten>();
  CLI::App* verb = app.add_subcommand("event", "Say that something happened");
  verb->add_option("TITLE", written->first, "In a few words")->required();
  verb->add_option("TEXT", written->second, "In full; may have line breaks")->required();
  add_emit_options(*verb, *written);
  add_timestamp_option(*verb, *written);
  verb->add_option("--alert-type", written->alert_type, "How bad it is (default: info)")
      ->type_name("info|success|warning|error");
  verb->add_option("--priority", written->priority, "Default: normal")->type_name("normal|low");
  verb->add_option("--aggregation-key", written->aggregation_key, "Groups events")
      ->type_name("KEY");
  verb->add_option("--source-type", written->source_type, "What it comes from")->type_name("NAME");
  verb->add_option("--host", written->host, "Where it happened (default: the Agent's host)")
      ->type_name("HOST");
  verb->footer(kEventExamples);
  verb->callback([written, &run] { run = [written] { return send_event(*written); }; });
}

void add_check(CLI::App& app, Run& run) {
  const auto written = std::make_shared<NoteWritten>();
  CLI::App* verb = app.add_subcommand("check", "Say whether something is well");
  verb->add_option("NAME", written->first, "What is checked")->required();
  verb->add_option("STATUS", written->second, "ok, warning, critical, unknown, or 0 to 3")
      ->required();
  add_emit_options(*verb, *written);
  add_timestamp_option(*verb, *written);
  verb->add_option("--message", written->message, "Says more")->type_name("TEXT");
  verb->add_option("--host", written->host, "Where (default: the Agent's host)")->type_name("HOST");
  verb->footer(kCheckExamples);
  verb->callback([written, &run] { run = [written] { return send_check(*written); }; });
}

}  // namespace

void add_notes(CLI::App& app, Run& run) {
  add_event(app, run);
  add_check(app, run);
}

}  // namespace pawl::tools
