#pragma once

// Text of at most `kMost` bytes, kept where the object is: a request owns its names without memory
// of its own. Not for programs to use.
//
// Threads: a value. Cost: a copy of the bytes that are used.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::llm::detail {

template <std::size_t kMost>
class FixedText {
 public:
  static_assert(kMost <= UINT8_MAX);

  FixedText() noexcept {}  // NOLINT(modernize-use-equals-default): leaves the bytes as they are
  FixedText(const FixedText& other) noexcept { copy(other.view()); }
  FixedText& operator=(const FixedText& other) noexcept {
    if (this != &other) copy(other.view());
    return *this;
  }

  // Keeps the text, cut at a character boundary when it is too long; tells whether it was whole.
  bool assign(std::string_view text) noexcept {
    std::size_t size = text.size();
    if (size > kMost) {
      size = kMost;
      while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
    }
    copy(text.substr(0, size));
    return size == text.size();
  }

  std::string_view view() const noexcept { return {bytes_, size_}; }

 private:
  void copy(std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
    size_ = static_cast<std::uint8_t>(text.size());
  }

  std::uint8_t size_ = 0;
  char bytes_[kMost];
};

}  // namespace pawl::llm::detail
