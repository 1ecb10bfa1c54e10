// listen(fd, 0) leaves room for one connection; connect until one stays unanswered.
#include "tests/lab/deaf_port.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>

namespace mw::lab {

using asio::ip::tcp;

namespace {

constexpr int kMostFillers = 16;
constexpr int kAnswerMillis = 200;  ///< on loopback a SYN that is heard is answered in microseconds

/// Whether a connection was accepted into the queue.
bool is_heard(tcp::socket& socket, const tcp::endpoint& at) {
  socket.open(tcp::v4());
  socket.non_blocking(true);
  // Not asio's connect: that one waits for the answer even on a non-blocking socket.
  if (::connect(socket.native_handle(), at.data(), static_cast<socklen_t>(at.size())) == 0) return true;
  pollfd waiting{socket.native_handle(), POLLOUT, 0};
  return poll(&waiting, 1, kAnswerMillis) == 1;
}

}  // namespace

DeafPort::DeafPort(asio::io_context& loop, const tcp::endpoint& at) : acceptor_(loop) {
  acceptor_.open(at.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(at);
  acceptor_.listen(0);
  for (int i = 0; i < kMostFillers; ++i) {
    tcp::socket socket(loop);
    if (!is_heard(socket, at)) return;
    fillers_.push_back(std::move(socket));
  }
  throw std::runtime_error("the accept queue never fills: cannot make a silent host here");
}

}  // namespace mw::lab
