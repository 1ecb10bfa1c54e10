// One request put to the web server, and its reply passed on in pieces: as fast as the reader takes them, and never
// more than one piece in our hands.
#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "exporter/web/listener_connection.hpp"
#include "exporter/web/reply_text.hpp"

namespace mw {

class Relay {
 public:
  /// The connection has a turn, and gives it back when the web server is done.
  explicit Relay(Connection& connection);
  /// False: nothing more is to be read from the connection.
  Task<bool> run();

 private:
  Task<bool> ask();
  Task<bool> fill();
  Task<bool> pass_on();
  std::size_t expected() const;
  bool is_whole() const { return frame_ && received_ == expected(); }

  Connection& connection_;
  asio::ip::tcp::socket server_;
  std::unique_ptr<char[]> piece_;
  std::size_t size_ = 0;      ///< of what is in the piece
  std::size_t received_ = 0;  ///< of the reply
  std::optional<ReplyFrame> frame_;
};

}  // namespace mw
