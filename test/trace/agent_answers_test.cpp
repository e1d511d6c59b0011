#include "trace/agent_answers.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::trace::Answer;
using pawl::trace::Fate;
using pawl::trace::fate_of;
using pawl::trace::is_worth_repeating;
using pawl::trace::parse_info;
using pawl::trace::parse_rates;
using Failure = Answer::Failure;

Answer failed(Failure failure) {
  Answer answer;
  answer.failure = failure;
  return answer;
}

std::size_t rates_in(const std::string& entries) {
  const auto rates = parse_rates(R"({"rate_by_service":{)" + entries + "}}");
  REQUIRE(rates.has_value());
  return rates->size();
}

TEST_CASE("a request without an answer has the fate of how it failed") {
  CHECK(fate_of(failed(Failure::unreachable)) == Fate::unreachable);
  CHECK(fate_of(failed(Failure::timed_out)) == Fate::timed_out);
  CHECK(fate_of(failed(Failure::not_http)) == Fate::refused);
  CHECK(fate_of(failed(Failure::no_memory)) == Fate::no_memory);
  CHECK(fate_of(failed(Failure::no_http)) == Fate::no_http);
}

TEST_CASE("of requests without an answer only those without a connection are repeated") {
  CHECK(is_worth_repeating(failed(Failure::unreachable)));
  for (const auto failure :
       {Failure::timed_out, Failure::not_http, Failure::no_memory, Failure::no_http})
    CHECK_FALSE(is_worth_repeating(failed(failure)));
}

TEST_CASE("rates are read with service and environment, either of which may be empty") {
  const auto rates = parse_rates(
      R"({"rate_by_service":{"service:,env:":1,"service:a,b,env:c":0.5,"service:d,env:":0}})");
  REQUIRE(rates.has_value());
  REQUIRE(rates->size() == 3);
  CHECK(rates->at(0).service.empty());
  CHECK(rates->at(0).env.empty());
  CHECK(rates->at(0).rate == 1);
  CHECK(rates->at(1).service == "a,b");
  CHECK(rates->at(1).env == "c");
  CHECK(rates->at(2).service == "d");
  CHECK(rates->at(2).rate == 0);
}

TEST_CASE("rates outside of 0 to 1, and what is no rate, are left out") {
  CHECK(rates_in(R"("service:a,env:b":1.0000001)") == 0);
  CHECK(rates_in(R"("service:a,env:b":-0.1)") == 0);
  CHECK(rates_in(R"("service:a,env:b":1e300)") == 0);
  CHECK(rates_in(R"("service:a,env:b":"0.5")") == 0);
  CHECK(rates_in(R"("service:a,env:b":null)") == 0);
  CHECK(rates_in(R"("service:a":0.5)") == 0);
  CHECK(rates_in(R"("a,env:b":0.5)") == 0);
  CHECK(rates_in(R"("":0.5)") == 0);
  CHECK(rates_in(R"("x":7,"service:a,env:b":0.5)") == 1);
}

TEST_CASE("a body that is no rates says that nothing has changed") {
  for (const char* body : {"",
                           "{}",
                           "OK",
                           "[]",
                           "null",
                           R"({"rate_by_service":[]})",
                           R"({"rate_by_service":{"service:a,env:b":0.5})",
                           R"({"rate_by_service":{"service:a,env:b":0.5}} x)",
                           "{\"rate_by_service\":{\"service:\xff,env:\":0.5}}"})
    CHECK_FALSE(parse_rates(body).has_value());
}

TEST_CASE("a body of brackets as deep as the cap allows is refused like any other") {
  CHECK_FALSE(parse_rates(std::string(65'536, '[')).has_value());
  CHECK_FALSE(parse_info(std::string(32'768, '[') + std::string(32'768, ']')).has_value());
}

TEST_CASE("/info says what the Agent offers") {
  const auto full = parse_info(
      R"({"version":"7.60","endpoints":["/v0.4/traces","/evp_proxy/v2/"],"span_meta_structs":true})");
  REQUIRE(full.has_value());
  CHECK(full->known);
  CHECK(full->meta_structs);
  CHECK(full->llmobs_proxy);
  const auto old = parse_info(R"({"endpoints":["/v0.4/traces","/evp_proxy/v1/"]})");
  REQUIRE(old.has_value());
  CHECK(old->known);
  CHECK_FALSE(old->meta_structs);
  CHECK_FALSE(old->llmobs_proxy);
}

TEST_CASE("/info with other types in it offers nothing, and no object is no answer") {
  const auto odd = parse_info(R"({"endpoints":[1,null,{}],"span_meta_structs":"true"})");
  REQUIRE(odd.has_value());
  CHECK_FALSE(odd->meta_structs);
  CHECK_FALSE(odd->llmobs_proxy);
  CHECK_FALSE(parse_info(R"({"endpoints":"/evp_proxy/v2/"})")->llmobs_proxy);
  for (const char* body : {"", "404 page not found", "[]", "{"})
    CHECK_FALSE(parse_info(body).has_value());
}

}  // namespace
