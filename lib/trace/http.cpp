#include "trace/http.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/busy.h"
#include "trace/http_streams.h"

namespace pawl::trace {
namespace {

using std::string_view;
using Milliseconds = std::chrono::milliseconds;

// A look-up that is cut short by the deadline is left to end on libcurl's own thread.
constexpr Milliseconds kMostToConnect{1'000};
// How often a request that waits looks whether it is to end sooner.
constexpr int kSliceMs = 20;

// Ends what libcurl made.
template <auto end>
struct EndWith {
  template <class Made>
  void operator()(Made* made) const noexcept {
    end(made);
  }
};
using HeaderList = std::unique_ptr<curl_slist, EndWith<curl_slist_free_all>>;
using Multi = std::unique_ptr<CURLM, EndWith<curl_multi_cleanup>>;
using Handle = std::unique_ptr<CURL, EndWith<curl_easy_cleanup>>;

bool append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(list.release());
  list.reset(longer);
  return true;
}

HeaderList list_of(std::span<const Header> headers) {
  HeaderList list;
  // By itself libcurl waits a second for a "100 Continue" before a long body.
  bool good = append(list, "Expect:");
  for (const Header& header : headers) {
    if (!is_header_text(header.value)) continue;
    good = good && append(list, std::string{header.name}.append(": ").append(header.value));
  }
  if (!good) throw std::bad_alloc{};
  return list;
}

// Sets options until one fails, which only a lack of memory makes it do.
class Setter {
 public:
  explicit Setter(CURL* handle) : handle_(handle) {}
  template <class Value>
  Setter& operator()(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_, option, value) != CURLE_OK) throw std::bad_alloc{};
    return *this;
  }

 private:
  CURL* const handle_;
};

// In a moment, or never: what is set there is read once by OpenSSL and libcurl.
void initialise_libcurl() noexcept {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_ALL); });
}

// A transfer under way, for a scope; what is not over is broken off at its end.
class Transfer {
 public:
  Transfer(CURLM* multi, CURL* handle) : multi_(multi), handle_(handle) {
    if (curl_multi_add_handle(multi_, handle_) != CURLM_OK) throw std::bad_alloc{};
  }
  ~Transfer() { curl_multi_remove_handle(multi_, handle_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Goes on until it is over or the time has come.
  CURLcode run(const std::atomic<Http::Time>& latest) {
    for (int running = 1;;) {
      if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
      if (running == 0) return result();
      if (std::chrono::steady_clock::now() >= latest.load(std::memory_order_relaxed))
        return CURLE_OPERATION_TIMEDOUT;
      curl_multi_poll(multi_, nullptr, 0, kSliceMs, nullptr);
    }
  }

 private:
  CURLcode result() {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    return message == nullptr ? CURLE_OUT_OF_MEMORY : message->data.result;
  }

  CURLM* const multi_;
  CURL* const handle_;
};

Answer failed(Answer::Failure failure) {
  Answer answer;
  answer.failure = failure;
  return answer;
}

}  // namespace

class Http::Connection {
 public:
  explicit Connection(const Endpoint& endpoint)
      : base_(to_string(Endpoint{endpoint.host, endpoint.port, {}})),
        multi_(curl_multi_init()),
        handle_(curl_easy_init()) {
    if (multi_ == nullptr || handle_ == nullptr) throw std::bad_alloc{};
    prepare(endpoint);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Answer request(const HttpRequest& request, Time deadline, const std::atomic<Time>& latest) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= Milliseconds{0}) return failed(Answer::Failure::timed_out);
    const base::Busy busy{busy_};
    return perform(request, left, latest);
  }

  bool busy() const noexcept { return busy_; }

  // For a child that cannot touch the handle: another thread was inside of it.
  void close_descriptors() noexcept {
    for (auto& open : open_)
      if (const int number = open.exchange(-1); number >= 0) ::close(number);
  }

 private:
  void prepare(const Endpoint& endpoint);
  Answer perform(const HttpRequest& request, Milliseconds left, const std::atomic<Time>& latest);
  Answer answer(CURLcode code, Reply& reply) const;
  Answer::Failure failure_of(CURLcode code) const noexcept;
  std::string rates_version() const noexcept;

  static int begins(void* self, char*, char*, int, int) noexcept;
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept;
  static int close_socket(void* self, curl_socket_t socket) noexcept;

  const std::string base_;
  std::atomic<bool> busy_{false};
  bool has_begun_ = false;  // the request had a connection, new or kept
  // Two families are tried side by side; and one connection is kept.
  std::atomic<int> open_[4] = {-1, -1, -1, -1};
  const Multi multi_;  // holds the connection, and closes it through open_
  const Handle handle_;
};

void Http::Connection::prepare(const Endpoint& endpoint) {
  Setter set{handle_.get()};
  set(CURLOPT_PROTOCOLS_STR, "http")(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_FOLLOWLOCATION, 0L)(CURLOPT_NOSIGNAL, 1L);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 1L);
  // Both: the proxy for not reading http_proxy, the exception for not reading no_proxy.
  set(CURLOPT_PROXY, "")(CURLOPT_NOPROXY, "*");
  // Otherwise a request that is over waits for the end of its look-up.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket)(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket)(CURLOPT_CLOSESOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &begins)(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Reply::take_header)(CURLOPT_WRITEFUNCTION, &Reply::take_body);
  set(CURLOPT_READFUNCTION, &BodyReader::read)(CURLOPT_SEEKFUNCTION, &BodyReader::rewind);
  if (!endpoint.socket_path.empty()) set(CURLOPT_UNIX_SOCKET_PATH, endpoint.socket_path.c_str());
}

Answer Http::Connection::perform(const HttpRequest& request,
                                 Milliseconds left,
                                 const std::atomic<Time>& latest) {
  BodyReader body{request.body};
  Reply reply;
  const HeaderList headers = list_of(request.headers);
  const std::string url = base_ + std::string{request.path};
  Setter set{handle_.get()};
  set(CURLOPT_URL, url.c_str())(CURLOPT_HTTPHEADER, headers.get());
  if (request.body.empty())
    set(CURLOPT_HTTPGET, 1L);
  else
    set(CURLOPT_POST, 1L)(CURLOPT_POSTFIELDSIZE_LARGE, body.size());
  set(CURLOPT_CUSTOMREQUEST, request.method);
  set(CURLOPT_READDATA, &body)(CURLOPT_SEEKDATA, &body);
  set(CURLOPT_HEADERDATA, &reply)(CURLOPT_WRITEDATA, &reply);
  set(CURLOPT_TIMEOUT_MS, long{left.count()});
  set(CURLOPT_CONNECTTIMEOUT_MS, long{std::min(left, kMostToConnect).count()});
  has_begun_ = false;
  const CURLcode code = Transfer{multi_.get(), handle_.get()}.run(latest);
  set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));  // it ends with this call
  return answer(code, reply);
}

Answer Http::Connection::answer(CURLcode code, Reply& reply) const {
  Answer made;
  long connects = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &connects);
  made.connected = connects > 0;
  made.kept = has_begun_ && connects == 0;
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) {  // 1xx announces an answer that did not come
    made.failure = failure_of(code);
    made.detail = curl_easy_strerror(code);
    return made;
  }
  made.status = static_cast<int>(status);
  if (code != CURLE_OK) return made;
  made.body = std::move(reply.body);
  made.rates_version = rates_version();
  return made;
}

// Without memory it has none, and the status counts all the same.
std::string Http::Connection::rates_version() const noexcept {
  curl_header* version = nullptr;
  if (curl_easy_header(
          handle_.get(), "Datadog-Rates-Payload-Version", 0, CURLH_HEADER, -1, &version) !=
      CURLHE_OK)
    return {};
  try {
    return version->value;
  } catch (const std::bad_alloc&) {
    return {};
  }
}

Answer::Failure Http::Connection::failure_of(CURLcode code) const noexcept {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return has_begun_ ? Answer::Failure::timed_out : Answer::Failure::unreachable;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return Answer::Failure::unreachable;
    case CURLE_OUT_OF_MEMORY:
      return Answer::Failure::no_memory;
    default:
      return Answer::Failure::not_http;
  }
}

// libcurl's times do not tell a connection that was kept from one that never was.
int Http::Connection::begins(void* self, char*, char*, int, int) noexcept {
  static_cast<Connection*>(self)->has_begun_ = true;
  return CURL_PREREQFUNC_OK;
}

// libcurl's own sockets would be inherited by a program that the host runs, as the pair by which it
// wakes itself is, which leads nowhere.
curl_socket_t Http::Connection::open_socket(void* self,
                                            curlsocktype,
                                            curl_sockaddr* address) noexcept {
  const int number = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  for (auto& slot : static_cast<Connection*>(self)->open_) {
    int none = -1;
    if (slot.compare_exchange_strong(none, number)) break;
  }
  return number;
}

int Http::Connection::close_socket(void* self, curl_socket_t socket) noexcept {
  for (auto& slot : static_cast<Connection*>(self)->open_) {
    int same = socket;
    if (slot.compare_exchange_strong(same, -1)) break;
  }
  return ::close(socket);
}

bool has_http() noexcept { return true; }

Http::Http(Endpoint endpoint) : endpoint_(std::move(endpoint)) { initialise_libcurl(); }

Http::~Http() = default;

Answer Http::request(const HttpRequest& request, Time deadline) noexcept {
  try {
    if (connection_ == nullptr) connection_ = std::make_unique<Connection>(endpoint_);
    const Time end = std::min(deadline, latest());
    Answer answer = connection_->request(request, end, latest_);
    // Servers close what they kept open for long, maybe just now. libcurl makes up for that only
    // where it learns of it by reading.
    const bool was_closed = answer.kept && answer.failure == Answer::Failure::unreachable;
    if (was_closed) answer = connection_->request(request, end, latest_);
    return answer;
  } catch (...) {
    return failed(Answer::Failure::no_memory);
  }
}

void Http::start_over_in_child() noexcept {
  if (connection_ == nullptr) return;
  if (!connection_->busy()) return connection_.reset();
  connection_->close_descriptors();
  static_cast<void>(connection_.release());
}

}  // namespace pawl::trace
