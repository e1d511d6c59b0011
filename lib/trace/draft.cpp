#include "trace/draft.h"

#include "trace/msgpack.h"
#include "trace/trace_tags.h"

namespace pawl::trace {

namespace {

// Gives `use` a text in which nothing is wrong any more.
template <class Use>
void with_repaired(std::string_view text,
                   std::size_t most,
                   Draft& draft,
                   Bytes& scratch,
                   const Use& use) noexcept {
  const std::string_view cut = cut_text(text, most);
  if (cut.size() != text.size()) draft.note(SpanRepair::text_cut);
  if (is_utf8(cut)) return use(cut);
  draft.note(SpanRepair::text_bytes);
  scratch.clear();
  char* const copy = scratch.room(most);
  if (copy == nullptr) return draft.note(SpanRepair::tag_refused);
  use(std::string_view{copy, repair_text(copy, cut, most)});
}

}  // namespace

void Draft::clear() noexcept {
  constexpr std::size_t kKept = 8 << 10;
  trace = nullptr;
  is_root = false;
  failed = false;
  service.size = 0;
  type.size = 0;
  resource.reset(kKept);
  keys = {};
  meta.reset();
  metrics.reset();
  if (link_count != 0) links.reset(kKept);
  link_count = 0;
  if (repaired) {
    repairs = {};
    scratch.reset(kKept);
  }
  repaired = false;
  event.clear();
}

void Draft::set_tag_with_care(std::string_view key, std::string_view value) noexcept {
  if (key.empty() || is_of_trace(key) || meta.is_full()) return note(SpanRepair::tag_refused);
  with_repaired(key, kMostKey, *this, key_scratch, [this, value](std::string_view good_key) {
    with_repaired(value, kMostValue, *this, scratch, [this, good_key](std::string_view good_value) {
      if (!meta.set_text(good_key, good_value, keys.insert(good_key)))
        note(SpanRepair::tag_refused);
    });
  });
}

void Draft::set_metric_with_care(std::string_view key, double value) noexcept {
  if (!std::isfinite(value)) return note(SpanRepair::metric_refused);
  if (key.empty() || is_of_trace(key) || metrics.is_full()) return note(SpanRepair::tag_refused);
  with_repaired(key, kMostKey, *this, key_scratch, [this, value](std::string_view good_key) {
    if (!metrics.set_number(good_key, value, keys.insert(good_key))) note(SpanRepair::tag_refused);
  });
}

void Draft::set_text(Entries& to, std::string_view key, std::string_view value) noexcept {
  with_repaired(value, kMostValue, *this, scratch, [&](std::string_view good) {
    if (!to.set_text(key, good, false)) note(SpanRepair::tag_refused);
  });
}

void Draft::set_number(Entries& to, std::string_view key, double value) noexcept {
  if (!std::isfinite(value)) return;  // the span's own number of it was counted
  if (!to.set_number(key, value, false)) note(SpanRepair::tag_refused);
}

// Empty where there is no memory to repair it, not what another span left there.
void Draft::set_short(ShortText& to, std::string_view text) noexcept {
  to.size = 0;
  if (text.size() <= sizeof to.bytes) {
    AsciiCopy copy;
    copy.put(to.bytes, text);
    if (copy.is_ascii()) [[likely]] {
      to.size = static_cast<std::uint8_t>(text.size());
      return;
    }
  }
  with_repaired(text, sizeof to.bytes, *this, scratch, [&to](std::string_view good) {
    msgpack::put_bytes(to.bytes, good.data(), good.size());
    to.size = static_cast<std::uint8_t>(good.size());
  });
}

void Draft::set_resource(std::string_view text) noexcept {
  resource.clear();
  if (char* const to = text.size() <= kMostResource ? resource.room(text.size()) : nullptr) {
    AsciiCopy copy;
    const char* const end = copy.put(to, text);
    if (copy.is_ascii()) [[likely]]
      return resource.written_to(end);
  }
  with_repaired(text, kMostResource, *this, scratch, [this](std::string_view good) {
    if (!resource.append(good)) note(SpanRepair::tag_refused);
  });
}

void Draft::set_error(std::string_view kind,
                      std::string_view message,
                      std::string_view stack) noexcept {
  failed = true;
  const auto set = [this](std::string_view key, std::string_view value) {
    if (value.empty())
      meta.erase(key);
    else
      set_tag(key, value);
  };
  set("error.type", kind);
  set("error.message", message);
  set("error.stack", stack);
}

}  // namespace pawl::trace
