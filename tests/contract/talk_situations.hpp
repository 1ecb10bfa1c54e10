// The same for conversations and for packets: see situations.hpp. Data only; knows neither door.
#pragma once

#include "tests/contract/situations.hpp"

namespace mw {

/// Conversations; the peer is a hostile server with this greeting, and a line is waited for. "tls" in the name asks for
/// a handshake first.
inline const std::vector<Situation>& talk_situations() {
  static const std::vector<Situation> all = {
      {"hello", std::nullopt, 200},
      {"closes", std::nullopt, 0},
      {"refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
      {"silent", std::pair(Layer::http, Reason::timeout), 0, "silent"},
      {"tls_silent", std::pair(Layer::tls, Reason::timeout), 0, "tls_stalled"},
      {"tls_hello", std::pair(Layer::tls, Reason::protocol), 0},
      {"tls_alert", std::pair(Layer::tls, Reason::alert), 0},
      {"tls_closes", std::pair(Layer::tls, Reason::eof), 0},
  };
  return all;
}

/// Packets; the first label is what the hostile DNS server is asked to do, "tcp" in the name how.
inline const std::vector<Situation>& packet_situations() {
  static const std::vector<Situation> all = {
      {"ok", std::nullopt},
      {"tcp_ok", std::nullopt},
      {"silent", std::pair(Layer::dns, Reason::timeout), 0, "silent"},
      {"tcp_silent", std::pair(Layer::dns, Reason::timeout), 0, "silent"},
      {"wrong-id", std::pair(Layer::dns, Reason::timeout)},
      {"refused", std::pair(Layer::dns, Reason::refused), 0, "refused"},
      {"tcp_refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
  };
  return all;
}

}  // namespace mw
