#pragma once
// A client of HTTP for tests, on real sockets: what it sends is written byte by byte as the test
// wants it, and responses are read whole.
//
// Threads: one at a time.
// Errors: what cannot be sent fails the test; a response that does not come in time is nullopt.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tools/bound_socket.h"
#include "tools/endpoint.h"

namespace pawl::test {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(const tools::Endpoint& endpoint);

  void send(std::string_view bytes);
  std::optional<HttpAnswer> receive();
  // Tells whether the server has closed the connection.
  bool closed();

 private:
  // Reads once; false at the end, or when nothing has come for long.
  bool read_some();

  tools::Descriptor socket_;
  std::string pending_;
};

// Gives a request's bytes, with Host and Content-Length; `headers` are whole lines.
std::string http_request(std::string_view method,
                         std::string_view path,
                         std::string_view headers = {},
                         std::string_view body = {});

}  // namespace pawl::test
