#include "tools/trace_decode.h"

#include <limits>

#include "tools/msgpack_reader.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Chunks = std::vector<TraceChunk>;

std::int32_t read_error(MsgpackReader& in) {
  using Limits = std::numeric_limits<std::int32_t>;
  const std::int64_t error = in.whole();
  if (error < Limits::min() || error > Limits::max()) in.fail("error: more than 32 bits");
  return static_cast<std::int32_t>(error);
}

// Spans and chunks are read into their places one by one: what a header promises is not believed.
template <class Each>
void for_each_element(MsgpackReader& in, const Each& each) {
  for (std::uint32_t left = in.array(); left > 0 && in.ok(); --left) each();
}

template <class Each>
void for_each_key(MsgpackReader& in, const Each& each) {
  for (std::uint32_t left = in.map(); left > 0 && in.ok(); --left) each(std::string{in.text()});
}

TraceLink read_link(MsgpackReader& in) {
  TraceLink link;
  for_each_key(in, [&](const std::string& key) {
    if (key == "trace_id") {
      link.trace_id = in.natural();
    } else if (key == "trace_id_high") {
      link.trace_high = in.natural();
    } else if (key == "span_id") {
      link.span_id = in.natural();
    } else if (key == "attributes") {
      for_each_key(in, [&](const std::string& name) { link.attributes[name] = in.text(); });
    } else {
      in.skip();
    }
  });
  return link;
}

// Gives a field that is one text, or nullptr.
std::string* text_field(TraceSpan& span, string_view key) {
  if (key == "service") return &span.service;
  if (key == "name") return &span.name;
  if (key == "resource") return &span.resource;
  return key == "type" ? &span.type : nullptr;
}

std::uint64_t* id_field(TraceSpan& span, string_view key) {
  if (key == "trace_id") return &span.trace_id;
  if (key == "span_id") return &span.span_id;
  return key == "parent_id" ? &span.parent_id : nullptr;
}

void read_tags(MsgpackReader& in, TraceSpan& span, string_view key) {
  if (key == "meta") {
    for_each_key(in, [&](const std::string& name) { span.meta[name] = in.text(); });
  } else if (key == "metrics") {
    for_each_key(in, [&](const std::string& name) { span.metrics[name] = in.number(); });
  } else if (key == "meta_struct") {
    for_each_key(in, [&](const std::string& name) { span.meta_struct[name] = in.binary(); });
  } else if (key == "span_links") {
    for_each_element(in, [&] { span.links.push_back(read_link(in)); });
  } else {
    in.skip();
  }
}

void read_field(MsgpackReader& in, TraceSpan& span, const std::string& key) {
  if (std::string* text = text_field(span, key)) {
    *text = in.text();
  } else if (std::uint64_t* id = id_field(span, key)) {
    *id = in.natural();
  } else if (key == "start") {
    span.start = in.whole();
  } else if (key == "duration") {
    span.duration = in.whole();
  } else if (key == "error") {
    span.error = read_error(in);
  } else {
    read_tags(in, span, key);
  }
}

constexpr std::uint32_t kFields = 12;

// Spans whose texts are in a table. What is copied from there is bounded: a long text may be used
// by every span.
class TableSpans {
 public:
  explicit TableSpans(MsgpackReader& in) : in_(in) {
    for_each_element(in_, [this] { table_.push_back(in_.text()); });
  }

  void read(TraceSpan& span) {
    if (in_.array() != kFields) {
      in_.fail("a span of v0.5 is an array of 12");
      return;
    }
    for (std::string* text : {&span.service, &span.name, &span.resource}) *text = take();
    for (std::uint64_t* id : {&span.trace_id, &span.span_id, &span.parent_id}) *id = in_.natural();
    span.start = in_.whole();
    span.duration = in_.whole();
    span.error = read_error(in_);
    for_each_pair([&](const std::string& key) { span.meta[key] = take(); });
    for_each_pair([&](const std::string& key) { span.metrics[key] = in_.number(); });
    span.type = take();
  }

 private:
  static constexpr std::size_t kMaxCopied = std::size_t{256} << 20;

  std::string take() {
    const std::uint64_t number = in_.natural();
    if (number >= table_.size()) {
      in_.fail("text " + std::to_string(number) + " of " + std::to_string(table_.size()));
      return {};
    }
    const string_view text = table_[static_cast<std::size_t>(number)];
    copied_ += text.size();
    if (copied_ > kMaxCopied) in_.fail("its texts are used too often");
    return std::string{text};
  }

  template <class Each>
  void for_each_pair(const Each& each) {
    for (std::uint32_t left = in_.map(); left > 0 && in_.ok(); --left) each(take());
  }

  MsgpackReader& in_;
  std::vector<string_view> table_;
  std::size_t copied_ = 0;
};

// A span of one byte takes some hundred here.
constexpr std::size_t kMaxSpans = 200'000;

template <class ReadSpan>
Chunks read_chunks(MsgpackReader& in, const ReadSpan& read_span) {
  Chunks chunks;
  std::size_t spans = 0;
  const auto count = [&] {
    if (++spans > kMaxSpans)
      in.fail("more than " + std::to_string(kMaxSpans) + " chunks and spans");
  };
  for_each_element(in, [&] {
    count();  // an empty chunk takes memory as well
    TraceChunk& chunk = chunks.emplace_back();
    for_each_element(in, [&] {
      count();
      read_span(chunk.emplace_back());
    });
  });
  return chunks;
}

Result<Chunks> ended(MsgpackReader& in, Chunks chunks) {
  if (in.ok() && !in.at_end()) in.fail("more follows behind the last value");
  if (!in.ok()) return in.error();
  return chunks;
}

}  // namespace

Result<Chunks> decode_v04(string_view body) {
  MsgpackReader in{body};
  Chunks chunks = read_chunks(in, [&in](TraceSpan& span) {
    for_each_key(in, [&](const std::string& key) { read_field(in, span, key); });
  });
  return ended(in, std::move(chunks));
}

Result<Chunks> decode_v05(string_view body) {
  MsgpackReader in{body};
  if (in.array() != 2) in.fail("expected an array of 2: texts and chunks");
  TableSpans spans{in};
  Chunks chunks = read_chunks(in, [&spans](TraceSpan& span) { spans.read(span); });
  return ended(in, std::move(chunks));
}

}  // namespace pawl::tools
