#include "llm/log_line.h"

#include <array>
#include <string_view>

#include "base/hex.h"
#include "base/number.h"
#include "base/utf8.h"

namespace pawl::llm {

namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    out += c;
    return;
  }
  out += "\\u";
  out += base::HexText{byte}.view().substr(12);
}

// Writes one object, field by field.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    begin(key);
    append_json_text(out_, value);
  }
  template <class Number>
  void number(std::string_view key, const std::optional<Number>& value) {
    if (!value) return;
    begin(key);
    base::append_number(out_, *value);
  }
  void trace_id(std::string_view key, const TraceIds& trace) {
    begin(key);
    out_ += '"';
    if (trace.trace_high == 0) {
      base::append_number(out_, trace.trace_low);
    } else {
      out_ += base::HexText{trace.trace_high, trace.trace_low}.view();
    }
    out_ += '"';
  }
  void id(std::string_view key, std::uint64_t value) {
    begin(key);
    out_ += '"';
    base::append_number(out_, value);
    out_ += '"';
  }

 private:
  void begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  std::string& out_;
};

}  // namespace

LogRecord::LogRecord(const FinishedRequest& request) noexcept
    : status(request.status),
      failed(request.failed || request.status == Status::error),
      trace(request.trace),
      output_tokens(request.output_tokens),
      latency_ms(request.latency_ms),
      first_token_latency_ms(request.first_token_latency_ms) {
  request_id.assign(request.ids.request_id);
  feature.assign(request.labels.feature);
  prompt_name.assign(request.labels.prompt_name);
  prompt_version.assign(request.labels.prompt_version);
  provider.assign(request.labels.provider);
  model.assign(request.labels.model);
  error_type.assign(request.error_type);
  if (request.usage) input_tokens = request.usage->input;
  if (request.cost && request.cost->total_picodollars() != 0)
    estimated_cost_usd = request.cost->usd();
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = base::character_at(text);
    if (size == 1)
      append_escaped(out, text[0]);
    else if (size == 0)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

void append_log_line(std::string& out, const LogRecord& record, const ServiceFields& service) {
  ObjectWriter object{out};
  object.text("event", "llm_request_completed");
  object.trace_id("dd.trace_id", record.trace);
  object.id("dd.span_id", record.trace.span);
  object.text("dd.service", service.service);
  object.text("dd.env", service.env);
  object.text("dd.version", service.version);
  object.text("request_id", record.request_id.view());
  object.text("feature", record.feature.view());
  object.text("prompt_name", record.prompt_name.view());
  object.text("prompt_version", record.prompt_version.view());
  object.text("provider", record.provider.view());
  object.text("model", record.model.view());
  object.number("input_tokens", record.input_tokens);
  object.number("output_tokens", record.output_tokens);
  object.number("latency_ms", record.latency_ms);
  object.number("first_token_latency_ms", record.first_token_latency_ms);
  object.number("estimated_cost_usd", record.estimated_cost_usd);
  object.text("outcome", to_string(record.status));
  object.text("status", record.failed ? "error" : "info");
  object.text("error_type", record.error_type.view());
  object.end();
}

}  // namespace pawl::llm
