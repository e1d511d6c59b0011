#include "base/origin.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/seed.h"
#include "support/temp_dir.h"

namespace {

using pawl::base::container_in_cgroup;
using pawl::base::container_in_mountinfo;
using pawl::base::find_container_id;
using pawl::base::ProcPaths;
using pawl::test::TempDir;

const std::string kId = "8c046cb0b72cd4c99f51b5591cd5b095967f58ee003710a45280c28ee1a9c7fa";
const std::string kOther = "0cfa82bf3ab29da271548d6a044e95c948c6fd2f7578fb41833a44ca23da425f";
const std::string kUuid = "34dc0b5e-626f-2c5c-4c51-70e34b10e765";
const std::string kTask = "34dc0b5e626f2c5c4c5170e34b10e765-1234567890";

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

// A /proc and a cgroup mount of the test's own.
struct Machine {
  TempDir dir;
  ProcPaths paths{dir.file("cgroup"), dir.file("mountinfo"), dir.file("ns"), dir.file("mount"), 1};

  Machine() { write(paths.cgroup_namespace, ""); }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::string make_group(const std::string& path) const {
    const std::string directory = paths.cgroup_mount + path;
    std::filesystem::create_directories(directory);
    return "in-" + std::to_string(inode_of(directory));
  }
  std::string find() const { return find_container_id(paths); }
};

TEST_CASE("a cgroup file gives the id that ends a path") {
  CHECK(container_in_cgroup("10:hugetlb:/kubepods/burstable/podfd52ef25/" + kId) == kId);
  CHECK(container_in_cgroup("1:name=systemd:/system.slice/docker-" + kId + ".scope\n") == kId);
  CHECK(container_in_cgroup("0::/kubepods/cri-containerd-" + kId + ".scope") == kId);
  CHECK(container_in_cgroup("1:name=systemd:/garden/" + kUuid) == kUuid);
  CHECK(container_in_cgroup("9:cpu,cpuacct:/ecs/55091c13-b8cf/" + kTask) == kTask);
}

TEST_CASE("the first line of a cgroup file that has an id decides") {
  CHECK(container_in_cgroup("other_line\n3:cpu:/none\n2:pids:/docker/" + kId + "\n1:cpu:/docker/" +
                            kOther + "\n") == kId);
}

TEST_CASE("what only looks like an id in a cgroup file is none") {
  const std::vector<std::string> lines{
      "",
      "/docker/" + kId,
      ":cpu:/docker/" + kId,
      "x:cpu:/docker/" + kId,
      "1:cpu" + kId,
      "1:cpu:",
      "1:cpu:/docker/" + kId.substr(1),
      "1:cpu:/garden/34dc0b5e_626f_2c5c_4c51_70e34b10e765",
      "1:cpu:/docker/a" + kId,
      "1:cpu:/docker/" + kId + "/child",
      "1:cpu:/docker/" + kId + "scope",
      "1:cpu:/docker/" + kId.substr(0, 63) + "G",
      "1:cpu:/ecs/34dc0b5e626f2c5c4c5170e34b10e765-",
      "1:cpu:/ecs/34dc0b5e626f2c5c4c5170e34b10e765-12a",
      "1:cpu:/ecs/34dc0b5e626f2c5c4c5170e34b10e765-" + std::string(500, '1')};
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(container_in_cgroup(line).empty());
  }
}

TEST_CASE("a mountinfo file gives the directory that hostname was mounted from") {
  CHECK(container_in_mountinfo(
            "608 554 0:42 / / rw,relatime master:289 - overlay overlay rw,upperdir=/v/overlay2/" +
            kOther + "/diff\n627 608 259:1 /var/lib/docker/containers/" + kId +
            "/hostname /etc/hostname rw,relatime - ext4 /dev/root rw\n") == kId);
  CHECK(container_in_mountinfo("1 2 0:1 /ecs/tasks/" + kTask + "/etc/hostname /etc/hostname rw") ==
        kTask);
}

TEST_CASE("the last container in a line of mountinfo counts") {
  CHECK(container_in_mountinfo("2282 2269 8:1 /c/sandboxes/" + kOther + "/hostname /host/k8s.io/" +
                               kId + "/rootfs/etc/hostname rw") == kId);
}

TEST_CASE("a sandbox is not the container") {
  const std::string sandbox = "1258 1249 254:1 /docker/volumes/" + kOther +
                              "/_data/io.containerd.grpc.v1.cri/sandboxes/" + kOther +
                              "/hostname /etc/hostname rw\n";
  CHECK(container_in_mountinfo(sandbox).empty());
  CHECK(container_in_mountinfo(sandbox + "9 8 1:1 /docker/containers/" + kId + "/hostname /e\n") ==
        kId);
}

TEST_CASE("a pod's directory in mountinfo is not a container") {
  CHECK(container_in_mountinfo("1 2 8:1 /kubelet/pods/" + kUuid + "/etc/hostname /e rw").empty());
}

TEST_CASE("an id in the cgroup file wins over mountinfo") {
  const Machine machine;
  Machine::write(machine.paths.cgroup, "1:cpu:/docker/" + kId + "\n");
  Machine::write(machine.paths.mountinfo, "1 2 8:1 /containers/" + kOther + "/hostname /e rw\n");
  CHECK(machine.find() == "ci-" + kId);
}

TEST_CASE("mountinfo wins over the inode") {
  const Machine machine;
  machine.make_group("/");
  Machine::write(machine.paths.cgroup, "0::/\n");
  Machine::write(machine.paths.mountinfo, "1 2 8:1 /containers/" + kOther + "/hostname /e rw\n");
  CHECK(machine.find() == "ci-" + kOther);
}

TEST_CASE("the inode of the unified cgroup stands in for the id") {
  const Machine machine;
  const std::string expected = machine.make_group("/");
  Machine::write(machine.paths.cgroup, "0::/\n");
  CHECK(machine.find() == expected);
}

TEST_CASE("the memory controller's cgroup wins over the unified one") {
  const Machine machine;
  const std::string expected = machine.make_group("/memory/job");
  machine.make_group("/job");
  Machine::write(machine.paths.cgroup, "0::/job\n5:cpu:/job\n4:memory:/job\n");
  CHECK(machine.find() == expected);
}

TEST_CASE("the host's cgroup namespace has no inode to send") {
  Machine machine;
  machine.make_group("/");
  Machine::write(machine.paths.cgroup, "0::/\n");
  machine.paths.host_namespace = inode_of(machine.paths.cgroup_namespace);
  CHECK(machine.find().empty());
}

TEST_CASE("a cgroup that lies outside of the mount has no inode to send") {
  const Machine machine;
  machine.make_group("/");
  Machine::write(machine.paths.cgroup, "0::/../..\n");
  CHECK(machine.find().empty());
}

TEST_CASE("the inode of a file system's root is not sent") {
  Machine machine;
  machine.paths.cgroup_mount = "/proc/self/root/proc";
  Machine::write(machine.paths.cgroup, "0::/\n");
  REQUIRE(inode_of(machine.paths.cgroup_mount) <= 2);
  CHECK(machine.find().empty());
}

TEST_CASE("missing files, directories and pipes in the place of files give no container") {
  const Machine machine;
  CHECK(machine.find().empty());
  std::filesystem::create_directory(machine.paths.cgroup);
  REQUIRE(mkfifo(machine.paths.mountinfo.c_str(), 0600) == 0);
  CHECK(machine.find().empty());
}

TEST_CASE("a file is read to a bound, and a line that the bound cuts is not used") {
  const Machine machine;
  const std::size_t bound = std::size_t{256} << 10;
  // The bound falls behind the 64th digit of a path that goes on.
  const std::string head = "1:cpu:/" + kId;
  std::string text(bound - head.size() - 1, 'x');
  text += "\n" + head;
  REQUIRE(text.size() == bound);
  Machine::write(machine.paths.cgroup, text + "/child/" + std::string(bound, 'y'));
  CHECK(machine.find().empty());
}

TEST_CASE("malformed files of any kind never break the search") {
  PAWL_PRINT_SEED();
  pawl::test::Random random;
  const std::string alphabet = "0123456789abcdef:/-_. \n\t,sandboxhtme\xff" + std::string(1, '\0');
  std::size_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text =
        round % 2 == 0 ? "1:cpu:/docker/" + kId : "1 2 0:1 /c/" + kId + "/hostname /";
    for (std::size_t edits = random.below(6); edits > 0; --edits) {
      text[random.below(text.size())] = alphabet[random.below(alphabet.size())];
    }
    text.resize(text.size() - random.below(3));
    found += container_in_cgroup(text).empty() ? 0U : 1U;
    found += container_in_mountinfo(text).empty() ? 0U : 1U;
  }
  CHECK(found > 1'000);
}

}  // namespace
