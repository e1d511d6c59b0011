#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/temp_dir.h"
#include "tools/process.h"

namespace {

using pawl::test::Finished;
using pawl::test::is_one_line;
using pawl::test::run_pawl;
using pawl::test::TempDir;
using Json = nlohmann::json;
using Texts = std::vector<std::string>;

Finished price(Texts arguments) {
  arguments.insert(arguments.begin(), "price");
  return run_pawl(arguments);
}

Json json(Texts arguments) {
  arguments.emplace_back("--json");
  const Finished finished = price(std::move(arguments));
  REQUIRE(finished.code == 0);
  return Json::parse(finished.out);
}

class PriceFile {
 public:
  explicit PriceFile(std::string_view text) : path(dir_.file("prices.json")) {
    std::ofstream{path} << text;
  }

 private:
  TempDir dir_;

 public:
  const std::string path;
};

constexpr std::string_view kMine =
    R"({"mine": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}})";

}  // namespace

TEST_CASE("price prints the cost, the rates and where they come from") {
  const Finished finished = price({"gpt-4.1-2025-04-14",
                                   "--input-tokens",
                                   "1840",
                                   "--output-tokens",
                                   "312",
                                   "--cached",
                                   "512"});
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out ==
        "input   $0.002912\n"
        "output  $0.002496\n"
        "total   $0.005408\n"
        "price   gpt-4.1, built-in prices of 2026-08-21\n"
        "rates   input $2, output $8, cached $0.5 for a million tokens\n");
}

TEST_CASE("price says which tier it reckoned with, from its first token on") {
  const Texts below{"claude-sonnet-4-5", "--input-tokens", "200000", "--output-tokens", "1000"};
  const Texts above{"claude-sonnet-4-5", "--input-tokens", "200001", "--output-tokens", "1000"};
  CHECK(price(below).out.find("tier") == std::string::npos);
  CHECK(price(above).out.find("total   $1.222506\n") != std::string::npos);
  CHECK(price(above).out.ends_with("tier    above 200000 input tokens\n"));
}

TEST_CASE("price as JSON gives exact decimals as text") {
  const Json out = json({"llama-3.3-70b-versatile", "--input-tokens", "1", "--output-tokens", "1"});
  CHECK(out["input_cost_usd"] == "0.00000059");
  CHECK(out["output_cost_usd"] == "0.00000079");
  CHECK(out["total_cost_usd"] == "0.00000138");
  CHECK(out["price_source"] == "snapshot");
  CHECK(out["price_date"] == "2026-08-21");
  CHECK(out["rates"]["input_usd_per_mtok"] == 0.59);
}

TEST_CASE("price takes each kind of token") {
  const Json out = json({"claude-sonnet-4-5",
                         "--input-tokens",
                         "12000",
                         "--output-tokens",
                         "800",
                         "--cached",
                         "9000",
                         "--cache-creation",
                         "2500",
                         "--cache-creation-1h",
                         "500",
                         "--reasoning",
                         "800"});
  CHECK(out["input_cost_usd"] == "0.0147");
  CHECK(out["total_cost_usd"] == "0.0267");
}

TEST_CASE("price takes a file of LiteLLM's format above the built-in prices") {
  const PriceFile file{kMine};
  const Json out =
      json({"mine", "--input-tokens", "1", "--output-tokens", "1", "--file", file.path});
  CHECK(out["total_cost_usd"] == "0.000003");
  CHECK(out["price_source"] == "file");
  CHECK(out["price_file"] == file.path);
  const Finished other =
      price({"o3", "--input-tokens", "1", "--output-tokens", "1", "--file", file.path});
  CHECK(other.out.find("built-in") != std::string::npos);
}

TEST_CASE("price finds the price of a provider") {
  const PriceFile file{R"({"azure/o3": {"input_cost_per_token": 1, "output_cost_per_token": 1}})"};
  const Texts asked{"o3", "--input-tokens", "3", "--output-tokens", "0", "--file", file.path};
  CHECK(json(asked)["total_cost_usd"] == "0.000006");
  Texts of_azure = asked;
  of_azure.insert(of_azure.end(), {"--provider", "azure"});
  CHECK(json(of_azure)["total_cost_usd"] == "3");
}

TEST_CASE("price says on stderr what it refused in the file, and goes on") {
  const PriceFile file{
      R"({"bad": {"input_cost_per_token": -1}, "m": {"input_cost_per_token": 0,
        "output_cost_per_token": 0}})"};
  const Finished finished =
      price({"m", "--input-tokens", "1", "--output-tokens", "1", "--file", file.path});
  CHECK(finished.code == 0);
  CHECK(finished.err == "pawl: price: " + file.path +
                            ": 1 of its models are refused, the first: bad: "
                            "input_cost_per_token: negative\n");
}

TEST_CASE("a model without a price is exit 1 and one line, and never a cost of 0") {
  const Finished finished = price({"nobody", "--input-tokens", "1", "--output-tokens", "1"});
  CHECK(finished.code == 1);
  CHECK(finished.out.empty());
  CHECK(is_one_line(finished.err));
}

TEST_CASE("a bad price file is exit 1 and one line that names it") {
  const PriceFile file{R"({"mine": {)"};
  const Finished finished =
      price({"o3", "--input-tokens", "1", "--output-tokens", "1", "--file", file.path});
  CHECK(finished.code == 1);
  CHECK(finished.out.empty());
  CHECK(is_one_line(finished.err));
  CHECK(finished.err.starts_with("pawl: price: --file: " + file.path + ": line 1, column "));
}

TEST_CASE("a cost that does not fit is exit 1") {
  const Finished finished =
      price({"o3", "--input-tokens", "9223372036854775807", "--output-tokens", "0"});
  CHECK(finished.code == 1);
  CHECK(is_one_line(finished.err));
}

TEST_CASE("wrong usage of price is exit 2 and one line") {
  const Texts cases[] = {
      {},
      {"o3"},
      {"o3", "--input-tokens", "1"},
      {"o3", "--output-tokens", "1"},
      {"o3", "--list"},
      {"o3", "--input-tokens", "-1", "--output-tokens", "1"},
      {"o3", "--input-tokens", "1.5", "--output-tokens", "1"},
      {"o3", "--input-tokens", "1e3", "--output-tokens", "1"},
      {"o3", "--input-tokens", "9223372036854775808", "--output-tokens", "1"},
      {"o3", "--input-tokens", "1", "--output-tokens", "1", "--cached", "2"},
      {"o3", "--input-tokens", "1", "--output-tokens", "1", "--reasoning", "2"},
      {"o3", "--input-tokens", "1", "--output-tokens", "1", "--cache-creation-1h", "1"},
      {"o3", "--input-tokens", "1", "--output-tokens", "1", "--file", ""},
      {"o3", "o4", "--input-tokens", "1", "--output-tokens", "1"},
      {"o3", "--nonsense"},
  };
  for (const Texts& arguments : cases) {
    const Finished finished = price(arguments);
    INFO(finished.err);
    CHECK(finished.code == 2);
    CHECK(finished.out.empty());
    CHECK(is_one_line(finished.err));
  }
}

TEST_CASE("price --list shows every price with its tiers, those of a file too") {
  const PriceFile file{kMine};
  const Finished list = price({"--list", "--file", file.path});
  CHECK(list.code == 0);
  CHECK(list.out.find("2026-08-21") != std::string::npos);
  CHECK(list.out.find("\nmine ") != std::string::npos);
  CHECK(list.out.find("\ngpt-4.1 ") != std::string::npos);
  CHECK(list.out.find("\n  above 272000 input ") != std::string::npos);
}

TEST_CASE("price --list --json is an object a line") {
  const Finished list = price({"--list", "--json"});
  CHECK(list.code == 0);
  std::size_t lines = 0;
  std::size_t begin = 0;
  for (std::size_t end; (end = list.out.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const Json entry = Json::parse(list.out.substr(begin, end - begin));
    CHECK(entry["source"] == "snapshot");
    CHECK(entry["rates"]["input_usd_per_mtok"].is_number());
    ++lines;
  }
  CHECK(lines > 50);
}

TEST_CASE("price explains itself with examples") {
  const Finished help = price({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:\n  pawl price ") != std::string::npos);
}
