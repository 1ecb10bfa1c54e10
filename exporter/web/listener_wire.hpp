// One accepted connection as a stream of bytes, plain or under TLS. Trouble is data: no call throws.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <memory>
#include <string_view>
#include <system_error>

#include "exporter/web/listener_tls.hpp"
#include "probes/net.hpp"

namespace mw {

struct Moved {
  std::error_code error;
  std::size_t bytes = 0;
};

/// To somebody on a plain socket who is about to be closed, as far as that goes without waiting.
void say_no_room(int fd);

class Wire {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  explicit Wire(Socket socket);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// All that follows is encrypted.
  Task<std::error_code> shake_hands(std::shared_ptr<TlsServer> tls);
  Task<Moved> read_some(char* into, std::size_t size);
  Task<Moved> write_some(std::string_view bytes);
  /// Without TLS, whatever was agreed; for a peer that did not agree.
  Task<Moved> write_raw(std::string_view bytes);
  /// Nothing more will be written; the peer may still send.
  void end_writing();
  /// Ends what waits with an error. Under TLS nothing can be written afterwards.
  void cancel();
  void close();
  int fd() { return socket_.native_handle(); }
  bool is_encrypted() const { return tls_ != nullptr; }

 private:
  Socket socket_;
  std::shared_ptr<TlsServer> context_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace mw
