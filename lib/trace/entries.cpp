#include "trace/entries.h"

#include "trace/msgpack.h"

namespace pawl::trace {

bool Entries::set_text(std::string_view key, std::string_view value, bool is_new) noexcept {
  if (!is_new) erase(key);
  char* to = bytes_.room(2 * msgpack::kTextHeader + key.size() + value.size());
  if (to == nullptr) return false;
  bytes_.written_to(msgpack::put_text(msgpack::put_text(to, key), value));
  ++count_;
  return true;
}

bool Entries::set_number(std::string_view key, double value, bool is_new) noexcept {
  if (!is_new) erase(key);
  char* to = bytes_.room(msgpack::kTextHeader + key.size() + msgpack::kNumber);
  if (to == nullptr) return false;
  bytes_.written_to(msgpack::put_double(msgpack::put_text(to, key), value));
  ++count_;
  return true;
}

void Entries::erase(std::string_view key) noexcept {
  const char* const begin = bytes_.data();
  const char* const end = begin + bytes_.size();
  for (const char* at = begin; at != end;) {
    const msgpack::Text found = msgpack::read_text(at);
    const bool is_number = static_cast<unsigned char>(*found.end) == 0xcb;
    const char* const next =
        is_number ? found.end + msgpack::kNumber : msgpack::read_text(found.end).end;
    if (found.text == key) {
      bytes_.erase(static_cast<std::size_t>(at - begin), static_cast<std::size_t>(next - begin));
      --count_;
      return;
    }
    at = next;
  }
}

}  // namespace pawl::trace
