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

TEST_CASE("a turn makes room for other notes, and those of before stay readable") {
  Notes notes;
  const auto before = notes.number_of(repaired(1));
  for (int i = 0; notes.number_of(repaired(i)).has_value() && i < 100; ++i) continue;
  for (std::uint8_t i = 0; !notes.is_full(); ++i)
    for (std::uint8_t j = 1; j < 255; ++j) {
      Note note{.refused = true};
      note.repairs.times = {i, j};
      static_cast<void>(notes.number_of(note));
    }
  notes.turn();
  CHECK_FALSE(notes.is_full());
  const auto after = notes.number_of(repaired(2));
  REQUIRE(after.has_value());
  CHECK(after != before);
  CHECK(notes[*before] == repaired(1));
  CHECK(notes[*after] == repaired(2));
  CHECK(notes.number_of(repaired(1)) != before);
  CHECK(notes[0].plain());
  notes.turn();
  CHECK(notes.number_of(repaired(3)) == 1);
}

}  // namespace
