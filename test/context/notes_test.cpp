#include "context/notes.h"

#include <doctest/doctest.h>

namespace {

using pawl::Reject;
using pawl::Repair;
using pawl::context::Note;
using pawl::context::Notes;

Note repaired(int times) {
  Note note;
  for (int i = 0; i < times; ++i)
    note.repairs.note(i % 2 == 0 ? Repair::tag_bytes : Repair::tag_cut);
  return note;
}

TEST_CASE("the plain note is number 0") {
  Notes notes;
  CHECK(notes.number_of(Note{}) == 0);
  CHECK(notes[0].plain());
}

TEST_CASE("equal notes have one number, others another") {
  Notes notes;
  const auto one = notes.number_of(repaired(1));
  const auto two = notes.number_of(repaired(2));
  const auto refused = notes.number_of({.refused = true, .reject = Reject::tags});
  CHECK(one != two);
  CHECK(two != refused);
  CHECK(notes.number_of(repaired(1)) == one);
  CHECK(notes[*two] == repaired(2));
  CHECK(notes[*refused].refused);
  CHECK_FALSE(notes[*refused].plain());
}

TEST_CASE("notes beyond the most have no number, those before keep theirs") {
  Notes notes;
  std::uint32_t last = 0;
  for (std::uint32_t i = 1; i < Notes::kMost; ++i) {
    Note note;
    note.repairs.times = {static_cast<std::uint8_t>(i % 251), static_cast<std::uint8_t>(i / 251)};
    note.refused = true;
    const auto number = notes.number_of(note);
    REQUIRE(number.has_value());
    REQUIRE(*number > last);
    last = *number;
  }
  CHECK_FALSE(notes.number_of(repaired(100)).has_value());
  CHECK(notes.number_of(Note{}) == 0);
}

}  // namespace
