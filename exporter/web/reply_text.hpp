// A reply as it goes over the wire: one form, whoever writes it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/web/message.hpp"

namespace mw {

/// From the status line to the empty line. The security headers are part of it, unless the reply brings its own.
std::string reply_head(const WebReply&, bool keeps_alive);

/// Each header instead of the reply's own of that name.
void dress(WebReply&, const std::vector<std::pair<std::string, std::string>>& headers);

/// What the first bytes of a reply that reply_head() wrote say of the rest.
struct ReplyFrame {
  std::size_t head = 0;
  std::size_t body = 0;  ///< as Content-Length says; a reply to HEAD has none of it
  bool keeps_alive = false;
};
std::optional<ReplyFrame> frame_of(std::string_view bytes);

}  // namespace mw
