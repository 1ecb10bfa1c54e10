// Names of the closed sets, and making outside text printable.
#include "probes/model.hpp"

#include <array>

namespace mw {

namespace {

constexpr std::array kLayerNames = {"dns", "connect", "tls", "http", "content", "freshness", "integrity"};
static_assert(kLayerNames.size() == static_cast<std::size_t>(Layer::integrity) + 1);

constexpr std::array kReasonNames = {"timeout",
                                     "reset",
                                     "local_resource",
                                     "address_blocked",
                                     "nxdomain",
                                     "no_data",
                                     "servfail",
                                     "refused_query",
                                     "bad_reply",
                                     "resolver_unreachable",
                                     "disagreement",
                                     "refused",
                                     "unreachable",
                                     "expired",
                                     "not_yet_valid",
                                     "host_mismatch",
                                     "self_signed",
                                     "untrusted",
                                     "weak",
                                     "protocol",
                                     "alert",
                                     "eof",
                                     "client_certificate",
                                     "malformed",
                                     "truncated",
                                     "header_limit",
                                     "body_limit",
                                     "slow",
                                     "encoding",
                                     "redirect_loop",
                                     "redirect_blocked",
                                     "rate_limited",
                                     "client_error",
                                     "server_error",
                                     "not_found",
                                     "unauthorized",
                                     "unexpected_status",
                                     "proxy",
                                     "html",
                                     "empty",
                                     "parse",
                                     "body_mismatch",
                                     "header_mismatch",
                                     "content_limit",
                                     "stale",
                                     "metadata_expired",
                                     "future",
                                     "rollback",
                                     "version_unknown",
                                     "reference_down",
                                     "not_checked_yet",
                                     "half_synced",
                                     "inconsistent",
                                     "quorum_undecided",
                                     "checksum",
                                     "size_mismatch",
                                     "signature",
                                     "missing_artifact",
                                     "wrong_object",
                                     "changed",
                                     "fork"};
static_assert(kReasonNames.size() == static_cast<std::size_t>(Reason::fork) + 1);

constexpr std::array kCheckNames = {"dns", "tcp", "tls", "http", "freshness", "integrity"};

/// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none (Unicode table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && at(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && at(1) < 0x90;
    const bool too_high = lead == 0xF4 && at(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// Controls, DEL, C1 controls, bidi overrides and isolates, line and paragraph separators, BOM.
bool is_unprintable(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  if (sequence.size() == 2) return lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
  if (sequence.size() != 3) return false;
  return sequence == "\xEF\xBB\xBF" || (sequence >= "\xE2\x80\x8B" && sequence <= "\xE2\x80\x8F") ||
         (sequence >= "\xE2\x80\xA8" && sequence <= "\xE2\x80\xAE") ||
         (sequence >= "\xE2\x81\xA0" && sequence <= "\xE2\x81\xAF");
}

void append_escaped(std::string& out, std::string_view sequence) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : sequence) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
}

}  // namespace

std::string_view name(Layer layer) { return kLayerNames.at(static_cast<std::size_t>(layer)); }
std::string_view name(Reason reason) { return kReasonNames.at(static_cast<std::size_t>(reason)); }
std::string_view name(CheckKind kind) { return kCheckNames.at(static_cast<std::size_t>(kind)); }

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty() && out.size() < limit) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_unprintable(sequence))
      append_escaped(out, sequence);
    else
      out += sequence;
    text.remove_prefix(sequence.size());
  }
  if (!text.empty()) out += "…";
  return out;
}

Traffic& Traffic::operator+=(const Traffic& more) {
  bytes_received += more.bytes_received;
  requests += more.requests;
  not_modified += more.not_modified;
  if (more.retry_after) retry_after = std::max(retry_after.value_or(Duration::zero()), *more.retry_after);
  return *this;
}

}  // namespace mw
