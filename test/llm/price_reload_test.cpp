#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pawl/price_book.h>

#include "support/alloc_counter.h"
#include "support/temp_dir.h"

namespace {

using pawl::llm::PriceBook;
using pawl::llm::Usage;
using pawl::test::TempDir;

// A price file that is replaced as careful writers do it: written apart, then renamed.
class PriceFile {
 public:
  PriceFile() { put("1e-6"); }

  void put(std::string_view usd_a_token) {
    put_text(R"({"mine": {"input_cost_per_token": )" + std::string{usd_a_token} +
             R"(, "output_cost_per_token": 0}})");
  }
  void put_text(std::string_view text) {
    const std::string next = dir_.file("next");
    std::ofstream{next} << text;
    REQUIRE(std::rename(next.c_str(), path().c_str()) == 0);
  }
  std::string path() const { return dir_.file("prices.json"); }

 private:
  TempDir dir_;
};

std::string price_in(const PriceBook& book) {
  return book.cost("", "mine", {.input = 1'000'000})->total_usd();
}

TEST_CASE("without a file there is nothing to reload") {
  PriceBook book;
  const auto reloaded = book.reload_if_changed();
  REQUIRE(reloaded);
  CHECK_FALSE(*reloaded);
}

TEST_CASE("a file is read again when another took its place, and not before") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  CHECK_FALSE(*book.reload_if_changed());
  file.put("2e-6");
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "2");
  CHECK_FALSE(*book.reload_if_changed());
}

TEST_CASE("a file that was written over with another size is read again") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  std::ofstream{file.path()}
      << R"({"mine": {"input_cost_per_token": 0.000003, "output_cost_per_token": 0}})";
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "3");
}

TEST_CASE("a bad file is one error, is not tried again, and the prices stay") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  file.put_text(R"({"mine": {)");
  const auto first = book.reload_if_changed();
  REQUIRE_FALSE(first);
  CHECK(first.error().message.starts_with(file.path() + ": line 1, column "));
  CHECK(price_in(book) == "1");
  const auto second = book.reload_if_changed();
  REQUIRE(second);
  CHECK_FALSE(*second);
  file.put("4e-6");
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "4");
}

TEST_CASE("a file that went away is one error, and is read again when it is back") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  REQUIRE(unlink(file.path().c_str()) == 0);
  CHECK_FALSE(book.reload_if_changed());
  CHECK_FALSE(*book.reload_if_changed());
  CHECK(price_in(book) == "1");
  file.put("5e-6");
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "5");
}

TEST_CASE("a pipe in the file's place is one error") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  REQUIRE(unlink(file.path().c_str()) == 0);
  REQUIRE(mkfifo(file.path().c_str(), 0600) == 0);
  CHECK_FALSE(book.reload_if_changed());
  CHECK_FALSE(*book.reload_if_changed());
  CHECK(price_in(book) == "1");
}

TEST_CASE("the file that was loaded last is the one that is reloaded") {
  PriceFile first;
  PriceFile second;
  PriceBook book;
  REQUIRE(book.load_file(first.path()).ok());
  REQUIRE(book.load_file(second.path()).ok());
  first.put("6e-6");
  CHECK_FALSE(*book.reload_if_changed());
  second.put("7e-6");
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "7");
}

TEST_CASE("overrides outlive a reload") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  CHECK_FALSE(book.override_price("mine", {{.input_usd_per_mtok = 9}, {}}));
  file.put("2e-6");
  CHECK(*book.reload_if_changed());
  CHECK(price_in(book) == "9");
}

// Lets the process open no further file while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{0, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("a file that cannot be read for a moment is one error, and is read when it can be") {
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  file.put("2e-6");
  {
    const NoDescriptors none;
    const auto first = book.reload_if_changed();
    REQUIRE_FALSE(first);
    CHECK(first.error().message == file.path() + ": cannot be opened: Too many open files");
    const auto second = book.reload_if_changed();
    REQUIRE(second.ok());
    CHECK_FALSE(*second);
    CHECK(price_in(book) == "1");
  }
  const auto third = book.reload_if_changed();
  REQUIRE(third.ok());
  CHECK(*third);
  CHECK(price_in(book) == "2");
}

TEST_CASE("a load that memory fails for has changed nothing, and any other all") {
  PAWL_SKIP_UNDER_SANITIZER();
  PriceFile file;
  PriceBook book;
  REQUIRE(book.load_file(file.path()).ok());
  int failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    // A list of refusals, so that the report has something to copy.
    file.put_text(R"({"mine": {"input_cost_per_token": )" + std::to_string(nth + 1) +
                  R"(e-6, "output_cost_per_token": 0}, "a": 1, "b": 2})");
    const std::string path = file.path();
    const std::string before = price_in(book);
    bool failed = false;
    bool loaded = false;
    {
      const pawl::test::FailingAlloc failing{nth};
      loaded = book.load_file(path).ok();
      failed = failing.happened();
    }
    REQUIRE(loaded == !failed);
    REQUIRE(price_in(book) == (loaded ? std::to_string(nth + 1) : before));
    REQUIRE(book.file_report().refused == (loaded ? 2U : 0U));
    if (!failed) break;
    ++failures;
  }
  CHECK(failures > 10);
}

}  // namespace
