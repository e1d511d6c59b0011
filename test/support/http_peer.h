#pragma once
// A scriptable HTTP/1.1 server on a real socket. It keeps every request it reads and answers as it
// was told, byte for byte, so it can be slow, endless, torn and wrong. A fresh one is started and
// answers 200 with `{}`.
//
// Threads: one test thread scripts it; all else may be used from any.
// Errors: system calls that fail throw std::system_error.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/agent_socket.h"
#include "support/temp_dir.h"

namespace pawl::test {

class HttpPeer {
 public:
  enum class Kind { tcp_v4, tcp_v6, unix_socket };
  static constexpr std::chrono::milliseconds kPatience{10'000};

  // What it does with a connection in answer to a request, one after the other.
  struct Step {
    enum class Kind {
      send,          // the bytes
      trickle,       // the bytes, one of them each `pace`
      send_forever,  // the bytes again and again
      hold,          // nothing, until release() or the client goes
      close,
      reset,  // with RST, where there is one
    };
    Kind kind = Kind::send;
    std::string bytes = {};
    std::chrono::milliseconds pace{1'000};
  };
  struct Script {
    std::vector<Step> steps;
    bool before_body = false;  // answers when it has read the header
  };

  struct Request {
    std::string method;
    std::string path;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    std::size_t connection = 0;  // 1 for the first
    bool has(const std::string& name) const { return headers.count(name) != 0; }
    std::string header(const std::string& name) const {
      return has(name) ? headers.at(name) : std::string{};
    }
  };

  explicit HttpPeer(Kind kind = Kind::tcp_v4);
  ~HttpPeer();
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  // http://127.0.0.1:4242, http://[::1]:4242 or unix:///path. Stays the same over stop and start.
  std::string url() const;

  // Makes the answer with a right Content-Length, where the status has a body; `headers` are whole
  // lines.
  static std::string answer(int status,
                            std::string_view body = "{}",
                            std::string_view headers = {});
  static Script reply(int status, std::string_view body = "{}", std::string_view headers = {});

  // Says how requests are answered from now on; and how the next ones are, before that.
  void always(Script script);
  void next(Script script);
  // Lets go of all who hold, and of those that will.
  void release();

  // Closes everything; comes back at the same place.
  void stop();
  void start();

  std::vector<Request> requests() const;
  std::size_t connections() const;
  // Returns whether so many requests came in time.
  bool wait_for(std::size_t count, std::chrono::milliseconds timeout = kPatience) const;

 private:
  struct Client {
    Descriptor socket;
    std::size_t number = 0;
    std::thread thread;
  };

  Descriptor listen() const;
  void accept_all();
  void add_client(Descriptor socket);
  void serve(Client& client);
  bool read_request(Client& client, std::string& buffer);
  bool run(const Client& client, const Script& script);
  bool run(const Client& client, const Step& step);
  bool trickle(const Client& client, const Step& step);
  Script take_script();

  const Kind kind_;
  const TempDir dir_;
  std::string path_;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // All below belongs to the mutex.
  std::vector<Request> requests_;
  std::deque<Script> next_;
  Script always_ = reply(200);
  std::size_t connections_ = 0;
  bool stopping_ = false;
  bool released_ = false;
  std::list<Client> clients_;

  Descriptor listener_;
  std::thread thread_;
};

}  // namespace pawl::test
