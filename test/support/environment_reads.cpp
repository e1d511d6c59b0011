#include "support/environment_reads.h"

#include <dlfcn.h>

namespace pawl::test {
namespace {

constinit thread_local std::uint64_t reads = 0;

}  // namespace

EnvironmentReads::EnvironmentReads() noexcept : before_(reads) {}

std::uint64_t EnvironmentReads::count() const noexcept { return reads - before_; }

#if !PAWL_UNDER_SANITIZER
namespace {

using Getenv = char* (*)(const char*);

char* counted(const char* function, const char* name) noexcept {
  ++reads;
  return reinterpret_cast<Getenv>(dlsym(RTLD_NEXT, function))(name);
}

}  // namespace

// The dynamic linker binds everybody's calls to these.
extern "C" char* getenv(const char* name) noexcept { return counted("getenv", name); }
extern "C" char* secure_getenv(const char* name) noexcept { return counted("secure_getenv", name); }
#endif

}  // namespace pawl::test
