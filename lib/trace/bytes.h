#pragma once

// Bytes that grow, and keep their memory for the next use. Writing goes by pointers: room for the
// longest is made first, then nothing is checked.
//
// Threads: a value. Errors: without memory nothing changes, and the caller is told.

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace pawl::trace {

class Bytes {
 public:
  Bytes() noexcept = default;
  Bytes(Bytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Bytes& operator=(Bytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Bytes() { ::operator delete(data_); }

  std::string_view view() const noexcept { return {data_, size_}; }
  const char* data() const noexcept { return data_; }
  char* data() noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }

  // Makes room for so many more; gives where they go, or null.
  char* room(std::size_t more) noexcept {
    if (more > capacity_ - size_) [[unlikely]]
      if (!grow(size_ + more)) return nullptr;
    return data_ + size_;
  }
  // Says up to where it was written.
  void written_to(const char* end) noexcept { size_ = static_cast<std::size_t>(end - data_); }

  bool append(std::string_view bytes) noexcept {
    char* to = room(bytes.size());
    if (to == nullptr) return false;
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    size_ += bytes.size();
    return true;
  }
  // Takes out what stands from `begin` to `end`.
  void erase(std::size_t begin, std::size_t end) noexcept {
    std::memmove(data_ + begin, data_ + end, size_ - end);
    size_ -= end - begin;
  }
  void clear() noexcept { size_ = 0; }
  // Forgets the content, and the memory too where it is more than `most`.
  void reset(std::size_t most) noexcept {
    size_ = 0;
    if (capacity_ > most) *this = Bytes{};
  }

 private:
  static constexpr std::size_t kLeast = 256;

  [[gnu::noinline]] bool grow(std::size_t least) noexcept {
    std::size_t wanted = capacity_ < kLeast ? kLeast : 2 * capacity_;
    if (wanted < least) wanted = least;
    void* const larger = ::operator new(wanted, std::nothrow);
    if (larger == nullptr) return false;
    if (size_ != 0) std::memcpy(larger, data_, size_);
    ::operator delete(data_);
    data_ = static_cast<char*>(larger);
    capacity_ = wanted;
    return true;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace pawl::trace
