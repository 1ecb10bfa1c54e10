// The classification, one function per way to end.
#include "probes/live_outcome.hpp"

#include <cstring>

#include "probes/live_reason.hpp"

namespace mw {

namespace {

Failure at(const Outcome& outcome, Layer layer, Reason reason, const std::string& text) {
  return {layer, reason, outcome.where + ": " + text};
}

Failure deadline_passed(const Outcome& outcome, const ResponseReader& reader) {
  if (!outcome.connected) return at(outcome, Layer::connect, Reason::timeout, "not connected within the deadline");
  if (outcome.awaits_proxy)
    return at(outcome, Layer::http, Reason::proxy, "the proxy did not let us through within the deadline");
  if (outcome.https && !outcome.secured)
    return at(outcome, Layer::tls, Reason::timeout, "TLS handshake not finished within the deadline");
  const char* text =
      reader.headers_complete() ? "body not complete within the deadline" : "no answer within the deadline";
  return at(outcome, Layer::http, Reason::timeout, text);
}

Failure not_connected(const Outcome& outcome) {
  const std::string text = outcome.os_errno != 0 ? std::strerror(outcome.os_errno) : outcome.text;
  return at(outcome, Layer::connect, reason_of_errno(outcome.os_errno), text);
}

Failure not_verified(const Outcome& outcome) {
  // libcurl compares the name itself, once OpenSSL has let the chain pass and before it asks for OpenSSL's result:
  // that is then 0 (OK) or still 1 (unspecified), libcurl's initial value.
  const bool chain_is_good = outcome.verify_result == 0 || outcome.verify_result == 1;
  return at(outcome, Layer::tls, chain_is_good ? Reason::host_mismatch : reason_of_verify(outcome.verify_result),
            outcome.text);
}

Failure broken_tls(const Outcome& outcome, unsigned long openssl) {
  const Reason reason = reason_of_openssl(openssl);
  if (reason == Reason::eof && outcome.secured) return at(outcome, Layer::http, Reason::truncated, outcome.text);
  return at(outcome, Layer::tls, reason, outcome.text);
}

Failure broken(const Outcome& outcome, const ResponseReader& reader) {
  if (outcome.awaits_proxy) return at(outcome, Layer::http, Reason::proxy, outcome.text);
  if (const auto openssl = openssl_code_in(outcome.text)) return broken_tls(outcome, *openssl);
  const bool in_handshake = outcome.https && !outcome.secured;
  if (outcome.os_errno == 0) {
    // Nothing broke in the network: what came could not be read.
    if (in_handshake) return at(outcome, Layer::tls, Reason::eof, outcome.text);
    return at(outcome, Layer::http, Reason::malformed, outcome.text);
  }
  const Reason reason = reason_of_errno(outcome.os_errno);
  if (in_handshake) return at(outcome, Layer::tls, reason, outcome.text);
  // Reset before the first byte of an answer: nobody was ever really there.
  const bool never_there = reason == Reason::reset && !reader.began();
  return at(outcome, never_there ? Layer::connect : Layer::http, reason, outcome.text);
}

Failure out_of_memory(const Outcome& outcome, const ResponseReader& reader) {
  // libcurl's word for a line beyond 100 KB as well, and that is the likelier story.
  if (outcome.connected && !reader.headers_complete())
    return at(outcome, Layer::http, Reason::header_limit, "a header line without end");
  return at(outcome, Layer::http, Reason::local_resource, outcome.text);
}

std::optional<Failure> of_rules(const Outcome& outcome, const std::optional<Failure>& trouble) {
  if (!trouble) return std::nullopt;
  return at(outcome, trouble->layer, trouble->reason, trouble->detail);
}

}  // namespace

std::optional<Failure> failure_of(const Outcome& outcome, const ResponseReader& reader) {
  switch (outcome.end) {
    case End::complete:
    case End::rules:
      return of_rules(outcome, reader.verdict());
    case End::deadline:
      return deadline_passed(outcome, reader);
    case End::slow:
      return at(outcome, Layer::http, Reason::slow, "less than 1 KiB/s of answer");
    case End::closing:
      return closed_door(Layer::http);
    case End::blocked:
      return at(outcome, Layer::connect, Reason::address_blocked, "would have connected to another address");
    case End::connect:
      return not_connected(outcome);
    case End::verification:
      return not_verified(outcome);
    case End::tls_setup:
      return at(outcome, Layer::tls, Reason::local_resource, outcome.text);
    case End::broken:
      return broken(outcome, reader);
    case End::proxy:
      return at(outcome, Layer::http, Reason::proxy, outcome.text + ", code " + std::to_string(outcome.proxy_error));
    case End::no_answer:
      return at(outcome, Layer::http, Reason::truncated, "closed without an answer");
    case End::partial:
      return at(outcome, Layer::http, Reason::truncated, outcome.text);
    case End::malformed:
      return at(outcome, Layer::http, Reason::malformed, outcome.text);
    case End::no_memory:
      return out_of_memory(outcome, reader);
    case End::refused_setup:
      break;
  }
  return at(outcome, Layer::http, Reason::local_resource, outcome.text);
}

}  // namespace mw
