// A port that never answers a SYN: it listens, and its accept queue is full of our own connections, so the kernel
// drops every further SYN. Nothing leaves loopback and no firewall rule is needed.
#pragma once

#include <asio.hpp>
#include <vector>

namespace mw::lab {

class DeafPort {
 public:
  /// Fills the queue before it returns. Throws std::runtime_error if the kernel keeps on accepting.
  DeafPort(asio::io_context& loop, const asio::ip::tcp::endpoint& at);

 private:
  asio::ip::tcp::acceptor acceptor_;
  std::vector<asio::ip::tcp::socket> fillers_;  ///< kept open: an empty queue would hear again
};

}  // namespace mw::lab
