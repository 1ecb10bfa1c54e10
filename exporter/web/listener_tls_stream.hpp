// asio's TLS stream, kept from those who do not need it: it is slow to compile.
#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>

namespace mw {

class TlsServer {
 public:
  explicit TlsServer(SSL_CTX* owned) : context(owned) {}
  asio::ssl::context context;
};

struct TlsStream {
  TlsStream(asio::generic::stream_protocol::socket& socket, TlsServer& server) : stream(socket, server.context) {}
  asio::ssl::stream<asio::generic::stream_protocol::socket&> stream;
};

}  // namespace mw
