#pragma once
// MessagePack read value by value from bytes that are all there, as whoever reads expects them. The
// first mistake is kept, and all that is read after it is empty: a loop over a container ends
// there.
//
//     MsgpackReader in{body};
//     for (std::uint32_t n = in.map(); n > 0 && in.ok(); --n) read_field(in.text(), in);
//     if (!in.ok()) return in.error();
//
// Own code, because nlohmann_json wants text as the keys of a map, where /v0.5/traces has numbers,
// and because it builds what is not looked at.
//
// Threads: one at a time. Cost: copies nothing; the views are of the bytes.
// Errors: by ok() and error(), with the offset of the value.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace pawl::tools {

class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  // Begin a container; give how many elements, or pairs, follow. Nil is empty.
  std::uint32_t array() { return container(Kind::array, "an array"); }
  std::uint32_t map() { return container(Kind::map, "a map"); }

  std::string_view text() { return bytes_of(Kind::text, "a text"); }
  std::string_view binary() { return bytes_of(Kind::binary, "binary data"); }
  // Whole numbers; the other sign is a mistake where it does not fit. Nil is 0.
  std::uint64_t natural();
  std::int64_t whole();
  // A whole number too.
  double number();

  // More values, which may have one byte each, are a mistake, so that what is made of them is
  // bounded; 25 MB of spans have about three millions.
  static constexpr std::size_t kMaxValues = 4'000'000;
  // Passes over a value, whatever it is, not deeper than kMaxDepth.
  static constexpr std::size_t kMaxDepth = 64;
  void skip();

  bool ok() const noexcept { return !error_; }
  bool at_end() const noexcept { return at_ == bytes_.size(); }
  Error error() const { return *error_; }
  // Keeps a mistake of the value that was read last, unless there was one before.
  void fail(std::string message);

 private:
  enum class Kind : std::uint8_t {
    nil,
    boolean,
    natural,
    negative,
    real,
    text,
    binary,
    array,
    map
  };
  struct Head {
    Kind kind = Kind::nil;
    std::uint64_t bits = 0;  // the number, or the length, or the number of elements
  };

  Head head();
  Head wide_head(unsigned char mark);
  std::uint64_t big_endian(std::size_t size);
  std::uint32_t container(Kind kind, std::string_view expected);
  std::string_view bytes_of(Kind kind, std::string_view expected);
  std::string_view take(std::uint64_t size);
  void mismatch(std::string_view expected, Head got);

  const std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t value_ = 0;  // where the value that was read last begins
  std::size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace pawl::tools
