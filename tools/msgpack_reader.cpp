#include "tools/msgpack_reader.h"

#include <bit>
#include <limits>
#include <vector>

namespace pawl::tools {
namespace {

using std::string_view;

constexpr string_view kKinds[] = {"nil",
                                  "a boolean",
                                  "a number",
                                  "a negative number",
                                  "a real number",
                                  "a text",
                                  "binary data",
                                  "an array",
                                  "a map"};

std::uint64_t sign_extended(std::uint64_t bits, std::size_t bytes) {
  const auto unused = static_cast<unsigned>(64 - 8 * bytes);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << unused) >> unused);
}

}  // namespace

void MsgpackReader::fail(std::string message) {
  if (error_) return;
  error_ = Error{"byte " + std::to_string(value_) + ": " + std::move(message)};
  at_ = bytes_.size();
}

string_view MsgpackReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) {
    fail("it ends early");
    return {};
  }
  const string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::uint64_t MsgpackReader::big_endian(std::size_t size) {
  std::uint64_t bits = 0;
  for (const char c : take(size)) bits = bits << 8U | static_cast<unsigned char>(c);
  return bits;
}

// The format: https://github.com/msgpack/msgpack/blob/master/spec.md
MsgpackReader::Head MsgpackReader::head() {
  value_ = at_;
  if (++values_ > kMaxValues) fail("more than " + std::to_string(kMaxValues) + " values");
  const string_view first = take(1);
  if (first.empty()) return {};
  const auto mark = static_cast<unsigned char>(first.front());
  if (mark < 0x80) return {Kind::natural, mark};
  if (mark < 0x90) return {Kind::map, mark & 0x0FU};
  if (mark < 0xA0) return {Kind::array, mark & 0x0FU};
  if (mark < 0xC0) return {Kind::text, mark & 0x1FU};
  if (mark >= 0xE0) return {Kind::negative, sign_extended(mark, 1)};
  return wide_head(mark);
}

MsgpackReader::Head MsgpackReader::wide_head(unsigned char mark) {
  const auto sized = [this, mark](Kind kind, unsigned char first) {
    return Head{kind, big_endian(std::size_t{1} << static_cast<unsigned>(mark - first))};
  };
  if (mark == 0xC0) return {Kind::nil, 0};
  if (mark == 0xC2 || mark == 0xC3) return {Kind::boolean, mark & 1U};
  if (mark >= 0xC4 && mark <= 0xC6) return sized(Kind::binary, 0xC4);
  if (mark == 0xCA) {
    const auto bits = static_cast<std::uint32_t>(big_endian(4));
    return {Kind::real, std::bit_cast<std::uint64_t>(double{std::bit_cast<float>(bits)})};
  }
  if (mark == 0xCB) return {Kind::real, big_endian(8)};
  if (mark >= 0xCC && mark <= 0xCF) return sized(Kind::natural, 0xCC);
  if (mark >= 0xD0 && mark <= 0xD3) {
    const std::size_t size = std::size_t{1} << static_cast<unsigned>(mark - 0xD0);
    const std::uint64_t bits = sign_extended(big_endian(size), size);
    return {static_cast<std::int64_t>(bits) < 0 ? Kind::negative : Kind::natural, bits};
  }
  if (mark >= 0xD9 && mark <= 0xDB) return sized(Kind::text, 0xD9);
  if (mark == 0xDC || mark == 0xDD) return {Kind::array, big_endian(mark == 0xDC ? 2 : 4)};
  if (mark == 0xDE || mark == 0xDF) return {Kind::map, big_endian(mark == 0xDE ? 2 : 4)};
  fail("an extension or a mark that is not in use");
  return {};
}

void MsgpackReader::mismatch(string_view expected, Head got) {
  fail("expected " + std::string{expected} + ", got " +
       std::string{kKinds[static_cast<std::size_t>(got.kind)]});
}

std::uint32_t MsgpackReader::container(Kind kind, string_view expected) {
  const Head got = head();
  if (got.kind == kind) return static_cast<std::uint32_t>(got.bits);
  if (got.kind != Kind::nil) mismatch(expected, got);
  return 0;
}

string_view MsgpackReader::bytes_of(Kind kind, string_view expected) {
  const Head got = head();
  if (got.kind == kind) return take(got.bits);
  if (got.kind != Kind::nil) mismatch(expected, got);
  return {};
}

std::uint64_t MsgpackReader::natural() {
  const Head got = head();
  if (got.kind == Kind::natural || got.kind == Kind::nil) return got.bits;
  mismatch("a number from 0", got);
  return 0;
}

std::int64_t MsgpackReader::whole() {
  const Head got = head();
  const bool fits = got.bits <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  const bool whole = got.kind == Kind::negative || (got.kind == Kind::natural && fits);
  if (whole || got.kind == Kind::nil) return static_cast<std::int64_t>(got.bits);
  mismatch("a number of 63 bits and a sign", got);
  return 0;
}

double MsgpackReader::number() {
  const Head got = head();
  if (got.kind == Kind::real) return std::bit_cast<double>(got.bits);
  if (got.kind == Kind::natural) return static_cast<double>(got.bits);
  if (got.kind == Kind::negative) return static_cast<double>(static_cast<std::int64_t>(got.bits));
  if (got.kind != Kind::nil) mismatch("a number", got);
  return 0;
}

// Without recursion: what is left of each container that is open.
void MsgpackReader::skip() {
  std::vector<std::uint64_t> open{1};
  while (!open.empty() && ok()) {
    if (open.back() == 0) {
      open.pop_back();
      continue;
    }
    --open.back();
    const Head got = head();
    if (got.kind == Kind::text || got.kind == Kind::binary) take(got.bits);
    if (got.kind == Kind::array) open.push_back(got.bits);
    if (got.kind == Kind::map) open.push_back(2 * got.bits);
    if (open.size() > kMaxDepth) fail("it is nested too deep");
  }
}

}  // namespace pawl::tools
