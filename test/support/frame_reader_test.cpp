#include "support/frame_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::test::FrameReader;

const std::string kTwoFrames("\x02\0\0\0ab\x03\0\0\0cde", 13);

TEST_CASE("frames come out whole however the stream was cut") {
  for (std::size_t cut = 0; cut <= kTwoFrames.size(); ++cut) {
    INFO("cut at ", cut);
    FrameReader reader;
    std::vector<std::string> frames = reader.feed(kTwoFrames.substr(0, cut));
    for (const std::string& frame : reader.feed(kTwoFrames.substr(cut))) frames.push_back(frame);
    CHECK(frames == std::vector<std::string>{"ab", "cde"});
    CHECK(reader.end() == "");
  }
}

TEST_CASE("the length is little-endian") {
  FrameReader reader;
  const std::string payload(0x0102, 'x');
  CHECK(reader.feed(std::string("\x02\x01\0\0", 4) + payload).at(0) == payload);
}

TEST_CASE("a frame of the largest length passes and one byte more is an error") {
  FrameReader reader(3);
  CHECK(reader.feed(std::string_view("\x03\0\0\0abc", 7)).size() == 1);
  CHECK(reader.feed(std::string_view("\x04\0\0\0abcd", 8)).empty());
  CHECK(reader.error() == "a frame says it has 4 bytes");
}

TEST_CASE("nothing is read after a bad length") {
  FrameReader reader;
  reader.feed(std::string_view("\0\0\0\0", 4));
  CHECK(reader.feed(kTwoFrames).empty());
  CHECK(reader.end() == "a frame says it has 0 bytes");
}

TEST_CASE("an end inside a frame is told apart from one between frames") {
  FrameReader reader;
  reader.feed(std::string_view("\x02\0\0\0a", 5));
  CHECK(reader.end() == "the stream ended 5 bytes into a frame");
}

}  // namespace
