#include <string_view>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using namespace pawl::literals;
using pawl::test::MemoryClient;

static_assert("http.requests_2"_metric == std::string_view{"http.requests_2"});
static_assert("a"_metric.size() == 1);
static_assert("route"_key == std::string_view{"route"});
static_assert("kube/pod-name.x_1"_key.size() == 17);

TEST_CASE("names and keys that were checked at compile time are the same text") {
  MemoryClient client;
  client->count("http.requests"_metric, 1, {{"route"_key, "/v1"}});
  CHECK(client.text() == "http.requests:1|c|#route:/v1\n");
  CHECK(client->stats().repaired == decltype(pawl::Stats::repaired){});
}

}  // namespace
