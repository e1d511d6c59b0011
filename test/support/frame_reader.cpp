#include "support/frame_reader.h"

#include <cstdint>

namespace pawl::test {
namespace {

constexpr std::size_t kLengthBytes = 4;

std::size_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8U * i);
  }
  return value;
}

}  // namespace

std::vector<std::string> FrameReader::feed(std::string_view bytes) {
  pending_ += bytes;
  std::vector<std::string> payloads;
  for (std::string payload; next(payload);) payloads.push_back(payload);
  return payloads;
}

bool FrameReader::next(std::string& payload) {
  if (!error_.empty() || pending_.size() < kLengthBytes) return false;
  const std::size_t length = little_endian(pending_);
  if (length == 0 || length > max_frame_bytes_) {
    error_ = "a frame says it has " + std::to_string(length) + " bytes";
    return false;
  }
  if (pending_.size() < kLengthBytes + length) return false;
  payload = pending_.substr(kLengthBytes, length);
  pending_.erase(0, kLengthBytes + length);
  return true;
}

std::string FrameReader::end() const {
  if (!error_.empty()) return error_;
  if (pending_.empty()) return "";
  return "the stream ended " + std::to_string(pending_.size()) + " bytes into a frame";
}

}  // namespace pawl::test
