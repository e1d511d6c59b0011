#include "context/digest.h"

namespace pawl::context {

Digester::TagSum Digester::sum_of_long(Tags tags) const noexcept {
  if (!fits({{}, {}, 0, {}, tags})) return {word(kUnfit), word(kUnfit)};
  Walk walk{0, 0, words_.data() + kNameBlocks, sizes()};
  for (const Tag& tag : tags)
    for (const std::string_view piece : {tag.key, tag.value})
      if (!add_short(walk, piece)) add_long(walk, piece);
  return {walk.low, walk.high};
}

Digester::TagSum Digester::sum_of_long_name(std::string_view name) const noexcept {
  if (name.size() > kLongestPiece) return {word(kUnfit), word(kUnfit)};
  Walk walk{0, 0, words_.data(), sizes()};
  add_long(walk, name);
  return {walk.low, walk.high};
}

}  // namespace pawl::context
