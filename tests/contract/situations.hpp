// What can happen on the network and what it is called: one table for the live door and for the fake one, so that
// a scenario in virtual time can be believed. Data only; knows neither door.
#pragma once

#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "probes/model.hpp"

namespace mw {

struct Situation {
  std::string_view name;  ///< what the hostile peer is asked to do
  std::optional<std::pair<Layer, Reason>> expected;
  int status = 0;                 ///< of the reply; 0 = none was had in full
  std::string_view trouble = {};  ///< what FakeNet calls it, if it knows it
};

inline std::ostream& operator<<(std::ostream& out, const Situation& situation) { return out << situation.name; }

/// HTTP exchanges over plain TCP, asked for by path.
inline const std::vector<Situation>& fetch_situations() {
  constexpr auto http = [](Reason reason) { return std::pair(Layer::http, reason); };
  static const std::vector<Situation> all = {
      {"ok", std::nullopt, 200},
      {"ok_folded", std::nullopt, 200},
      {"ok_bare_lf", std::nullopt, 200},
      {"ok_chunked", std::nullopt, 200},
      {"ok_until_close", std::nullopt, 200},
      {"ok_after_100", std::nullopt, 200},
      {"length_twice_the_same", std::nullopt, 200},
      {"gzip_unasked", std::nullopt, 200},
      {"html_200", std::nullopt, 200},
      {"no_content", std::nullopt, 204},
      {"redirect", std::nullopt, 302},
      {"not_found", std::nullopt, 404},
      {"too_many", std::nullopt, 429},
      {"server_error", std::nullopt, 500},
      {"big", std::nullopt, 200},
      {"stall", http(Reason::timeout), 0, "silent"},
      {"slow_header", http(Reason::timeout), 0, "slow_header"},
      {"stall_mid_body", http(Reason::timeout), 200},
      {"fin_mid_header", http(Reason::truncated), 0},
      {"fin_mid_body", http(Reason::truncated), 200, "truncated"},
      {"chunk_without_end", http(Reason::truncated), 200},
      {"reset_mid_body", http(Reason::reset), 200, "reset"},
      {"endless_header", http(Reason::header_limit), 0, "header_limit"},
      {"endless_header_line", http(Reason::header_limit), 0},
      {"endless_status_line", http(Reason::header_limit), 0},
      {"endless_1xx", http(Reason::header_limit), 0},
      {"endless_trailer", http(Reason::header_limit), 200},
      {"endless_trailer_line", http(Reason::malformed), 200},
      {"endless_body", http(Reason::body_limit), 200, "body_limit"},
      {"endless_chunks", http(Reason::body_limit), 200},
      {"length_beyond_limit", http(Reason::body_limit), 200},
      {"endless_chunk_extension", http(Reason::malformed), 200},
      {"tiny_chunks_for_ever", http(Reason::malformed), 200},
      {"chunk_garbage", http(Reason::malformed), 200},
      {"chunk_size_overflow", http(Reason::malformed), 200},
      {"chunk_leftovers", http(Reason::malformed), 200},
      {"length_twice", http(Reason::malformed), 200, "malformed"},
      {"length_twice_in_a_list", http(Reason::malformed), 200},
      {"length_and_chunked", http(Reason::malformed), 200},
      {"length_negative", http(Reason::malformed), 0},
      {"length_huge", http(Reason::malformed), 200},
      {"length_words", http(Reason::malformed), 0},
      {"excess_bytes", http(Reason::malformed), 200},
      {"two_answers", http(Reason::malformed), 200},
      {"transfer_gzip", http(Reason::malformed), 200},
      {"no_status", http(Reason::malformed), 0},
      {"bad_status", http(Reason::malformed), 0},
      {"status_000", http(Reason::malformed), 0},
      {"status_999", http(Reason::malformed), 0},
      {"status_99999", http(Reason::malformed), 0},
      {"http_9_9", http(Reason::malformed), 0},
      {"switches_protocols", http(Reason::malformed), 0},
      {"nul_in_header", http(Reason::malformed), 0},
      {"header_without_colon", http(Reason::malformed), 0},
  };
  return all;
}

/// What the peer does before it has read anything; `name` is that of the greeting.
inline const std::vector<Situation>& greeting_situations() {
  static const std::vector<Situation> all = {
      {"refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
      {"silent", std::pair(Layer::http, Reason::timeout), 0, "silent"},
      {"never_accept", std::pair(Layer::http, Reason::timeout), 0, "silent"},
      {"close_after_request", std::pair(Layer::http, Reason::truncated), 0, "truncated"},
      {"reset_at_once", std::pair(Layer::connect, Reason::reset), 0},
  };
  return all;
}

/// Mails: the trouble is the mail server's (tests/support/hostile_mail.cpp); its SMTP reply where there is one.
inline const std::vector<Situation>& mail_situations() {
  constexpr auto smtp = [](Reason reason) { return std::pair(Layer::http, reason); };
  static const std::vector<Situation> all = {
      {"", std::nullopt, 250},
      {"text_251", std::nullopt, 251},
      {"text_550", std::nullopt, 550},
      {"text_554", std::nullopt, 554},
      {"text_451", std::nullopt, 451},
      {"mail_553", std::nullopt, 553},
      {"mail_452", std::nullopt, 452},
      {"mail_552", std::nullopt, 552},
      {"data_554", std::nullopt, 554},
      {"auth_535", std::nullopt, 535},
      {"auth_454", std::nullopt, 454},
      {"greets_554", std::nullopt, 554},
      {"greets_421", std::nullopt, 421},
      {"ehlo_504", std::nullopt, 502},  // HELO is tried then
      {"silent_at_QUIT", std::nullopt, 250},
      {"closes_at_QUIT", std::nullopt, 250},
      {"refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
      {"silent_at_greeting", smtp(Reason::timeout), 0, "silent"},
      {"silent_at_EHLO", smtp(Reason::timeout), 0, "silent"},
      {"silent_at_text", smtp(Reason::timeout), 0, "silent"},
      {"closes_at_greeting", smtp(Reason::truncated), 0, "truncated"},
      {"closes_at_RCPT", smtp(Reason::truncated), 0, "truncated"},
      {"closes_at_text", smtp(Reason::truncated), 0, "truncated"},
      {"resets_at_text", smtp(Reason::reset), 0, "reset"},
      {"greets_in_http", smtp(Reason::timeout), 0},
      {"text_nonsense", smtp(Reason::timeout), 0},
      {"auth_only_strange", smtp(Reason::unauthorized), 0},
      {"endless_at_EHLO", smtp(Reason::header_limit), 0, "header_limit"},
      {"endless_line_at_greeting", smtp(Reason::header_limit), 0},
      {"endless_line_at_text", smtp(Reason::header_limit), 0},
      {"ten_megabytes", smtp(Reason::header_limit), 0, "header_limit"},
      {"text_ten_megabytes", smtp(Reason::header_limit), 0, "header_limit"},
  };
  return all;
}

/// The same where STARTTLS is asked for.
inline const std::vector<Situation>& starttls_situations() {
  static const std::vector<Situation> all = {
      {"", std::pair(Layer::tls, Reason::protocol)},  // it is not offered
      {"starttls_refused", std::nullopt, 454},
      {"starttls_in_plain", std::pair(Layer::http, Reason::malformed)},
      {"handshake_silent", std::pair(Layer::tls, Reason::timeout), 0, "tls_stalled"},
      {"starttls_closes", std::pair(Layer::tls, Reason::eof)},
  };
  return all;
}

/// Dials; those with "tls" in the name ask for a handshake.
inline const std::vector<Situation>& dial_situations() {
  static const std::vector<Situation> all = {
      {"tcp_ok", std::nullopt},
      {"tcp_refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
      {"tls_refused", std::pair(Layer::connect, Reason::refused), 0, "refused"},
      {"tls_silent", std::pair(Layer::tls, Reason::timeout), 0, "tls_stalled"},
      {"tls_plain_http", std::pair(Layer::tls, Reason::protocol), 0, "tls_protocol"},
      {"tls_alert", std::pair(Layer::tls, Reason::alert)},
      {"tls_fin", std::pair(Layer::tls, Reason::eof)},
      {"tls_reset", std::pair(Layer::tls, Reason::reset)},
  };
  return all;
}

/// Questions; the name's first label is what the server is asked to do.
inline const std::vector<Situation>& resolve_situations() {
  constexpr auto dns = [](Reason reason) { return std::pair(Layer::dns, reason); };
  static const std::vector<Situation> all = {
      {"ok", std::nullopt},
      {"v4-only", std::nullopt},
      {"v6-only", std::nullopt},
      {"late", std::nullopt},
      {"tc-ok", std::nullopt},
      {"many", std::nullopt},
      {"aliases-3", std::nullopt},
      {"nxdomain", dns(Reason::nxdomain)},
      {"nodata", dns(Reason::no_data)},
      {"servfail", dns(Reason::servfail)},
      {"notimp", dns(Reason::servfail)},
      {"refused", dns(Reason::refused_query)},
      {"silent", dns(Reason::timeout)},
      {"tc-silent", dns(Reason::timeout)},
      {"wrong-id", dns(Reason::timeout)},
      {"noise", dns(Reason::timeout)},
      {"garbage", dns(Reason::bad_reply)},
      {"aliases-20", dns(Reason::bad_reply)},
      {"alias-loop", dns(Reason::no_data)},
  };
  return all;
}

}  // namespace mw
