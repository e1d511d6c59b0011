#pragma once
// What a tag policy would make of lines: for each that would not arrive as it is, one finding a
// tag, as text or JSON; and in the end the keys that have too many values.
//
// Threads: one at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/tag_policy.h>

#include "tools/decode.h"
#include "tools/lint_keys.h"
#include "tools/output.h"

namespace pawl::tools {

class LintJudge {
 public:
  struct Settings {
    bool json = false;
    std::size_t max_values = 1'000;
    // Keys that clients put on every line; a policy does not see them.
    std::vector<std::string> global_keys;
  };
  LintJudge(TagChecker checker, Settings settings, Output& output);

  void take(std::uint64_t number, std::string_view line);
  // A line of which only the beginning is known.
  void take_too_long(std::uint64_t number, std::string_view beginning);
  // Tells which keys explode.
  void end();

  // Tells whether nothing was found.
  bool clean() const noexcept { return lines_ == clean_ && exploding_ == 0; }
  // "3 lines: 1 clean, 1 changed, 1 refused, 0 rejected; 0 keys with more than 1000 values"
  std::string summary() const;

 private:
  enum class Verdict : std::uint8_t { clean, changed, refused };
  Verdict judge(std::uint64_t number, const Item& item);
  Verdict judge_name(std::uint64_t number, std::string_view name);
  Verdict judge_tag(std::uint64_t number,
                    std::string_view what,
                    std::string_view tag,
                    const TagChecker::Outcome& outcome);
  void reject(std::uint64_t number, std::string_view reason, std::string_view line);
  void tell_rejected(std::uint64_t number, std::string_view why, std::string_view line);
  void tell(std::uint64_t number,
            std::string_view what,
            std::string_view tag,
            const TagChecker::Outcome& outcome);
  void tell_exploding(const KeyValues::Key& key);
  bool is_global(std::string_view tag) const;

  TagChecker checker_;
  const Settings settings_;
  Output& output_;
  KeyValues keys_;
  std::uint64_t lines_ = 0;
  std::uint64_t clean_ = 0;
  std::uint64_t changed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t rejected_ = 0;
  std::size_t exploding_ = 0;
};

}  // namespace pawl::tools
