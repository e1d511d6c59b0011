#pragma once

// Requests for many things: neighbours go together up to a size, and those that were too large
// together are sent once more in two halves.
//
// Threads: none of its own. Cost: that of the requests. Errors: those of its arguments.

#include <cstddef>

#include "trace/outlet.h"

namespace pawl::trace {

// A range of things that go in one request.
struct Group {
  std::size_t first = 0;
  std::size_t count = 0;
};

// Gives the longest group from `first` on with `most_bytes` at the most; one thing alone has any
// size. REQUIRES: first < total.
template <class SizeOf>
Group group_from(std::size_t first, std::size_t total, std::size_t most_bytes, SizeOf size_of) {
  Group group{first, 1};
  std::size_t bytes = size_of(first);
  while (first + group.count < total) {
    bytes += size_of(first + group.count);
    if (bytes > most_bytes) break;
    ++group.count;
  }
  return group;
}

// Has `post` send a group and `settle` hear what became of it.
template <class Post, class Settle>
void post_group(Group group, const Post& post, const Settle& settle) {
  const Fate fate = post(group);
  if (fate != Fate::too_large || group.count == 1) return settle(group, fate);
  const Group head{group.first, group.count / 2};
  const Group tail{group.first + head.count, group.count - head.count};
  settle(head, post(head));
  settle(tail, post(tail));
}

template <class SizeOf, class Post, class Settle>
void post_in_groups(std::size_t total,
                    std::size_t most_bytes,
                    const SizeOf& size_of,
                    const Post& post,
                    const Settle& settle) {
  for (std::size_t first = 0; first < total;) {
    const Group group = group_from(first, total, most_bytes, size_of);
    post_group(group, post, settle);
    first += group.count;
  }
}

}  // namespace pawl::trace
