#pragma once

// The bytes of a price file, read with care: what is given as a path may be a pipe, a device, a
// directory, endless, or in the middle of being written.
//
// Threads: functions without state.
// Errors: by Result, naming the file, what it is and what was expected.

#include <cstdint>
#include <string>

#include <pawl/result.h>

namespace pawl::llm {

// Tells one state of a file from another.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Gives the stamp of what is at the path now; that of nothing when there is nothing.
FileStamp stamp_of(const std::string& path) noexcept;

// Reads the whole file. `stamp` becomes that of the file as soon as it is open, whatever comes
// after.
Result<std::string> read_price_file(const std::string& path, FileStamp& stamp);

}  // namespace pawl::llm
