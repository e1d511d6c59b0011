#include "llm/price_file.h"

#include <cerrno>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pawl/price_book.h>

namespace pawl::llm {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return number_; }

 private:
  const int number_;
};

std::int64_t nanoseconds(const timespec& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_from(const struct stat& about) noexcept {
  return {about.st_dev,
          about.st_ino,
          static_cast<std::uint64_t>(about.st_size),
          nanoseconds(about.st_mtim),
          nanoseconds(about.st_ctim)};
}

Error cannot(const std::string& path, const char* what, int error) {
  return Error{path + ": cannot be " + what + ": " + std::generic_category().message(error)};
}

Error too_large(const std::string& path) {
  return Error{path + ": larger than 8 MiB; expected a price file of at most that"};
}

const char* kind_of(mode_t mode) noexcept {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

FileStamp stamp_of(const std::string& path) noexcept {
  struct stat about;
  return stat(path.c_str(), &about) == 0 ? stamp_from(about) : FileStamp{};
}

Result<std::string> read_price_file(const std::string& path, FileStamp& stamp) {
  if (path.find('\0') != std::string::npos)
    return Error{"the path of the price file holds a NUL byte; expected a path"};
  // Non-blocking, because opening a pipe waits for its writer.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (file.get() < 0) return cannot(path, "opened", errno);
  struct stat about;
  if (fstat(file.get(), &about) != 0) return cannot(path, "read", errno);
  stamp = stamp_from(about);
  if (!S_ISREG(about.st_mode))
    return Error{path + ": " + kind_of(about.st_mode) + "; expected a regular file"};
  if (stamp.bytes > PriceBook::kMaxFileBytes) return too_large(path);
  // To its end and not to its size: it may grow meanwhile, and files of /proc have none.
  std::string text;
  for (;;) {
    constexpr std::size_t kStep = std::size_t{256} << 10;
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const ssize_t count = read(file.get(), text.data() + before, kStep);
    const int error = errno;
    text.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0) return text;
    if (count < 0 && error != EINTR) return cannot(path, "read", error);
    if (text.size() > PriceBook::kMaxFileBytes) return too_large(path);
  }
}

}  // namespace pawl::llm
