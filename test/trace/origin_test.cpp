#include "trace/origin.h"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/temp_dir.h"

namespace {

using pawl::base::ProcPaths;
using pawl::test::TempDir;
using pawl::trace::find_origin;

const std::string kId = "8c046cb0b72cd4c99f51b5591cd5b095967f58ee003710a45280c28ee1a9c7fa";

const char* unset(const char*) { return nullptr; }

ProcPaths nowhere(const TempDir& dir) {
  return {dir.file("cgroup"), dir.file("mountinfo"), dir.file("namespace"), dir.file("mount"), 0};
}

TEST_CASE("a container has its id in one header, and its entity in the other") {
  const TempDir dir;
  std::ofstream{dir.file("cgroup")} << "0::/docker/" << kId << '\n';
  const auto origin = find_origin(unset, nowhere(dir));
  CHECK(origin.container_id == kId);
  CHECK(origin.entity_id == "ci-" + kId);
}

TEST_CASE("where there is no container nothing is said") {
  const TempDir dir;
  const auto origin = find_origin(unset, nowhere(dir));
  CHECK(origin.container_id.empty());
  CHECK(origin.entity_id.empty());
  CHECK(origin.external_env.empty());
}

TEST_CASE("what the admission controller said is sent on, without what a header cannot hold") {
  const TempDir dir;
  const auto origin = find_origin(
      [](const char* name) {
        return std::string{name} == "DD_EXTERNAL_ENV" ? "it-false,\r\ncn-web,pu-1" : nullptr;
      },
      nowhere(dir));
  CHECK(origin.external_env == "it-false,cn-web,pu-1");
}

}  // namespace
