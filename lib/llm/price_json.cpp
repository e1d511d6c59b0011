#include "llm/price_json.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "llm/price_decimal.h"
#include "llm/price_model.h"

namespace pawl::llm {
namespace {

using std::string_view;
using Json = nlohmann::json;

constexpr std::size_t kMaxRefusals = 100;
constexpr std::size_t kMaxShown = 200;

// At most so much of what a stranger wrote, cut between characters.
std::string shown(string_view text) {
  if (text.size() <= kMaxShown) return std::string{text};
  std::size_t size = kMaxShown;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string{text.substr(0, size)} + "...";
}

// Tells whether a number has no double, which ends the parser's work.
bool is_beyond_double(string_view number) noexcept {
  // What the shortest such numbers have: `1e309`, or so many digits.
  constexpr std::size_t kLongestDouble = 308;
  if (number.size() <= kLongestDouble && number.find_first_of("eE") == string_view::npos)
    return false;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool beyond =
      error == std::errc::result_out_of_range && end == number.data() + number.size();
  return beyond && read_rate(number).fault != RateFault::too_low;
}

// Gives the length of the number that begins a text; 0 when none does.
std::size_t number_size(string_view text) noexcept {
  return std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
}

// Python writes NaN and Infinity, which are not JSON, where a price is missing. As text of the same
// length they are refused like any price that is no number, and the other models are kept; so are
// numbers that no double holds.
void quote_non_numbers(std::string& text) {
  static constexpr std::pair<string_view, string_view> kWords[] = {
      {"NaN", R"("N")"}, {"-Infinity", R"("-Infini")"}, {"Infinity", R"("Infini")"}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted) ++i;
    if (quoted) continue;
    if (const std::size_t size = number_size(string_view{text}.substr(i)); size > 1) {
      if (is_beyond_double(string_view{text}.substr(i, size))) text[i] = text[i + size - 1] = '"';
      i += size - 1;
      continue;
    }
    if (c != 'N' && c != '-' && c != 'I') continue;
    for (const auto& [word, quotation] : kWords) {
      if (string_view{text}.substr(i, word.size()) != word) continue;
      std::memcpy(&text[i], quotation.data(), word.size());
      i += word.size() - 1;
      break;
    }
  }
}

// "line 3, column 5", as the parser says it.
std::string place_of(string_view text, std::size_t at) {
  const string_view before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " + std::to_string(at - line_start + 1);
}

const char* reason_of(RateFault fault) noexcept {
  switch (fault) {
    case RateFault::negative:
      return "negative";
    case RateFault::too_high:
      return "more than 1 dollar a token";
    case RateFault::too_low:
      return "less than half a picodollar a token";
    case RateFault::none:
      break;
  }
  return nullptr;
}

// Hears the parser's events. Level 1 is the file, level 2 a model; what lies deeper is skipped.
class Listener {
 public:
  using number_integer_t = Json::number_integer_t;    // NOLINT(readability-identifier-naming)
  using number_unsigned_t = Json::number_unsigned_t;  // NOLINT(readability-identifier-naming)
  using number_float_t = Json::number_float_t;        // NOLINT(readability-identifier-naming)

  ParsedPrices take() { return std::move(parsed_); }
  const std::string& complaint() const { return complaint_; }

  bool null() { return level_ == 0 ? other() : not_a_model(); }
  bool boolean(bool) { return other(); }
  bool binary(Json::binary_t&) { return other(); }
  bool number_integer(number_integer_t number) { return take_number(std::to_string(number)); }
  bool number_unsigned(number_unsigned_t number) { return take_number(std::to_string(number)); }
  bool number_float(number_float_t, const std::string& text) { return take_number(text); }

  bool string(std::string& text) {
    if (in_model() && field_ == "litellm_provider") {
      provider_ = text.size() <= PriceBook::kMaxNameBytes ? text : std::string{};
      return true;
    }
    return other();
  }

  bool start_object(std::size_t) {
    if (in_model()) refuse_price("no number");
    if (level_ == 1) begin_model();
    return deeper();
  }
  bool end_object() {
    --level_;
    if (level_ == 1) end_model();
    return true;
  }
  bool start_array(std::size_t) { return other() && deeper(); }
  bool end_array() {
    --level_;
    return true;
  }

  bool key(std::string& text) {
    if (level_ == 1) name_ = text;
    if (in_model()) field_ = text;
    return true;
  }

  // The library's text is "[json.exception.parse_error.101] parse error at line 3, column 5: ...".
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    string_view text = error.what();
    const auto place = text.find("line ");
    complaint_ = shown(place == string_view::npos ? text : text.substr(place));
    return false;
  }

 private:
  // Right in a model's object; a list in place of one has no fields.
  bool in_model() const { return level_ == 2 && model_open_; }

  bool deeper() {
    if (++level_ <= PriceBook::kMaxFileDepth) return true;
    complaint_ = "nested deeper than 32 levels; expected models with their fields";
    return false;
  }

  // What is no number: as the file, as a model, as a price.
  bool other() {
    if (level_ == 0) {
      complaint_ = "not an object; expected one with a member for each model";
      return false;
    }
    not_a_model();
    if (in_model()) refuse_price("no number");
    return true;
  }

  bool not_a_model() {
    if (level_ == 1 && name_ != "sample_spec") refuse("", "no object");
    return true;
  }

  bool take_number(string_view text) {
    if (!in_model()) return other();
    const auto field = price_field(field_);
    if (!field) return true;
    const ReadRate read = read_rate(text);
    const char* reason = reason_of(read.fault);
    if (reason == nullptr) reason = model_.take(*field, read.rate);
    if (reason != nullptr) refuse_price(reason);
    return true;
  }

  void begin_model() {
    model_ = {};
    provider_.clear();
    field_.clear();
    refused_ = false;
    model_open_ = true;
  }

  // A price that makes no sense takes its model along: the others would not be the whole bill.
  void end_model() {
    model_open_ = false;
    if (name_ == "sample_spec") return;
    if (refused_) {
      ++parsed_.report.refused;
    } else if (!model_.priced()) {
      ++parsed_.report.unpriced;
    } else if (name_.empty() || name_.size() > PriceBook::kMaxNameBytes) {
      refuse("", "its name is empty or longer than 200 bytes");
    } else if (!parsed_.layer.add(name_, {model_.price(), provider_})) {
      refuse("", "a second model of this name; the first is used");
    }
  }

  void refuse_price(const char* reason) {
    if (name_ == "sample_spec" || !price_field(field_)) return;
    refused_ = true;
    note(field_, reason);
  }

  void refuse(string_view field, const char* reason) {
    ++parsed_.report.refused;
    note(field, reason);
  }

  void note(string_view field, const char* reason) {
    auto& notes = parsed_.report.refusals;
    if (notes.size() < kMaxRefusals) notes.push_back({shown(name_), shown(field), reason});
  }

  ParsedPrices parsed_;
  std::string complaint_;
  std::size_t level_ = 0;
  std::string name_;
  std::string field_;
  std::string provider_;
  PriceModel model_;
  bool refused_ = false;
  bool model_open_ = false;
};

}  // namespace

Result<ParsedPrices> parse_prices(std::string text) {
  // The byte order mark of a text in UTF-8: no editor counts it as a column.
  constexpr string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.erase(0, kMark.size());
  if (text.empty()) return Error{"is empty; expected a JSON object of models"};
  // The parser takes it for the end of the text.
  if (const auto nul = text.find('\0'); nul != std::string::npos)
    return Error{place_of(text, nul) + ": a NUL byte; expected JSON"};
  quote_non_numbers(text);
  Listener listener;
  if (!Json::sax_parse(text, &listener)) return Error{listener.complaint()};
  ParsedPrices parsed = listener.take();
  parsed.report.models = parsed.layer.size();
  if (parsed.report.models == 0) return Error{"no model in it has a price by the token"};
  return parsed;
}

}  // namespace pawl::llm
