// A small HTTP/1.1 server for one loopback address. Knows nothing of what is served.
#pragma once

#include <asio.hpp>
#include <functional>
#include <memory>
#include <string>

#include "tests/lab/message.hpp"

namespace mw::lab {

using Handler = std::function<Response(const Request&)>;

/// Listens from construction to close() or destruction; connections already accepted end by themselves, each
/// within its idle limit or with the io_context.
class HttpServer {
 public:
  HttpServer(asio::io_context& loop, const asio::ip::tcp::endpoint& at, Handler handler);
  ~HttpServer() { close(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Stops listening and cuts every open connection, as a stopped server does.
  void close();

  struct Shared;  ///< what connections keep alive: the handler and the open sockets

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace mw::lab
