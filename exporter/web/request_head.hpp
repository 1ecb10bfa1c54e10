// The head of an HTTP/1 request, out of hostile bytes. Strict: what two readers could read in two ways is refused, and
// nothing of it is ever quoted back. Pure; knows no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/web/message.hpp"

namespace mw {

inline constexpr std::size_t kLargestHead = 8 * 1024;

struct RequestHead {
  WebRequest request;  ///< without its body
  std::size_t size = 0;
  std::size_t body_length = 0;   ///< at most kLargestBody
  bool keeps_alive = false;      ///< the client may send another request on this connection
  bool awaits_continue = false;  ///< it sends its body only when told to
};

struct HeadTrouble {
  int status = 400;
  std::string_view why;            ///< a sentence for whoever sent it
  bool is_other_protocol = false;  ///< TLS or HTTP/2, spoken to a port that expects neither
};

struct HeadIncomplete {};

/// What `bytes`, all that came so far, begin with.
std::variant<HeadIncomplete, RequestHead, HeadTrouble> read_head(std::string_view bytes);

WebReply reply_to(const HeadTrouble&);

}  // namespace mw
