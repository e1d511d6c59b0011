#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/price_book.h>

#include "llm/price_shelf.h"
#include "support/sanitizers.h"
#include "support/temp_dir.h"

namespace {

using pawl::llm::PriceBook;
using pawl::llm::PriceShelf;
using pawl::test::TempDir;

// Both prices of a generation are the same, so that a mixture of two tables is seen.
std::string generation(int n) {
  const std::string usd = std::to_string(n) + "e-6";
  const std::string model =
      R"(": {"input_cost_per_token": )" + usd + R"(, "output_cost_per_token": )" + usd + "}";
  return R"({"a)" + model + R"(, "b)" + model + "}";
}

// Counts its living objects.
struct Counted {
  explicit Counted(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~Counted() { --alive_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::atomic<int>& alive_;
};

TEST_CASE("a replaced value lives as long as it is read, and no longer") {
  std::atomic<int> alive{0};
  {
    PriceShelf<Counted> shelf{std::make_unique<Counted>(alive)};
    {
      const auto reader = shelf.read();
      for (int i = 0; i < 10; ++i) shelf.replace(std::make_unique<Counted>(alive));
      CHECK(alive == 2);
      CHECK(shelf.waiting() == 1);
    }
    shelf.replace(std::make_unique<Counted>(alive));
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("one thread may read several values at once") {
  std::atomic<int> alive{0};
  PriceShelf<Counted> shelf{std::make_unique<Counted>(alive)};
  const auto first = shelf.read();
  shelf.replace(std::make_unique<Counted>(alive));
  const auto second = shelf.read();
  CHECK(&*first != &*second);
  CHECK(alive == 2);
}

TEST_SUITE("concurrent") {
  TEST_CASE("readers see one whole table while another thread reloads and overrides") {
    constexpr int kGenerations = 200;
    const TempDir dir;
    const std::string path = dir.file("prices.json");
    const auto put = [&](int n) {
      std::ofstream{dir.file("next")} << generation(n);
      REQUIRE(std::rename(dir.file("next").c_str(), path.c_str()) == 0);
    };
    put(1);
    PriceBook book;
    REQUIRE(book.load_file(path).ok());
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> seen{0};
    std::atomic<std::uint64_t> wrong{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; ++t) {
      readers.emplace_back([&] {
        std::uint64_t last = 0;
        while (!done) {
          const auto cost = book.cost("x", "a", {.input = 1, .output = 1});
          const std::uint64_t input = cost ? cost->input_picodollars() : 0;
          // Whole, and never older than one that was seen before.
          const bool right = cost && input == cost->output_picodollars() && input >= last;
          if (!right) ++wrong;
          last = input;
          ++seen;
        }
      });
    }
    for (int n = 2; n <= kGenerations; ++n) {
      put(n);
      if (!*book.reload_if_changed()) ++wrong;
      if (n % 10 == 0 && book.override_price("own", {{.input_usd_per_mtok = 1}, {}})) ++wrong;
    }
    while (seen < 1000) std::this_thread::yield();
    done = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(wrong == 0);
    CHECK(book.cost("", "a", {.input = 1})->input_picodollars() == kGenerations * 1'000'000U);
  }

  TEST_CASE("changes by several threads are all kept") {
    PriceBook book;
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&book, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string name = "m" + std::to_string(t) + "." + std::to_string(i);
          book.override_price(name, {{.input_usd_per_mtok = 1}, {}});
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    for (int t = 0; t < 4; ++t)
      for (int i = 0; i < 50; ++i)
        CHECK(book.knows("", "m" + std::to_string(t) + "." + std::to_string(i)));
  }

  TEST_CASE("a child of fork reads and changes the book while other threads were changing it") {
    PAWL_SKIP_WITHOUT_FORKED_ALLOCATOR();
    constexpr int kForks = 100;
    const TempDir dir;
    const std::string path = dir.file("prices.json");
    std::ofstream{path} << generation(1);
    PriceBook book;
    REQUIRE(book.load_file(path).ok());
    std::atomic<bool> done{false};
    std::atomic<int> changes{0};
    std::vector<std::thread> writers;
    writers.emplace_back([&] {
      for (; !done; ++changes) book.override_price("own", {{.input_usd_per_mtok = 1}, {}});
    });
    writers.emplace_back([&] {
      for (; !done; ++changes) static_cast<void>(book.load_file(path));
    });
    int good = 0;
    for (int i = 0; i < kForks; ++i) {
      const int before = changes;
      while (changes == before) std::this_thread::yield();
      const pid_t child = fork();
      if (child == 0) {
        alarm(20);  // ends a child that waits for ever
        const bool told = book.file_report().models == 2;
        const bool loaded = book.load_file(path).ok() && book.reload_if_changed().ok();
        const bool set = !book.override_price("own", {{.input_usd_per_mtok = 2}, {}});
        const auto cost = book.cost("", "own", {.input = 1});
        _exit(told && loaded && set && cost && cost->input_picodollars() == 2'000'000 ? 0 : 1);
      }
      REQUIRE(child > 0);
      int status = -1;
      REQUIRE(waitpid(child, &status, 0) == child);
      good += status == 0;
    }
    done = true;
    for (std::thread& writer : writers) writer.join();
    CHECK(good == kForks);
  }

  TEST_CASE("more threads read at one moment than there are slots") {
    std::atomic<int> alive{0};
    PriceShelf<Counted> shelf{std::make_unique<Counted>(alive)};
    std::vector<std::thread> threads;
    for (int t = 0; t < 100; ++t) {
      threads.emplace_back([&shelf] {
        for (int i = 0; i < 100; ++i) {
          const auto reader = shelf.read();
          std::this_thread::yield();
        }
      });
    }
    for (int i = 0; i < 20; ++i) shelf.replace(std::make_unique<Counted>(alive));
    for (std::thread& thread : threads) thread.join();
    shelf.replace(std::make_unique<Counted>(alive));
    CHECK(alive == 1);
  }
}

}  // namespace
