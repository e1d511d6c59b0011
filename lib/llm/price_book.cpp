#include <mutex>
#include <new>
#include <utility>

#include <pthread.h>

#include <pawl/price_book.h>

#include "llm/price_decimal.h"
#include "llm/price_file.h"
#include "llm/price_json.h"
#include "llm/price_shelf.h"
#include "llm/price_snapshot.h"
#include "llm/price_table.h"

namespace pawl::llm {

using std::string_view;

namespace {

Error about(const std::string& path, const Error& error) {
  return Error{path + ": " + error.message};
}

// Short enough to need no memory.
Error out_of_memory() noexcept { return Error{"out of memory"}; }

}  // namespace

std::string Cost::input_usd() const { return usd_text(input_); }
std::string Cost::output_usd() const { return usd_text(output_); }
std::string Cost::total_usd() const { return usd_text(total_picodollars()); }

string_view to_string(PriceSource source) noexcept {
  switch (source) {
    case PriceSource::program:
      return "program";
    case PriceSource::file:
      return "file";
    case PriceSource::snapshot:
      break;
  }
  return "snapshot";
}

class PriceBook::Impl {
 public:
  Impl() : shelf_(first_tables()) {
    static std::once_flag once;
    std::call_once(once, [] { pthread_atfork(before_fork, after_fork, after_fork); });
    const std::lock_guard lock{g_books_mutex};
    next_ = std::exchange(g_first, this);
  }
  ~Impl() {
    const std::lock_guard lock{g_books_mutex};
    Impl** at = &g_first;
    while (*at != this) at = &(*at)->next_;
    *at = next_;
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  auto read() const noexcept { return shelf_.read(); }

  // Files are read and parsed outside of the lock; of two at a time the later one to end stays.
  Result<PriceFileReport> load(std::string path) {
    FileStamp stamp;
    auto text = read_price_file(path, stamp);
    if (!text) return text.error();
    auto parsed = parse_prices(std::move(*text));
    if (!parsed) return about(path, parsed.error());
    PriceFileReport report = parsed->report;
    const std::lock_guard lock{writing_};
    publish_file(std::move(*parsed));
    path_ = std::move(path);
    stamp_ = stamp;
    complaint_.clear();
    ++loads_;
    return report;
  }

  Result<bool> reload() {
    const Loaded before = loaded();
    if (before.path.empty()) return false;
    FileStamp stamp = stamp_of(before.path);
    if (stamp == before.stamp) return false;
    auto text = read_price_file(before.path, stamp);
    Result<ParsedPrices> parsed = text ? parse_prices(std::move(*text)) : text.error();
    const std::lock_guard lock{writing_};
    if (loads_ != before.loads) return false;  // another was loaded meanwhile
    if (!text) return unread(text.error());
    if (parsed) {
      publish_file(std::move(*parsed));
      ++loads_;
    }
    stamp_ = stamp;  // that of a bad file too: it is tried once
    complaint_.clear();
    if (!parsed) return about(path_, parsed.error());
    return true;
  }

  std::optional<Error> override_price(string_view model, const ModelPrice& price) {
    if (model.empty() || model.size() > kMaxNameBytes)
      return Error{"the model's name has " + std::to_string(model.size()) +
                   " bytes; expected 1 to 200"};
    const auto rates = from_model_price(price);
    if (!rates)
      return Error{std::string{model} +
                   ": expected prices from 0 to 1,000,000 dollars for a million tokens, in at most "
                   "8 tiers of different thresholds"};
    const std::lock_guard lock{writing_};
    PriceTables next = tables();
    auto layer = std::make_shared<PriceLayer>(*next.program);
    layer->replace(std::string{model}, {*rates, {}});
    if (layer->size() > kMaxOverrides)
      return Error{std::string{model} + ": 1,000 overrides are set; expected no more"};
    next.program = std::move(layer);
    shelf_.replace(std::make_unique<const PriceTables>(std::move(next)));
    return std::nullopt;
  }

 private:
  struct Loaded {
    std::string path;
    FileStamp stamp;
    std::uint64_t loads;
  };

  static std::unique_ptr<const PriceTables> first_tables() {
    const auto empty = std::make_shared<const PriceLayer>();
    return std::make_unique<const PriceTables>(
        PriceTables{empty, empty, std::make_shared<const PriceLayer>(snapshot_layer()), {}});
  }

  PriceTables tables() const { return *shelf_.read(); }

  Loaded loaded() const {
    const std::lock_guard lock{writing_};
    return {path_, stamp_, loads_};
  }

  // Throws std::bad_alloc, and then has changed nothing. REQUIRES: writing_ is held.
  void publish_file(ParsedPrices parsed) {
    PriceTables next = tables();
    next.file = std::make_shared<const PriceLayer>(std::move(parsed.layer));
    next.report = std::make_shared<const PriceFileReport>(std::move(parsed.report));
    shelf_.replace(std::make_unique<const PriceTables>(std::move(next)));
  }

  // What could not be read may be there in a moment, under the same stamp: it is tried each time,
  // and told once. REQUIRES: writing_ is held.
  Result<bool> unread(Error error) {
    if (error.message == complaint_) return false;
    complaint_ = error.message;
    return error;
  }

  // All books stand in a list, for fork(): their locks are held across it, so that the child can
  // change them.
  static inline constinit std::mutex g_books_mutex;
  static inline constinit Impl* g_first = nullptr;
  static void before_fork() noexcept {
    g_books_mutex.lock();
    for (Impl* book = g_first; book != nullptr; book = book->next_) book->writing_.lock();
  }
  static void after_fork() noexcept {
    for (Impl* book = g_first; book != nullptr; book = book->next_) book->writing_.unlock();
    g_books_mutex.unlock();
  }

  PriceShelf<PriceTables> shelf_;
  mutable std::mutex writing_;
  // Guarded by writing_, as is the right to replace on the shelf.
  std::string path_;
  FileStamp stamp_;        // of what was read last
  std::string complaint_;  // why the last attempt could not read, if it could not
  std::uint64_t loads_ = 0;
  Impl* next_ = nullptr;  // in the list of books
};

PriceBook::PriceBook() noexcept {
  try {
    impl_ = std::make_unique<Impl>();
  } catch (const std::bad_alloc&) {
  }
}

PriceBook::~PriceBook() = default;
PriceBook::PriceBook(PriceBook&&) noexcept = default;
PriceBook& PriceBook::operator=(PriceBook&&) noexcept = default;

string_view PriceBook::snapshot_date() noexcept { return kSnapshot.date; }

Result<PriceFileReport> PriceBook::load_file(string_view path) noexcept {
  try {
    if (impl_ == nullptr) return out_of_memory();
    return impl_->load(std::string{path});
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

Result<bool> PriceBook::reload_if_changed() noexcept {
  try {
    if (impl_ == nullptr) return false;
    return impl_->reload();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

PriceFileReport PriceBook::file_report() const {
  if (impl_ == nullptr) return {};
  const auto tables = impl_->read();
  return tables->report == nullptr ? PriceFileReport{} : *tables->report;
}

std::optional<Error> PriceBook::override_price(string_view model,
                                               const ModelPrice& price) noexcept {
  try {
    if (impl_ == nullptr) return out_of_memory();
    return impl_->override_price(model, price);
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

std::optional<Cost> PriceBook::cost(string_view provider,
                                    string_view model,
                                    const Usage& usage) const noexcept {
  if (impl_ == nullptr) return std::nullopt;
  const auto tables = impl_->read();
  const PriceLayer::Entry* entry = tables->find(provider, model).entry;
  if (entry == nullptr) return std::nullopt;
  return cost_of(entry->second.price, usage);
}

bool PriceBook::knows(string_view provider, string_view model) const noexcept {
  return impl_ != nullptr && impl_->read()->find(provider, model).entry != nullptr;
}

std::optional<PriceEntry> PriceBook::find(string_view provider, string_view model) const {
  if (impl_ == nullptr) return std::nullopt;
  const auto tables = impl_->read();
  const auto [entry, source] = tables->find(provider, model);
  if (entry == nullptr) return std::nullopt;
  return to_price_entry(*entry, source);
}

std::vector<PriceEntry> PriceBook::entries() const {
  return impl_ == nullptr ? std::vector<PriceEntry>{} : impl_->read()->entries();
}

}  // namespace pawl::llm
