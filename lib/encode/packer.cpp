#include "encode/packer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/number.h"

namespace pawl::encode {
namespace {

char* write(char* at, std::string_view text) noexcept { return at + text.copy(at, text.size()); }

}  // namespace

// Gives room for a line of `size` bytes, which count as used; nullptr when no datagram has it.
char* Packer::room_for(std::size_t size) {
  if (size > limit_) return nullptr;
  if (size > limit_ - used_) cut();
  open();
  char* at = open_.payload.data() + used_;
  used_ += size;
  return at;
}

void Packer::open() {
  if (used_ != 0) return;
  if (open_.payload.empty() && !spares_.empty()) {
    open_.payload = std::move(spares_.back().payload);
    spares_.pop_back();
  }
  open_.payload.resize(limit_);
}

void Packer::cut() {
  if (used_ == 0) return;
  full_.emplace_back();
  open_.payload.resize(used_);
  full_.back() = std::exchange(open_, {});
  used_ = 0;
}

// Most have the surroundings of the line before; each timestamp has its own.
bool Packer::is_surrounded(const Frame& frame) const noexcept {
  return around_.known && around_.type == frame.type && around_.cardinality == frame.cardinality &&
         around_.tags == tags_are(frame.tags) && around_.rate == frame.rate &&
         !frame.unix_seconds.has_value();
}

void Packer::surround(const Frame& frame) {
  if (is_surrounded(frame)) return;
  around_.known = false;  // nor are they, should memory run out
  before_tags_.clear();
  after_tags_.clear();
  append_before_tags(before_tags_, frame, constants_);
  append_after_tags(after_tags_, frame, constants_);
  around_ = {.known = !frame.unix_seconds.has_value(),
             .type = frame.type,
             .cardinality = frame.cardinality,
             .tags = tags_are(frame.tags),
             .rate = frame.rate};
}

std::size_t Packer::tail_size(const Frame& frame) const noexcept {
  return before_tags_.size() + frame.tags.size() + after_tags_.size();
}

char* Packer::write_tail(char* at, const Frame& frame) const noexcept {
  at = write(at, before_tags_);
  at = write(at, frame.tags);
  return write(at, after_tags_);
}

bool Packer::add_text(const Frame& frame, std::string_view value, Amount amount) {
  surround(frame);
  char* at = room_for(frame.name.size() + 1 + value.size() + tail_size(frame));
  if (at == nullptr) return false;
  at = write(at, frame.name);
  *at++ = ':';
  at = write(at, value);
  write_tail(at, frame);
  open_.amount += amount;
  return true;
}

bool Packer::add(const Frame& frame, std::int64_t value, Amount amount) {
  return add_text(frame, base::NumberText{value}.view(), amount);
}

bool Packer::add(const Frame& frame, double value, Amount amount) {
  return add_text(frame, base::NumberText{value}.view(), amount);
}

bool Packer::add(const Frame& frame, std::string_view member, Amount amount) {
  return add_text(frame, member, amount);
}

bool Packer::add_line(std::string_view whole, Amount amount) {
  char* at = room_for(whole.size());
  if (at == nullptr) return false;
  write(at, whole);
  open_.amount += amount;
  return true;
}

template <class Value, class Write>
std::size_t Packer::pack(const Frame& frame,
                         std::span<const Value> values,
                         std::uint64_t samples,
                         const Write& write) {
  surround(frame);
  const std::size_t most = packing_ == Packing::one_value ? 1 : values.size();
  std::size_t refused = 0;
  while (!values.empty()) {
    std::size_t done = 0;
    if (Room room{}; find_room(frame, room)) {
      done = write(values.first(std::min(most, values.size())), room);
      if (done != 0) end_line(frame, room, Amount{.samples = done * samples, .counted = 0});
    }
    const bool too_long = done == 0 && used_ == 0;
    if (too_long) {
      ++refused;
      done = 1;
    }
    if (done == 0) cut();
    values = values.subspan(done);
  }
  return refused;
}

bool Packer::find_room(const Frame& frame, Room& room) {
  if (frame.name.size() + tail_size(frame) > limit_ - used_) return false;
  open();
  char* const begin = open_.payload.data();
  char* const line = begin + used_;
  room = {line, line + frame.name.size(), begin + limit_ - tail_size(frame)};
  return true;
}

void Packer::end_line(const Frame& frame, const Room& room, Amount amount) {
  write(room.line, frame.name);
  used_ = static_cast<std::size_t>(write_tail(room.values, frame) - open_.payload.data());
  open_.amount += amount;
}

std::size_t Packer::add(const Frame& frame, std::span<const double> values) {
  return pack(frame, values, 1, [](std::span<const double> row, Room& room) {
    std::size_t written = 0;
    for (; written < row.size() && room.values != room.end; ++written) {
      const auto number = std::to_chars(room.values + 1, room.end, row[written]);
      if (number.ec != std::errc{}) break;
      *room.values = ':';
      room.values = number.ptr;
    }
    return written;
  });
}

std::size_t Packer::add(const Frame& frame,
                        std::span<const ValueText> values,
                        std::uint64_t samples) {
  return pack(frame, values, samples, [](std::span<const ValueText> row, Room& room) {
    std::size_t written = 0;
    for (; written < row.size(); ++written) {
      const ValueText& text = row[written];
      if (text.size > room.end - room.values) break;
      room.values = write(room.values, text.view());
    }
    return written;
  });
}

std::size_t Packer::frame_bytes(const Frame& frame) {
  surround(frame);
  return frame.name.size() + tail_size(frame);
}

std::vector<Datagram> Packer::take() {
  cut();
  return take_full();
}

}  // namespace pawl::encode
