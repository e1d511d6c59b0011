#pragma once
// Takes the frames of a DogStatsD stream apart: a 4-byte little-endian length and that many bytes
// of payload. Like the Agent it gives a connection up at the first frame that is too long.
//
// Threads: one at a time.
// Errors: the first bad length is kept as a sentence; nothing is read after it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test {

class FrameReader {
 public:
  explicit FrameReader(std::size_t max_frame_bytes = 8192) : max_frame_bytes_(max_frame_bytes) {}

  // Adds bytes as they came, cut anywhere, and returns the payloads that are whole now.
  std::vector<std::string> feed(std::string_view bytes);

  // Says what is wrong if the stream ends here; empty when it ends between two frames.
  std::string end() const;

  const std::string& error() const { return error_; }

 private:
  bool next(std::string& payload);

  std::size_t max_frame_bytes_;
  std::string pending_;
  std::string error_;
};

}  // namespace pawl::test
