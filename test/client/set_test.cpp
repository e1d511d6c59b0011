#include <set>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Reject;
using pawl::Repair;
using pawl::test::MemoryClient;
using pawl::test::on_threads;

using Members = std::set<std::string>;

TEST_CASE("a member is sent once, however often it was inserted") {
  MemoryClient client;
  for (int i = 0; i < 5; ++i) client->set("users", "ada");
  CHECK(client.text() == "users:ada|s\n");
  CHECK(client->stats().handed_to_kernel.samples == 5);
}

TEST_CASE("a set begins anew after a flush") {
  MemoryClient client;
  client->set("users", "ada");
  CHECK(client.sent().of({"s", "users"}).members == Members{"ada"});
  client->set("users", "ada");
  client->set("users", "alan");
  CHECK(client.sent().of({"s", "users"}).members == Members{"ada", "alan"});
}

TEST_CASE("sets with other tags are other sets") {
  MemoryClient client;
  client->set("users", "ada", {{"zone", "a"}});
  client->set("users", "ada", {{"zone", "b"}});
  CHECK(client.sent().contexts().size() == 2);
}

TEST_CASE("an empty member is refused") {
  MemoryClient client;
  client->set("users", "");
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::value].samples == 1);
}

TEST_CASE("bytes that would break the line are repaired in a member") {
  MemoryClient client;
  client->set("users", "a|#evil\nb:1|c");
  CHECK(client.sent().of({"s", "users"}).members == Members{"a_#evil_b:1_c"});
  CHECK(client->stats()[Repair::text] == 1);
}

TEST_CASE("a member too long for a datagram is refused") {
  MemoryClient client;
  client->set("users", std::string(2'000, 'u'));
  client->set("users", "ada");
  CHECK(client.text() == "users:ada|s\n");
  CHECK(client->stats()[Reject::line_too_long].samples == 1);
}

TEST_SUITE("concurrent") {
  TEST_CASE("what arrives is the union over all threads") {
    MemoryClient client;
    on_threads(4, [&](std::size_t number) {
      const pawl::Set bound = client->set("users");
      for (std::size_t i = 0; i < 1'000; ++i) {
        const std::string member = std::to_string(500 * number + i);
        if (i % 2 == 0)
          bound.insert(member);
        else
          client->set("users", member);
      }
    });
    CHECK(client.sent().of({"s", "users"}).members.size() == 2'500);
    CHECK(client->stats().handed_to_kernel.samples == 4'000);
  }
}

}  // namespace
