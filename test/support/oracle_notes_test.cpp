#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/oracle.h"

namespace {

using pawl::test::decode;
using pawl::test::Decoded;
using pawl::test::Event;
using pawl::test::printable;
using pawl::test::ServiceCheck;

Decoded accepted(std::string_view payload) {
  Decoded decoded = decode(payload);
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  return decoded;
}

TEST_CASE("a decoded event holds every part of its line") {
  const Event event = accepted(
                          "_e{4,9}:bad!|one\\ntwo!|d:17|h:web-1|k:key|p:low|s:my apps|t:error"
                          "|#a:1,b|c:in-7|e:it-true|card:low\n")
                          .events()
                          .at(0);
  CHECK(event.title == "bad!");
  CHECK(event.text == "one\ntwo!");
  CHECK(event.timestamp == 17);
  CHECK(event.host == "web-1");
  CHECK(event.aggregation_key == "key");
  CHECK(event.priority == "low");
  CHECK(event.source == "my apps");
  CHECK(event.alert_type == "error");
  CHECK(event.tags == std::vector<std::string>{"a:1", "b"});
  CHECK(event.container == "in-7");
  CHECK(event.external == "it-true");
  CHECK(event.cardinality == "low");
}

TEST_CASE("the title and text of an event are measured in bytes and may hold pipes") {
  const Event event = accepted("_e{3,5}:a|b|\xC3\xA9|#c\n").events().at(0);
  CHECK(event.title == "a|b");
  CHECK(event.text == "\xC3\xA9|#c");
  CHECK(event.tags.empty());
}

TEST_CASE("an event with a wrong length, an empty part or a foreign field is refused") {
  for (const std::string_view payload : {"_e{0,1}:|b\n",
                                         "_e{1,0}:a|\n",
                                         "_e{01,1}:a|b\n",
                                         "_e{1}:a|b\n",
                                         "_e{1,1}a|b\n",
                                         "_e{-1,1}:a|b\n",
                                         "_e{+1,1}:a|b\n",
                                         "_e{2,1}:a|b\n",
                                         "_e{1,2}:a|b\n",
                                         "_e{1,1}:a|bb\n",
                                         "_e{1,1}:aa|b\n",
                                         "_e{3,1}:a\nb|c\n",
                                         "_e{99999999999999999999,1}:a|b\n",
                                         "_e{1,1}:a|b|\n",
                                         "_e{1,1}:a|b|p:high\n",
                                         "_e{1,1}:a|b|t:fatal\n",
                                         "_e{1,1}:a|b|d:0\n",
                                         "_e{1,1}:a|b|h:\n",
                                         "_e{1,1}:a|b|h:a/b\n",
                                         "_e{1,1}:a|b|k:a:b\n",
                                         "_e{1,1}:a|b|s:a,b\n",
                                         "_e{1,1}:a|b|@0.5\n",
                                         "_e{1,1}:a|b|#x|t:info\n",
                                         "_e{1,1}:a|b|t:info|t:info\n"}) {
    INFO(printable(payload));
    CHECK_FALSE(decode(payload).accepted());
  }
}

TEST_CASE("a decoded service check holds every part of its line") {
  const ServiceCheck check =
      accepted(
          "_sc|my db.can_connect|2|d:17|h:web-1|#a:1,b|c:in-7|e:it-true|card:low"
          "|m:first\\nm\\: second\n")
          .service_checks()
          .at(0);
  CHECK(check.name == "my db.can_connect");
  CHECK(check.status == 2);
  CHECK(check.timestamp == 17);
  CHECK(check.host == "web-1");
  CHECK(check.tags == std::vector<std::string>{"a:1", "b"});
  CHECK(check.container == "in-7");
  CHECK(check.external == "it-true");
  CHECK(check.cardinality == "low");
  CHECK(check.message == "first\nm: second");
}

TEST_CASE("a service check with a foreign status, name or order is refused") {
  for (const std::string_view payload : {"_sc|a\n",
                                         "_sc|a|\n",
                                         "_sc|a|4\n",
                                         "_sc|a|00\n",
                                         "_sc|a|-1\n",
                                         "_sc||0\n",
                                         "_sc|a/b|0\n",
                                         "_scx|a|0\n",
                                         "_sc|a|0|\n",
                                         "_sc|a|0|m:\n",
                                         "_sc|a|0|m:x|#a\n",
                                         "_sc|a|0|m:x|m:y\n",
                                         "_sc|a|0|m:x m: y\n",
                                         "_sc|a|0|#a|d:5\n",
                                         "_sc|a|0|p:low\n"}) {
    INFO(printable(payload));
    CHECK_FALSE(decode(payload).accepted());
  }
}

TEST_CASE("metrics, events and checks may share a datagram") {
  const Decoded decoded = accepted("a:1|c\n_e{1,1}:a|b\n_sc|a|0\n");
  CHECK(decoded.metrics().size() == 1);
  CHECK(decoded.events().size() == 1);
  CHECK(decoded.service_checks().size() == 1);
}

}  // namespace
