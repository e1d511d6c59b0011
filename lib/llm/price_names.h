#pragma once

// The spellings under which a model may stand in a price table, the most exact first. The order is
// part of the contract: it stands in pawl/price_book.h.
//
// Threads: functions without state; nothing is allocated.

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace pawl::llm {

// Gives the name without a date at its end, or the name itself: -2025-04-14, -20250414, -04-2025,
// with `@` in place of the first hyphen as well.
std::string_view without_date(std::string_view name) noexcept;

// "provider/model" in memory of its own; empty when there is no provider or no room.
class Qualified {
 public:
  Qualified(std::string_view provider, std::string_view model) noexcept {
    if (provider.empty() || provider.size() + 1 + model.size() > text_.size()) return;
    std::memcpy(text_.data(), provider.data(), provider.size());
    text_[provider.size()] = '/';
    if (!model.empty()) std::memcpy(text_.data() + provider.size() + 1, model.data(), model.size());
    size_ = provider.size() + 1 + model.size();
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 256> text_;  // never read beyond size_
  std::size_t size_ = 0;
};

// Asks `find` (name to pointer) for each spelling with the date as it is, until one is known.
template <class Find>
auto find_as_written(std::string_view provider, std::string_view model, Find find) noexcept
    -> decltype(find(model)) {
  const Qualified qualified{provider, model};
  if (!qualified.view().empty())
    if (const auto found = find(qualified.view())) return found;
  for (;;) {
    if (const auto found = find(model)) return found;
    const auto slash = model.find('/');
    if (slash == std::string_view::npos) return nullptr;
    model.remove_prefix(slash + 1);
  }
}

// The same without the date, when there is one.
template <class Find>
auto find_spelling(std::string_view provider, std::string_view model, Find find) noexcept
    -> decltype(find(model)) {
  if (const auto found = find_as_written(provider, model, find)) return found;
  const std::string_view dateless = without_date(model);
  if (dateless.size() == model.size()) return nullptr;
  return find_as_written(provider, dateless, find);
}

}  // namespace pawl::llm
