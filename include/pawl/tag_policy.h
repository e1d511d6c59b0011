#pragma once

// Which tags may become part of a metric. Every distinct tag value is a new time series and a new
// line on the bill, so a policy says, as data, which keys may pass, which values a key may take,
// what becomes of the rest, and which keys are renamed. The default lets all pass but the keys that
// the Agent obeys (host, device, jmx_check_name, dd.internal.*), which never pass from a call, and
// for the LLM metrics all but the keys of llm_keys().
//
// For one metric the most specific rule counts: that of its exact name, then that of the longest
// prefix, then the policy itself; each inherits from the next what it does not say. Names are those
// on the wire, with the prefixes of the client. Events and checks, which have no metric's name, are
// put to the policy itself. Keys are compared as the back end stores them (`User ID` is `user_id`),
// values byte by byte. Tags of the options (global tags, a child's tags) are the program's own
// choice and always pass. docs/tag-policy.md has examples, and the same as JSON.
//
// A sample is kept when a tag of it is not, so sums stay exact on the tags that remain. What was
// left out or replaced is counted in Stats::repaired, and by key in Stats::refused_keys.
//
// Threads: values. Cost: the policy is asked once for each shape of call (name and tags as
// written); a known shape whose tags all pass pays nothing. Errors: Client::create names the field
// that is wrong.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/detail/export.h"
#include "pawl/result.h"
#include "pawl/tags.h"

namespace pawl {

// What becomes of what a rule does not let pass: the tag is left out; the tag's value becomes
// another word; the call is refused as a whole (Reject::policy).
enum class TagAction : std::uint8_t { drop_tag, replace_value, refuse_metric };
PAWL_API std::string_view to_string(TagAction action) noexcept;

// What makes a value look as if it named one thing among very many, anywhere within it.
enum class TagPattern : std::uint8_t {
  uuid,         // 8-4-4-4-12 hex digits
  long_hex,     // 16 hex digits or more in a row: trace ids, hashes
  long_number,  // 6 digits or more in a row: ids, times
  email,        // name@domain.tld
};
PAWL_API std::string_view to_string(TagPattern pattern) noexcept;

// A key that is given another name before anything else is asked. Once: the new name is not renamed
// again.
struct TagRename {
  std::string from;
  std::string to;
  friend bool operator==(const TagRename&, const TagRename&) = default;
};

// Which values a key may take. A rule that says nothing more than its key lets all pass.
struct TagValueRule {
  // The most distinct values that a client ever remembers for one rule.
  static constexpr std::size_t kMostValues = 10'000;

  // `*` is for every key without a rule of its own.
  std::string key;
  // Values that may pass; nullopt lets all pass, an empty list none.
  std::optional<std::vector<std::string>> allowed_values = {};
  // How many distinct values may pass, the first that come, 1 to 10,000; 0: any number. A value
  // that passed once passes for ever. Each client counts for itself, over all metrics that the rule
  // is for; with the key `*` it counts for each key, 10,000 in all.
  std::size_t max_values = 0;
  // How many characters a value may have, 1 to 200; 0: as many as a tag may.
  std::size_t max_length = 0;
  std::vector<TagPattern> refused_patterns = {};

  TagAction otherwise = TagAction::replace_value;
  // What replace_value writes.
  std::string replacement = "other";
  friend bool operator==(const TagValueRule&, const TagValueRule&) = default;
};

// What holds for some metrics only. What it does not say is as for all others.
struct TagMetricRule {
  // A metric's whole name, or how names begin and then `*`: "http.requests", "llm.*".
  std::string name;
  // As in TagPolicy. `other_keys` may stand alone where keys to allow are inherited.
  std::optional<std::vector<std::string>> allowed_keys = {};
  std::optional<TagAction> other_keys = {};
  std::vector<TagValueRule> values = {};
  std::vector<TagRename> renames = {};
  friend bool operator==(const TagMetricRule&, const TagMetricRule&) = default;
};

struct TagPolicy {
  // Keys that may pass; nullopt (the default) lets all pass, an empty list none.
  std::optional<std::vector<std::string>> allowed_keys = {};
  // What becomes of the others: drop_tag or refuse_metric. An error where no keys are named.
  TagAction other_keys = TagAction::drop_tag;
  // At most one for a key.
  std::vector<TagValueRule> values = {};
  // At most one from a key.
  std::vector<TagRename> renames = {};
  // At most one for a name.
  std::vector<TagMetricRule> metrics = {};

  // Reads a policy from JSON with the same fields. The error says file, line, column and field, and
  // what was expected: unknown and repeated fields, and more than 1 MiB, are errors too. `file` is
  // only named.
  static PAWL_API Result<TagPolicy> parse(std::string_view json, std::string_view file = "policy");
  // Reads it from a file.
  static PAWL_API Result<TagPolicy> load(const std::string& path);

  // Gives the policy of the LLM metrics: for names that begin with `prefix` (that of the client)
  // and "llm.", the keys of llm_keys() pass. A client adds its rule to every policy that does not
  // say itself which keys those may have: by a rule of the same name ("llm.*", which may let all
  // pass), or by `allowed_keys` for all metrics or for a shorter prefix.
  static PAWL_API TagPolicy llm(std::string_view prefix = {});
  static PAWL_API std::span<const std::string_view> llm_keys() noexcept;

  friend bool operator==(const TagPolicy&, const TagPolicy&) = default;
};

// Says what a client without a prefix would make of calls, without one: for checks before the fact,
// as `pawl lint` makes them.
//
// Threads: one at a time. Cost: that of a call whose shape is new, about a microsecond.
class PAWL_API TagChecker {
 public:
  // Fails as Client::create does.
  static Result<TagChecker> from(const TagPolicy& policy);
  TagChecker(TagChecker&& other) noexcept;
  TagChecker& operator=(TagChecker&& other) noexcept;
  ~TagChecker();

  enum class Why : std::uint8_t {
    passed,    // as it was written
    repaired,  // bytes that would break the line, or more than 200 of them, or nothing at all
    reserved,  // the Agent would obey it
    key,       // the policy does not let the key pass
    value,     // the policy does not let the value pass
    renamed,   // the policy has another name for the key
  };
  struct Outcome {
    Why why = Why::passed;
    std::string tag;            // as it would be sent; empty: left out
    bool refuses_call = false;  // the whole call would be refused
  };
  // Tells what becomes of each tag of a call, in their order. `name` is that on the wire.
  std::vector<Outcome> check(std::string_view name, Tags tags);

 private:
  struct State;
  explicit TagChecker(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};
PAWL_API std::string_view to_string(TagChecker::Why why) noexcept;

}  // namespace pawl
