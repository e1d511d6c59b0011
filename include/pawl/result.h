#pragma once

// The outcome of something that can fail: a value, or an Error that says in one sentence what was
// wrong and what was expected. Only set-up returns it (Client::create, SampleRate::from); recording
// cannot fail and returns nothing. It is our own because std::expected is not in C++20.
//
// Threads: a value like any other; const means callable from any thread.
// Cost: that of std::variant; an Error owns one string.
// Errors: reading the side that is not there is a programming error and aborts in debug builds.

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace pawl {

// Names the field and the value that were refused, and what was expected instead.
struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  // Tells whether there is a value.
  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool ok() const noexcept { return state_.index() == 0; }

  // Give the value. REQUIRES: ok().
  T& operator*() & noexcept { return *checked(std::get_if<0>(&state_)); }
  const T& operator*() const& noexcept { return *checked(std::get_if<0>(&state_)); }
  T&& operator*() && noexcept { return std::move(*checked(std::get_if<0>(&state_))); }
  T* operator->() noexcept { return checked(std::get_if<0>(&state_)); }
  const T* operator->() const noexcept { return checked(std::get_if<0>(&state_)); }

  // Gives what was wrong. REQUIRES: !ok().
  const Error& error() const noexcept { return *checked(std::get_if<1>(&state_)); }

 private:
  template <class P>
  static P* checked(P* side) noexcept {
    assert(side != nullptr);
    return side;
  }

  std::variant<T, Error> state_;
};

}  // namespace pawl
