// Reads and writes.
#include "exporter/web/listener_wire.hpp"

#include <sys/socket.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "exporter/web/listener_tls_stream.hpp"
#include "exporter/web/reply_text.hpp"

namespace mw {

void say_no_room(int fd) {
  static const std::string kText = [] {
    WebReply reply = plain(503, "too many connections: try again");
    reply.headers.emplace_back("Retry-After", "1");
    return reply_head(reply, false) + reply.body;
  }();
  std::array<char, 4096> unread{};
  while (::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT) > 0) continue;  // or closing would reset
  static_cast<void>(::send(fd, kText.data(), kText.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(fd, SHUT_WR);
}

Wire::Wire(Socket socket) : socket_(std::move(socket)) {}
Wire::~Wire() = default;

Task<std::error_code> Wire::shake_hands(std::shared_ptr<TlsServer> tls) {
  context_ = std::move(tls);
  tls_ = std::make_unique<TlsStream>(socket_, *context_);
  std::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, token);
  co_return error;
}

Task<Moved> Wire::read_some(char* into, std::size_t size) {
  Moved moved;
  const auto buffer = asio::buffer(into, size);
  auto token = asio::redirect_error(asio::use_awaitable, moved.error);
  if (tls_)
    moved.bytes = co_await tls_->stream.async_read_some(buffer, token);
  else
    moved.bytes = co_await socket_.async_read_some(buffer, token);
  co_return moved;
}

Task<Moved> Wire::write_some(std::string_view bytes) {
  Moved moved;
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  auto token = asio::redirect_error(asio::use_awaitable, moved.error);
  if (tls_)
    moved.bytes = co_await tls_->stream.async_write_some(buffer, token);
  else
    moved.bytes = co_await socket_.async_write_some(buffer, token);
  co_return moved;
}

Task<Moved> Wire::write_raw(std::string_view bytes) {
  Moved moved;
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  auto token = asio::redirect_error(asio::use_awaitable, moved.error);
  moved.bytes = co_await socket_.async_write_some(buffer, token);
  co_return moved;
}

void Wire::end_writing() {
  std::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Wire::cancel() {
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Wire::close() {
  std::error_code ignored;
  socket_.close(ignored);
}

}  // namespace mw
