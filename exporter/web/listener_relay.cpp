// The other half of server.cpp's conversation.
#include "exporter/web/listener_relay.hpp"

#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace mw {

namespace {

constexpr std::size_t kPiece = std::size_t{128} * 1024;

}  // namespace

Relay::Relay(Connection& connection)
    : connection_(connection), server_(connection.hall_.loop), piece_(std::make_unique_for_overwrite<char[]>(kPiece)) {}

Task<bool> Relay::run() {
  bool going = co_await ask();
  if (going) going = co_await fill();
  if (!going && connection_.is_cut_) co_return false;
  if (!going || !frame_) {
    connection_.give_turn_back();
    co_return co_await connection_.reply_with(plain(500, "the web server did not answer"), false);
  }
  const bool keeps_alive = frame_->keeps_alive;
  going = co_await pass_on();
  co_return going&& keeps_alive;
}

/// The request as a whole. False: the web server does not take it.
Task<bool> Relay::ask() {
  const WebRequest& request = connection_.head_.request;
  const WebServer& server = *connection_.hall_.server;
  const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), server.port());
  std::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await server_.async_connect(where, token);
  if (error) co_return false;
  const std::string text = server.head_of(request, connection_.keeps_alive()) + request.body;
  const auto buffer = asio::buffer(text);
  co_await asio::async_write(server_, buffer, token);
  co_return !error;
}

std::size_t Relay::expected() const {
  return frame_->head + (connection_.head_.request.method == "HEAD" ? 0 : frame_->body);
}

/// A full piece, or the reply's last one. False: the web server ended too early.
Task<bool> Relay::fill() {
  size_ = 0;
  while (size_ < kPiece && !is_whole()) {
    std::error_code error;
    const auto buffer = asio::buffer(piece_.get() + size_, kPiece - size_);
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const std::size_t got = co_await server_.async_read_some(buffer, token);
    if (error || connection_.is_cut_) co_return false;
    size_ += got;
    received_ += got;
    if (!frame_) frame_ = frame_of({piece_.get(), size_});
  }
  co_return true;
}

Task<bool> Relay::pass_on() {
  while (true) {
    if (is_whole()) {  // a small reply: its reader, however slow, holds nobody up
      std::error_code ignored;
      server_.close(ignored);
      connection_.give_turn_back();
    }
    const bool sent = co_await connection_.send({piece_.get(), size_});
    if (!sent || is_whole()) co_return sent;
    const bool filled = co_await fill();
    if (!filled) co_return false;
  }
}

}  // namespace mw
