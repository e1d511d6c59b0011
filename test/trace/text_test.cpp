// Texts on their way to the Agent: copied, looked at and cut.

#include "trace/text.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "trace/entries.h"

namespace {

using pawl::trace::AsciiCopy;
using pawl::trace::is_utf8;
using pawl::trace::KeyFilter;

constexpr std::size_t kLongest = 80;  // several steps of each way to copy

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('!' + i);
  return text;
}

TEST_CASE("a copy has all bytes of a text of any size, and touches none behind it") {
  for (std::size_t size = 0; size <= kLongest; ++size) {
    const std::string text = text_of(size);
    std::string to(size + 1, '?');
    AsciiCopy copy;
    CHECK(copy.put(to.data(), text) == to.data() + size);
    CHECK(to == text + "?");
    CHECK(copy.is_ascii());
  }
}

TEST_CASE("a copy sees a byte that is not ASCII wherever it stands") {
  for (std::size_t size = 1; size <= kLongest; ++size)
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = text_of(size);
      text[at] = '\x80';
      std::string to(size, '?');
      AsciiCopy copy;
      copy.put(to.data(), text);
      CHECK(to == text);
      CHECK_FALSE(copy.is_ascii());
    }
}

TEST_CASE("a copy of several texts is ASCII where all of them are") {
  char to[2];
  AsciiCopy copy;
  copy.put(to, "\xff");
  copy.put(to, "ab");
  CHECK_FALSE(copy.is_ascii());
}

TEST_CASE("UTF-8 is told from what is none wherever that stands") {
  for (std::size_t before = 0; before <= 20; ++before)
    for (std::size_t behind = 0; behind <= 20; ++behind) {
      const std::string front(before, 'a');
      const std::string back(behind, 'z');
      CHECK(is_utf8(front + "\xc3\xa4" + back));
      CHECK_FALSE(is_utf8(front + "\xc3" + back));
    }
}

TEST_CASE("a key is new once") {
  KeyFilter keys;
  for (std::size_t size = 1; size <= kLongest; ++size) {
    keys.insert(text_of(size));
    CHECK_FALSE(keys.insert(text_of(size)));
  }
}

TEST_CASE("keys that differ in one place are nearly all new") {
  for (std::size_t size = 1; size <= 16; ++size) {
    KeyFilter keys;
    std::size_t fresh = keys.insert(text_of(size)) ? 1U : 0U;
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text_of(size);
      other[at] = 'x';
      fresh += keys.insert(other) ? 1U : 0U;
    }
    CHECK(fresh + 1 >= size);  // of one more, so two may be mistaken
  }
}

}  // namespace
