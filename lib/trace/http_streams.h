#pragma once

// What libcurl calls for the bytes of a request and of its answer.
//
// Threads: as Http. Errors: a callback that gives less than it was asked for ends the request.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "trace/http.h"

namespace pawl::trace {

// Reads parts one after the other, and from the start again where libcurl finds that a connection
// that was kept had been closed.
class BodyReader {
 public:
  explicit BodyReader(std::span<const std::string_view> parts) : parts_(parts) {}

  curl_off_t size() const noexcept {
    std::size_t bytes = 0;
    for (const std::string_view part : parts_) bytes += part.size();
    return static_cast<curl_off_t>(bytes);
  }

  static std::size_t read(char* to, std::size_t, std::size_t room, void* self) noexcept {
    return static_cast<BodyReader*>(self)->read_some(to, room);
  }
  static int rewind(void* self, curl_off_t offset, int origin) noexcept {
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    auto& reader = *static_cast<BodyReader*>(self);
    reader.part_ = reader.at_ = 0;
    return CURL_SEEKFUNC_OK;
  }

 private:
  std::size_t read_some(char* to, std::size_t room) noexcept {
    std::size_t given = 0;
    while (given < room && part_ < parts_.size()) {
      const std::size_t copied = parts_[part_].substr(at_).copy(to + given, room - given);
      given += copied;
      at_ += copied;
      if (at_ == parts_[part_].size()) ++part_, at_ = 0;
    }
    return given;
  }

  const std::span<const std::string_view> parts_;
  std::size_t part_ = 0;
  std::size_t at_ = 0;
};

// Keeps what comes, up to the caps. Less than was offered makes libcurl end the request.
struct Reply {
  std::string body;
  std::size_t header_bytes = 0;

  static std::size_t take_header(char*, std::size_t, std::size_t bytes, void* self) noexcept {
    auto& total = static_cast<Reply*>(self)->header_bytes;
    total += bytes;
    return total > Http::kMostHeaderBytes ? 0 : bytes;
  }
  static std::size_t take_body(char* from, std::size_t, std::size_t bytes, void* self) noexcept {
    try {
      auto& body = static_cast<Reply*>(self)->body;
      if (body.size() + bytes > Http::kMostBodyBytes) return 0;
      body.append(from, bytes);
      return bytes;
    } catch (const std::bad_alloc&) {
      return 0;
    }
  }
};

}  // namespace pawl::trace
