#include "tools/trace_tree.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::span_of;
using pawl::tools::TraceNode;
using pawl::tools::TraceSpan;
using pawl::tools::tree_of;

// Each span as its depth, its name, and a mark where it has no place below another.
std::string shape_of(const std::vector<TraceSpan>& spans) {
  constexpr const char* kMarks[] = {"", "", "?", "o"};
  std::string shape;
  for (const TraceNode& node : tree_of(spans)) {
    shape += (shape.empty() ? "" : " ") + std::to_string(node.depth) + node.span->name +
             kMarks[static_cast<std::size_t>(node.place)];
  }
  return shape;
}

TEST_CASE("children stand below their parents, in the order of their starts") {
  CHECK(shape_of({span_of("d", 4, 2), span_of("c", 3, 1), span_of("b", 2, 1), span_of("a", 1)}) ==
        "0a 1b 2d 1c");
}

TEST_CASE("a span whose parent is not here stands at the end, marked, with what is below it") {
  CHECK(shape_of({span_of("lost", 2, 9), span_of("child", 3, 2), span_of("root", 5)}) ==
        "0root 0lost? 1child");
}

TEST_CASE("spans whose parents go round in a circle are all shown, once each") {
  CHECK(shape_of({span_of("a", 1, 2), span_of("b", 2, 1), span_of("c", 3, 2), span_of("r", 9)}) ==
        "0r 0ao 1b 2c");
  CHECK(shape_of({span_of("self", 1, 1)}) == "0selfo");
}

TEST_CASE("spans with one id are all shown, and the first has the children") {
  CHECK(shape_of({span_of("a", 1), span_of("again", 1), span_of("child", 2, 1)}) ==
        "0a 1child 0again");
}

TEST_CASE("a hundred thousand spans below each other are no matter") {
  std::vector<TraceSpan> spans;
  for (std::uint64_t id = 1; id <= 100'000; ++id) spans.push_back(span_of("x", id, id - 1));
  const auto nodes = tree_of(spans);
  REQUIRE(nodes.size() == spans.size());
  CHECK(nodes.back().depth == 99'999);
}

}  // namespace
