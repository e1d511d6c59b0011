#include "tools/trace_tree.h"

#include <algorithm>
#include <unordered_map>

namespace pawl::tools {
namespace {

using Place = TraceNode::Place;

class Tree {
 public:
  explicit Tree(const std::vector<TraceSpan>& spans) : spans_(spans), seen_(spans.size()) {
    for (std::size_t i = 0; i < spans.size(); ++i) by_id_.try_emplace(spans[i].span_id, i);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (by_id_.count(spans[i].parent_id) != 0) children_[spans[i].parent_id].push_back(i);
    }
    for (auto& [id, children] : children_) sort_by_start(children);
  }

  std::vector<TraceNode> nodes() && {
    place_all(Place::root);
    place_all(Place::orphan);
    place_all(Place::circle);
    return std::move(nodes_);
  }

 private:
  using Numbers = std::vector<std::size_t>;

  void sort_by_start(Numbers& numbers) const {
    std::stable_sort(numbers.begin(), numbers.end(), [this](std::size_t a, std::size_t b) {
      return spans_[a].start < spans_[b].start;
    });
  }

  // What is in a circle has a parent, and is not below any root.
  Place place_of(std::size_t number) const {
    const std::uint64_t parent = spans_[number].parent_id;
    if (parent == 0) return Place::root;
    return by_id_.count(parent) == 0 ? Place::orphan : Place::circle;
  }

  void place_all(Place place) {
    Numbers tops;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      if (place_of(i) == place) tops.push_back(i);
    }
    sort_by_start(tops);
    for (const std::size_t top : tops) place_below(top, place);
  }

  struct Open {
    std::size_t number;
    const TraceSpan* parent;
    std::size_t depth;
    Place place;
  };

  void place_below(std::size_t top, Place place) {
    std::vector<Open> open{{top, nullptr, 0, place}};
    while (!open.empty()) {
      const Open next = open.back();
      open.pop_back();
      if (seen_[next.number]) continue;
      seen_[next.number] = true;
      const TraceSpan& span = spans_[next.number];
      nodes_.push_back({&span, next.parent, next.depth, next.place});
      // Of several spans with one id the first has the children.
      const auto below = children_.find(span.span_id);
      if (below == children_.end() || by_id_.at(span.span_id) != next.number) continue;
      for (auto child = below->second.rbegin(); child != below->second.rend(); ++child) {
        open.push_back({*child, &span, next.depth + 1, Place::child});
      }
    }
  }

  const std::vector<TraceSpan>& spans_;
  std::vector<bool> seen_;
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::unordered_map<std::uint64_t, Numbers> children_;
  std::vector<TraceNode> nodes_;
};

}  // namespace

std::vector<TraceNode> tree_of(const std::vector<TraceSpan>& spans) { return Tree{spans}.nodes(); }

}  // namespace pawl::tools
