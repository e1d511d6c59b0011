#pragma once

// Which container the process is in, for the field `c:` of datagrams 1.4, so that the Agent can add
// the container's tags. Read from /proc, in the order of the official clients:
//   1. /proc/self/cgroup: a path that ends with a container's id (64 hex digits, 32 hex digits with
//      `-` and digits, or a UUID), with or without `.scope`
//   2. /proc/self/mountinfo: the directory of the container that `hostname` was mounted from, if
//      that is not a sandbox
//   3. outside of the host's cgroup namespace, the inode of the process's own cgroup
// An entity id (DD_ENTITY_ID) does not switch it off; the Agent prefers the entity id itself.
//
// Threads: any.
// Cost: reads at most three small files, once a client.
// Errors: none but std::bad_alloc; files that are missing, torn or not what they should be give "".

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::base {

// Where to look; tests look elsewhere.
struct ProcPaths {
  std::string cgroup = "/proc/self/cgroup";
  std::string mountinfo = "/proc/self/mountinfo";
  std::string cgroup_namespace = "/proc/self/ns/cgroup";
  std::string cgroup_mount = "/sys/fs/cgroup";
  // The inode of the host's namespace, the same on every Linux (PROC_CGROUP_INIT_INO).
  std::uint64_t host_namespace = 0xEFFFFFFB;
};

// Gives the text that goes after `c:`, "ci-<id>" or "in-<inode>", or "" when there is none to give.
std::string find_container_id(const ProcPaths& paths = {});

// Give the id that a cgroup or mountinfo file holds, or "". Views of the text.
std::string_view container_in_cgroup(std::string_view file) noexcept;
std::string_view container_in_mountinfo(std::string_view file) noexcept;

}  // namespace pawl::base
