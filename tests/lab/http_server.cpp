// One coroutine accepts, one per connection answers. Bounded: head and body size, idle time.
#include "tests/lab/http_server.hpp"

#include <set>

namespace mw::lab {

using asio::ip::tcp;

namespace {

constexpr std::size_t kHeadLimit = 16 * 1024;
constexpr std::size_t kBodyLimit = 1024 * 1024;
constexpr std::chrono::seconds kIdleLimit{30};

}  // namespace

struct HttpServer::Shared {
  Shared(asio::io_context& loop, const tcp::endpoint& at, Handler what)
      : acceptor(loop, at, /*reuse_addr=*/true), handler(std::move(what)) {}
  tcp::acceptor acceptor;
  Handler handler;
  std::set<std::shared_ptr<tcp::socket>> open;
};

namespace {

using SharedPtr = std::shared_ptr<HttpServer::Shared>;
using SocketPtr = std::shared_ptr<tcp::socket>;

struct Buffer {
  std::string bytes;
};

/// Reads until `until(bytes)` is a size, which it returns; 0 when the peer leaves or sends too much.
asio::awaitable<std::size_t> read_head(SocketPtr socket, std::shared_ptr<Buffer> buffer) {
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  auto dynamic = asio::dynamic_buffer(buffer->bytes, kHeadLimit);
  const std::size_t size = co_await asio::async_read_until(*socket, dynamic, std::string_view("\r\n\r\n"), token);
  co_return error ? 0 : size;
}

asio::awaitable<bool> read_body(SocketPtr socket, std::shared_ptr<Buffer> buffer, std::size_t size) {
  if (size > kBodyLimit) co_return false;
  const std::size_t have = buffer->bytes.size();
  if (have >= size) co_return true;
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  auto dynamic = asio::dynamic_buffer(buffer->bytes);
  co_await asio::async_read(*socket, dynamic, asio::transfer_exactly(size - have), token);
  co_return !error;
}

/// One request and its response. False when the connection is to be closed.
asio::awaitable<bool> exchange(SharedPtr shared, SocketPtr socket, std::shared_ptr<Buffer> buffer) {
  const std::size_t head = co_await read_head(socket, buffer);
  if (head == 0) co_return false;
  std::optional<Request> request = parse_request(std::string_view(buffer->bytes).substr(0, head - 4));
  if (!request) co_return false;
  buffer->bytes.erase(0, head);
  const std::size_t body = request->content_length;
  const bool complete = co_await read_body(socket, buffer, body);
  if (!complete) co_return false;
  request->body = buffer->bytes.substr(0, body);
  buffer->bytes.erase(0, body);
  const std::string out = serialise(shared->handler(*request), *request);
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  auto outgoing = asio::buffer(out);
  co_await asio::async_write(*socket, outgoing, token);
  co_return !error && request->keep_alive;
}

asio::awaitable<void> serve(SharedPtr shared, SocketPtr socket) {
  auto buffer = std::make_shared<Buffer>();
  auto idle = std::make_shared<asio::steady_timer>(socket->get_executor());
  bool more = true;
  while (more) {
    idle->expires_after(kIdleLimit);
    idle->async_wait([socket](asio::error_code error) {
      asio::error_code ignored;
      if (!error) socket->close(ignored);
    });
    more = co_await exchange(shared, socket, buffer);
  }
  idle->cancel();
  shared->open.erase(socket);
}

asio::awaitable<void> accept_all(SharedPtr shared) {
  const auto executor = shared->acceptor.get_executor();
  while (shared->acceptor.is_open()) {
    asio::error_code error;
    auto socket = std::make_shared<tcp::socket>(executor);
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await shared->acceptor.async_accept(*socket, token);
    if (error) continue;
    shared->open.insert(socket);
    asio::co_spawn(executor, serve(shared, socket), asio::detached);
  }
}

}  // namespace

HttpServer::HttpServer(asio::io_context& loop, const tcp::endpoint& at, Handler handler)
    : shared_(std::make_shared<Shared>(loop, at, std::move(handler))) {
  asio::co_spawn(loop, accept_all(shared_), asio::detached);
}

void HttpServer::close() {
  asio::error_code ignored;
  shared_->acceptor.close(ignored);
  for (const auto& socket : shared_->open) socket->close(ignored);
}

}  // namespace mw::lab
