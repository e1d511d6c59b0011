#include "encode/line.h"

#include "base/number.h"
#include "tags/tag_set.h"

namespace pawl::encode {

namespace {

void append_global_tags(std::string& out, std::string_view tags, const Constants& constants) {
  const TagsAre are = tags_are(tags);
  if (are == TagsAre::none && constants.global_tags.empty()) return;
  out += '|';
  if (are == TagsAre::whole) return;
  out += '#';
  out += constants.global_tags;
  if (are == TagsAre::added && !constants.global_tags.empty()) out += ',';
}

}  // namespace

TagsAre tags_are(std::string_view tags) noexcept {
  if (tags.empty()) return TagsAre::none;
  return tags.front() == tags::kWholeTags ? TagsAre::whole : TagsAre::added;
}

void append_tags(std::string& out, std::string_view tags, const Constants& constants) {
  append_global_tags(out, tags, constants);
  out += tags;
}

void append_cardinality(std::string& out, Cardinality cardinality, const Constants& constants) {
  if (cardinality == Cardinality::unset) cardinality = constants.cardinality;
  if (cardinality == Cardinality::unset) return;
  out += "|card:";
  out += to_string(cardinality);
}

void append_tail(std::string& out, const Frame& frame, const Constants& constants) {
  append_before_tags(out, frame, constants);
  out += frame.tags;
  append_after_tags(out, frame, constants);
}

void append_before_tags(std::string& out, const Frame& frame, const Constants& constants) {
  out += '|';
  out += wire_name(frame.type);
  if (frame.rate != 1.0) {
    out += "|@";
    base::append_number(out, frame.rate);
  }
  append_global_tags(out, frame.tags, constants);
}

void append_after_tags(std::string& out, const Frame& frame, const Constants& constants) {
  out += constants.origin;
  if (frame.unix_seconds) {
    out += "|T";
    base::append_number(out, *frame.unix_seconds);
  }
  append_cardinality(out, frame.cardinality, constants);
  out += '\n';
}

}  // namespace pawl::encode
