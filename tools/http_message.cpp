#include "tools/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr string_view kLineEnd = "\r\n";
// "ffffffff" and an extension; nobody sends longer ones.
constexpr std::size_t kMaxChunkLine = 256;

constexpr std::array<std::pair<int, string_view>, 18> kReasons{{
    {200, "OK"},
    {202, "Accepted"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

string_view reason_of(int status) {
  for (const auto& [number, reason] : kReasons) {
    if (number == status) return reason;
  }
  return "Status";
}

// RFC 9110, 5.6.2.
bool is_token(string_view text) {
  static constexpr string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || kMarks.find(c) != string_view::npos;
  });
}

bool is_plain(string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string to_lower(string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

string_view trimmed(string_view text) {
  constexpr string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Gives a number that fills the whole text; nothing for one that does not fit.
std::optional<std::size_t> parse_size(string_view text, int base) {
  std::size_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number, base);
  if (error != std::errc{} || end != last) return std::nullopt;
  return number;
}

// Takes a line and its end off the front.
std::optional<string_view> take_line(string_view& rest) {
  const auto end = rest.find(kLineEnd);
  if (end == string_view::npos) return std::nullopt;
  const string_view line = rest.substr(0, end);
  rest.remove_prefix(end + kLineEnd.size());
  return line;
}

}  // namespace

string_view HttpRequest::header(string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string to_bytes(const HttpResponse& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out.append(reason_of(response.status)).append(kLineEnd);
  out.append("Content-Type: ").append(response.content_type).append(kLineEnd);
  out.append("Content-Length: ").append(std::to_string(response.body.size())).append(kLineEnd);
  for (const auto& [name, value] : response.headers) {
    out.append(name).append(": ").append(value).append(kLineEnd);
  }
  if (!keep_alive) out.append("Connection: close").append(kLineEnd);
  return out.append(kLineEnd).append(response.body);
}

HttpReader::State HttpReader::feed(string_view bytes) {
  pending_.append(bytes);
  string_view rest = pending_;
  while (advance(rest)) {
  }
  pending_.erase(0, pending_.size() - rest.size());
  return state();
}

HttpReader::State HttpReader::state() const noexcept {
  if (stage_ == Stage::end) return State::whole;
  return stage_ == Stage::error ? State::refused : State::partial;
}

bool HttpReader::begun() const noexcept {
  return stage_ == Stage::head ? !pending_.empty() : state() == State::partial;
}

HttpRequest HttpReader::take() {
  HttpRequest taken = std::exchange(request_, {});
  stage_ = Stage::head;
  expects_ = false;
  feed({});
  return taken;
}

// Tells whether there may be more to do with what is there.
bool HttpReader::advance(string_view& rest) {
  switch (stage_) {
    case Stage::head:
      return read_head(rest);
    case Stage::body:
    case Stage::chunk:
      return read_body(rest);
    case Stage::chunk_size:
      return read_chunk_size(rest);
    case Stage::chunk_end:
      return read_chunk_end(rest);
    case Stage::trailers:
      return read_trailer(rest);
    default:
      return false;
  }
}

bool HttpReader::read_head(string_view& rest) {
  // An empty line before a request is left over from a careless client (RFC 9112, 2.2).
  while (rest.substr(0, 2) == kLineEnd) rest.remove_prefix(2);
  const auto end = rest.find("\r\n\r\n");
  if (std::min(end, rest.size()) > limits_.head_bytes) {
    return refuse(431,
                  "the headers have more than " + std::to_string(limits_.head_bytes) + " bytes");
  }
  if (end == string_view::npos) return false;
  string_view head = rest.substr(0, end + kLineEnd.size());
  rest.remove_prefix(end + 2 * kLineEnd.size());
  if (!read_request_line(*take_line(head))) return false;
  while (const auto line = take_line(head)) {
    if (!read_header(*line)) return false;
  }
  return settle_framing();
}

bool HttpReader::read_request_line(string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == string_view::npos || first == last) {
    return refuse(400, "the request line is not METHOD TARGET VERSION");
  }
  const string_view target = line.substr(first + 1, last - first - 1);
  const string_view version = line.substr(last + 1);
  if (!is_token(line.substr(0, first))) return refuse(400, "the method is not one word");
  if (target.empty() || target.front() != '/' || !is_plain(target) ||
      target.find(' ') != string_view::npos) {
    return refuse(400, "the target is not a path");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "expected HTTP/1.1");
  request_.method = line.substr(0, first);
  request_.target = target;
  request_.keep_alive = version == "HTTP/1.1";
  return true;
}

bool HttpReader::read_header(string_view line) {
  const auto colon = line.find(':');
  if (colon == string_view::npos || !is_token(line.substr(0, colon))) {
    return refuse(400, "a header is not NAME: VALUE");
  }
  const string_view value = trimmed(line.substr(colon + 1));
  if (!is_plain(value)) return refuse(400, "a header holds a control character");
  request_.headers.emplace_back(to_lower(line.substr(0, colon)), value);
  return true;
}

// How long the body is must be said once and plainly: whoever reads it otherwise takes the rest for
// another request (RFC 9112, 6.3).
bool HttpReader::settle_framing() {
  const auto times = [this](string_view name) {
    return std::count_if(request_.headers.begin(),
                         request_.headers.end(),
                         [name](const auto& each) { return each.first == name; });
  };
  const string_view coding = request_.header("transfer-encoding");
  if (times("content-length") > 1) return refuse(400, "Content-Length comes twice");
  if (times("content-length") == 1 && times("transfer-encoding") != 0) {
    return refuse(400, "both Content-Length and Transfer-Encoding");
  }
  if (to_lower(request_.header("connection")) == "close") request_.keep_alive = false;
  const string_view expectation = request_.header("expect");
  expects_ = request_.keep_alive && to_lower(expectation) == "100-continue";
  if (times("transfer-encoding") == 0) return settle_length(request_.header("content-length"));
  if (times("transfer-encoding") > 1 || to_lower(coding) != "chunked") {
    return refuse(501, "of transfer encodings only chunked is known");
  }
  stage_ = Stage::chunk_size;
  return true;
}

bool HttpReader::settle_length(string_view text) {
  const auto length = text.empty() ? std::size_t{0} : parse_size(text, 10);
  if (!length) return refuse(400, "Content-Length is not a number");
  stage_ = Stage::body;
  return expect_body(*length);
}

bool HttpReader::expect_body(std::size_t bytes) {
  if (bytes > limits_.body_bytes - request_.body.size()) {
    return refuse(413, "the body has more than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  missing_ = bytes;
  return true;
}

bool HttpReader::read_body(string_view& rest) {
  const string_view part = rest.substr(0, missing_);
  request_.body.append(part);
  rest.remove_prefix(part.size());
  missing_ -= part.size();
  if (missing_ != 0) return false;
  stage_ = stage_ == Stage::chunk ? Stage::chunk_end : Stage::end;
  return true;
}

bool HttpReader::read_chunk_size(string_view& rest) {
  const auto line = take_line(rest);
  if (!line) {
    return rest.size() <= kMaxChunkLine ? false : refuse(400, "a chunk's size has no end");
  }
  const auto size = parse_size(trimmed(line->substr(0, line->find(';'))), 16);
  if (!size) return refuse(400, "a chunk's size is not a number");
  stage_ = *size == 0 ? Stage::trailers : Stage::chunk;
  return expect_body(*size);
}

bool HttpReader::read_chunk_end(string_view& rest) {
  if (rest.size() < kLineEnd.size()) return false;
  if (rest.substr(0, 2) != kLineEnd) return refuse(400, "a chunk is longer than its size");
  rest.remove_prefix(kLineEnd.size());
  stage_ = Stage::chunk_size;
  return true;
}

// What comes behind the last chunk is left out.
bool HttpReader::read_trailer(string_view& rest) {
  const auto before = rest.size();
  const auto line = take_line(rest);
  trailer_bytes_ += before - rest.size();
  if (trailer_bytes_ + (line ? 0 : rest.size()) > limits_.head_bytes) {
    return refuse(431, "the trailers are too long");
  }
  if (!line || !line->empty()) return line.has_value();
  trailer_bytes_ = 0;
  stage_ = Stage::end;
  return true;
}

bool HttpReader::refuse(int status, string_view why) {
  stage_ = Stage::error;
  refusal_ = {.status = status, .body = nlohmann::json{{"error", printable(why)}}.dump()};
  return false;
}

}  // namespace pawl::tools
