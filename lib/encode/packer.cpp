#include "encode/packer.h"

#include <utility>

#include "base/number.h"

namespace pawl::encode {

void Packer::cut() {
  if (open_.payload.empty()) return;
  full_.push_back(std::move(open_));
  open_ = {};
}

// The line is made beside the datagram, which therefore never grows beyond its limit.
template <class Append>
bool Packer::add_one(Amount amount, const Append& append) {
  line_.clear();
  append(line_);
  if (line_.size() > limit_) return false;
  if (open_.payload.size() + line_.size() > limit_) cut();
  open_.payload.reserve(limit_);
  open_.payload += line_;
  open_.amount += amount;
  return true;
}

bool Packer::add(const Frame& frame, std::int64_t value, Amount amount) {
  return add_one(amount, [&](std::string& out) {
    out += frame.name;
    out += ':';
    base::append_number(out, value);
    append_tail(out, frame, constants_);
  });
}

bool Packer::add(const Frame& frame, double value, Amount amount) {
  return add_one(amount, [&](std::string& out) {
    out += frame.name;
    out += ':';
    base::append_number(out, value);
    append_tail(out, frame, constants_);
  });
}

bool Packer::add(const Frame& frame, std::string_view member, Amount amount) {
  return add_one(amount, [&](std::string& out) {
    out += frame.name;
    out += ':';
    out += member;
    append_tail(out, frame, constants_);
  });
}

bool Packer::add_line(std::string_view whole, Amount amount) {
  return add_one(amount, [whole](std::string& out) { out += whole; });
}

std::size_t Packer::add(const Frame& frame, std::span<const double> values) {
  line_.clear();
  append_tail(line_, frame, constants_);
  std::size_t refused = 0;
  while (!values.empty()) {
    std::size_t done = write_values(frame.name, values);
    const bool too_long = done == 0 && open_.payload.empty();
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
std::size_t Packer::write_values(std::string_view name, std::span<const double> values) {
  std::string& out = open_.payload;
  const std::size_t most = packing_ == Packing::one_value ? 1 : values.size();
  const std::size_t around = name.size() + line_.size();
  if (out.size() + around > limit_) return 0;
  std::size_t room = limit_ - out.size() - around;
  std::size_t written = 0;
  for (; written < most; ++written) {
    const base::NumberText number{values[written]};
    if (number.view().size() + 1 > room) break;
    room -= number.view().size() + 1;
    if (written == 0) {
      out.reserve(limit_);
      out += name;
    }
    out += ':';
    out += number.view();
  }
  if (written != 0) out += line_;
  open_.amount += Amount{.samples = written, .counted = 0};
  return written;
}

std::vector<Datagram> Packer::take() {
  cut();
  return take_full();
}

}  // namespace pawl::encode
