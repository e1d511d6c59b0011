#pragma once
// A page between two that must not be touched: a text at its end cannot be read beyond its last
// byte, nor one at its start before its first, without the test program being killed.
//
// Threads: one at a time.

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace pawl::test {

class GuardedPages {
 public:
  GuardedPages() : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* got = ::mmap(nullptr, 3 * size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::runtime_error("mmap");
    before_ = static_cast<char*>(got);
    if (::mprotect(page(), size_, PROT_READ | PROT_WRITE) != 0)
      throw std::runtime_error("mprotect");
  }
  ~GuardedPages() { ::munmap(before_, 3 * size_); }
  GuardedPages(const GuardedPages&) = delete;
  GuardedPages& operator=(const GuardedPages&) = delete;

  // Give a copy of `text` that lies at the very end, or the very start, of the page.
  std::string_view at_end(std::string_view text) { return put(page() + size_ - text.size(), text); }
  std::string_view at_start(std::string_view text) { return put(page(), text); }

 private:
  char* page() { return before_ + size_; }
  static std::string_view put(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

  std::size_t size_;
  char* before_ = nullptr;
};

}  // namespace pawl::test
