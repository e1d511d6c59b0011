#include "llm/price_file.h"

#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pawl/price_book.h>

#include "support/temp_dir.h"

namespace {

using pawl::llm::FileStamp;
using pawl::llm::PriceBook;
using pawl::llm::Usage;
using pawl::test::TempDir;

constexpr Usage kUsage{.input = 1'000'000};

void write(const std::string& path, std::string_view text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  REQUIRE(file.good());
}

std::string model(std::string_view usd_a_token) {
  return R"({"mine": {"input_cost_per_token": )" + std::string{usd_a_token} +
         R"(, "output_cost_per_token": 0}})";
}

// Each error leaves the table as it was: a book with one file loaded is asked to load another.
class Loaded {
 public:
  Loaded() {
    write(dir.file("good.json"), model("1e-6"));
    REQUIRE(book.load_file(dir.file("good.json")).ok());
  }

  std::string error_of(const std::string& path) {
    const auto report = book.load_file(path);
    REQUIRE_FALSE(report);
    CHECK(book.cost("", "mine", kUsage)->total_usd() == "1");
    CHECK(book.file_report().models == 1);
    return report.error().message;
  }

  TempDir dir;
  PriceBook book;
};

TEST_CASE("what is not a regular file is refused, and a pipe is not waited for") {
  Loaded loaded;
  const std::string& dir = loaded.dir.path();
  CHECK(loaded.error_of(dir) == dir + ": a directory; expected a regular file");
  const std::string pipe = loaded.dir.file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(loaded.error_of(pipe) == pipe + ": a pipe; expected a regular file");
  CHECK(loaded.error_of("/dev/zero") == "/dev/zero: a device; expected a regular file");
}

TEST_CASE("a file that is not there, or that may not be read, is refused") {
  Loaded loaded;
  const std::string missing = loaded.dir.file("missing.json");
  CHECK(loaded.error_of(missing) == missing + ": cannot be opened: No such file or directory");
  CHECK_FALSE(loaded.error_of("").empty());
  CHECK_FALSE(loaded.error_of(std::string{"a\0b", 3}).empty());
  const std::string secret = loaded.dir.file("secret.json");
  write(secret, model("2e-6"));
  REQUIRE(chmod(secret.c_str(), 0) == 0);
  if (geteuid() == 0) {
    MESSAGE("skipped: root may read every file");
    return;
  }
  CHECK(loaded.error_of(secret) == secret + ": cannot be opened: Permission denied");
}

TEST_CASE("a file of 8 MiB is read, and one byte more is refused") {
  Loaded loaded;
  std::string text = model("2e-6");
  const std::string path = loaded.dir.file("large.json");
  text.resize(PriceBook::kMaxFileBytes + 1, ' ');
  write(path, text);
  CHECK(loaded.error_of(path) ==
        path + ": larger than 8 MiB; expected a price file of at most that");
  text.pop_back();
  write(path, text);
  CHECK(loaded.book.load_file(path).ok());
}

TEST_CASE("a file of a size that is not known is read to its end") {
  // Those of /proc say 0 bytes.
  FileStamp stamp;
  const auto text = pawl::llm::read_price_file("/proc/self/status", stamp);
  REQUIRE(text);
  CHECK(stamp.bytes == 0);
  CHECK(text->size() > 100);
}

TEST_CASE("a torn, empty, wrong or deep file is refused with its name and the place") {
  Loaded loaded;
  const std::string path = loaded.dir.file("bad.json");
  const auto error_of = [&](std::string_view text) {
    write(path, text);
    const std::string message = loaded.error_of(path);
    CHECK(message.starts_with(path + ": "));
    return message.substr(path.size() + 2);
  };
  CHECK(error_of("{\n  \"a\": {").starts_with("line 2, column 9: "));
  CHECK(error_of("") == "is empty; expected a JSON object of models");
  CHECK(error_of("[1]") == "not an object; expected one with a member for each model");
  CHECK(error_of("{\"\xFF\": 1}").starts_with("line 1, column 3: "));
  CHECK(error_of(R"({"a":)" + std::string(40, '[')) ==
        "nested deeper than 32 levels; expected models with their fields");
}

TEST_CASE("a link to a price file is followed") {
  Loaded loaded;
  const std::string link = loaded.dir.file("link.json");
  REQUIRE(symlink(loaded.dir.file("good.json").c_str(), link.c_str()) == 0);
  CHECK(loaded.book.load_file(link).ok());
}

}  // namespace
