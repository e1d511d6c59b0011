#include "base/fence.h"

#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/membarrier.h>
#endif

namespace pawl::base {

bool fence_all_threads() noexcept {
#if defined(SYS_membarrier)
  const auto membarrier = [](int command) { return ::syscall(SYS_membarrier, command, 0, 0) == 0; };
  // Registered anew each time: it is cheap, and a child of fork() need not know.
  return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
         membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
#else
  return false;
#endif
}

}  // namespace pawl::base
