#pragma once

// A socket's descriptor, owned across forks and against programs that close descriptors that are
// not theirs: before it is used or closed it is compared with what was opened, so that nothing is
// ever written into, and nothing closed of, somebody else's file.
//
// It is not an asio socket: those are opened without CLOEXEC, which leaks them into programs
// started by another thread, and each brings a reactor with three descriptors that a forked child
// shares.
//
// Threads: one at a time, except for before_fork() and after_fork_in_parent().
// Cost: is_open() is one fstat. Errors: by errno values.

#include <chrono>
#include <mutex>

#include <sys/socket.h>
#include <sys/types.h>

namespace pawl::transport {

class Socket {
 public:
  Socket() noexcept = default;
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Opens a non-blocking, close-on-exec socket in place of the present one; 0 or an errno.
  int open(int domain, int type) noexcept;
  // Connects it; 0 or an errno. Neither UDP nor Unix sockets wait here.
  int connect(const void* address, std::size_t size) noexcept;
  void close() noexcept;

  // Tells whether there is one and the descriptor still is the socket that was opened.
  bool is_open() const noexcept;
  int descriptor() const noexcept { return descriptor_; }

  // Takes the error that the kernel keeps for the socket; 0 when there is none.
  int take_error() noexcept;
  // Waits until it can be written, or its error is there to be read.
  void wait_writable(std::chrono::milliseconds timeout) const noexcept;

  // Held around fork(), and by the owner when it changes what its child is to find whole.
  std::mutex& fork_mutex() noexcept { return mutex_; }
  void before_fork() noexcept { mutex_.lock(); }
  void after_fork_in_parent() noexcept { mutex_.unlock(); }
  // Closes the child's copy. REQUIRES: before_fork() in the parent, on this thread.
  void after_fork_in_child() noexcept;

 private:
  bool is_ours(int descriptor) const noexcept;
  void close_locked() noexcept;

  std::mutex mutex_;
  int descriptor_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pawl::transport
