#include "tools/msgpack_reader.h"

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::Json;
using pawl::test::packed;
using pawl::tools::MsgpackReader;

std::string error_of(const std::string& bytes, void (*read)(MsgpackReader&)) {
  MsgpackReader in{bytes};
  read(in);
  return in.ok() ? "" : in.error().message;
}

TEST_CASE("numbers of every width are read as another library writes them") {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t off : {0U, 1U}) {
      const std::uint64_t number = (std::uint64_t{1} << bits) - off;
      const std::string bytes = packed(number);
      CHECK(MsgpackReader{bytes}.natural() == number);
      CHECK(MsgpackReader{bytes}.number() == static_cast<double>(number));
    }
    const std::int64_t negative = std::numeric_limits<std::int64_t>::min() >> bits;
    const std::string bytes = packed(negative);
    CHECK(MsgpackReader{bytes}.whole() == negative);
    CHECK(MsgpackReader{bytes}.number() == static_cast<double>(negative));
  }
  for (const double number : {0.1, -2.5, 1e300, 5e-324}) {
    const std::string bytes = packed(number);
    CHECK(MsgpackReader{bytes}.number() == number);
  }
  CHECK(MsgpackReader{std::string_view{"\xCA\x3F\xC0\x00\x00", 5}}.number() == 1.5);
}

TEST_CASE("texts, binary data and containers of every size are read") {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 31U, 32U, 255U, 256U, 65535U, 65536U}) {
    CAPTURE(size);
    const std::string bytes = packed(std::string(size, 'x'));
    CHECK(MsgpackReader{bytes}.text() == std::string(size, 'x'));
    const std::string data = packed(Json::binary(std::vector<std::uint8_t>(size, 7)));
    CHECK(MsgpackReader{data}.binary() == std::string(size, '\7'));
    const std::string list = packed(Json(std::vector<int>(size, 1)));
    CHECK(MsgpackReader{list}.array() == size);
    Json object = Json::object();
    for (std::size_t i = 0; i < size && i < 300; ++i) object[std::to_string(i)] = nullptr;
    const std::string map = packed(object);
    CHECK(MsgpackReader{map}.map() == object.size());
  }
}

TEST_CASE("nil is nothing of each kind") {
  const std::string bytes(6, '\xC0');
  MsgpackReader in{bytes};
  CHECK(in.text().empty());
  CHECK(in.binary().empty());
  CHECK(in.natural() == 0);
  CHECK(in.whole() == 0);
  CHECK(in.array() == 0);
  CHECK(in.map() == 0);
  CHECK((in.ok() && in.at_end()));
}

TEST_CASE("a value passed over is whole, whatever it holds") {
  const Json value = {{"a", {1, -1, 2.5, "x", nullptr, true}},
                      {"b", {{"c", Json::array({Json::object()})}}},
                      {"d", Json::binary({1, 2, 3})}};
  const std::string bytes = packed(value) + packed("next");
  MsgpackReader in{bytes};
  in.skip();
  CHECK(in.text() == "next");
  CHECK((in.ok() && in.at_end()));
}

TEST_CASE("whatever ends early is a mistake") {
  const std::string whole = packed({{"a", {1, 70'000, "text", 2.5}}, {"b", std::string(40, 'x')}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const std::string cut = whole.substr(0, size);
    CHECK(error_of(cut, [](MsgpackReader& in) { in.skip(); }).find("it ends early") !=
          std::string::npos);
  }
}

TEST_CASE("another kind than expected is named with its place") {
  CHECK(error_of(packed("x"), [](MsgpackReader& in) { in.natural(); }) ==
        "byte 0: expected a number from 0, got a text");
  CHECK(error_of(packed(-1), [](MsgpackReader& in) { in.natural(); }) ==
        "byte 0: expected a number from 0, got a negative number");
  CHECK(error_of(packed(UINT64_MAX), [](MsgpackReader& in) { in.whole(); }) ==
        "byte 0: expected a number of 63 bits and a sign, got a number");
  CHECK(error_of(packed({{"a", 1}}), [](MsgpackReader& in) { in.array(); }) ==
        "byte 0: expected an array, got a map");
  CHECK(error_of("\xC1", [](MsgpackReader& in) { in.skip(); }) ==
        "byte 0: an extension or a mark that is not in use");
}

TEST_CASE("what is read after a mistake is empty, so that a loop ends") {
  const std::string bytes = std::string{"\xDD\xFF\xFF\xFF\xFF", 5} + packed("x");
  MsgpackReader in{bytes};
  std::size_t read = 0;
  for (std::uint32_t left = in.array(); left > 0 && in.ok(); --left) {
    in.text();
    ++read;
  }
  CHECK(read == 2);
  CHECK(in.text().empty());
  CHECK(in.error().message == "byte 7: it ends early");
}

TEST_CASE("nesting without end is a mistake, and takes no stack") {
  CHECK(error_of(std::string(1'000'000, '\x91'), [](MsgpackReader& in) {
          in.skip();
        }).find("it is nested too deep") != std::string::npos);
}

TEST_CASE("more values than a payload of spans has are a mistake") {
  const std::string bytes =
      std::string{"\xDD\x00\x80\x00\x00", 5} + std::string(std::size_t{8} << 20, '\xC0');
  CHECK(error_of(bytes, [](MsgpackReader& in) { in.skip(); }).find("more than 4000000 values") !=
        std::string::npos);
}

}  // namespace
