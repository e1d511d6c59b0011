#include "encode/packer.h"

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

std::size_t Packer::add(const Frame& frame, std::span<const double> values) {
  surround(frame);
  std::size_t refused = 0;
  while (!values.empty()) {
    std::size_t done = write_values(frame, values);
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

// Writes a line with as many of the values as the open datagram has room for; gives how many.
std::size_t Packer::write_values(const Frame& frame, std::span<const double> values) {
  const std::size_t most = packing_ == Packing::one_value ? 1 : values.size();
  if (frame.name.size() + tail_size(frame) > limit_ - used_) return 0;
  open();
  char* const begin = open_.payload.data();
  char* const line = begin + used_;
  char* const end = begin + limit_ - tail_size(frame);
  char* at = line + frame.name.size();
  std::size_t written = 0;
  for (; written < most && at != end; ++written) {
    const auto number = std::to_chars(at + 1, end, values[written]);
    if (number.ec != std::errc{}) break;
    *at = ':';
    at = number.ptr;
  }
  if (written == 0) return 0;
  write(line, frame.name);
  used_ = static_cast<std::size_t>(write_tail(at, frame) - begin);
  open_.amount += Amount{.samples = written, .counted = 0};
  return written;
}

std::vector<Datagram> Packer::take() {
  cut();
  return take_full();
}

}  // namespace pawl::encode
