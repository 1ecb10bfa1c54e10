// The dns prober: one question to the target, and rules for each section of its answer.
#include <algorithm>
#include <random>

#include "probes/formats/dns_message.hpp"
#include "probes/probe_steps.hpp"
#include "probes/talk.hpp"

namespace mw {

namespace {

constexpr std::uint16_t kSoa = 6;

std::uint16_t random_id() {
  static std::random_device device;
  return static_cast<std::uint16_t>(device());
}

Transport transport_of(const DnsModule& dns) {
  if (dns.over_tls) return Transport::tls;
  return dns.over_tcp ? Transport::tcp : Transport::udp;
}

std::optional<std::string> question_of(const DnsModule& dns) {
  const auto type = record_type(dns.query_type);
  const auto klass = record_class(dns.query_class);
  if (!type || !klass) return std::nullopt;
  return dns_query({random_id(), dns.query_name, *type, *klass, dns.recursion_desired});
}

Packet packet_of(const ProbeRun& run, const HostPort& where, const Address& address) {
  const DnsModule& dns = run.module().dns;
  Packet packet;
  packet.address = address;
  packet.port = where.port.value_or(dns.over_tls ? 853 : 53);
  packet.source = dns.source;
  packet.transport = transport_of(dns);
  packet.host = where.host;
  packet.tls = dns.tls;
  packet.terms = dns.tls_terms;
  packet.timeout = run.left();
  return packet;
}

bool is_valid(const DnsModule& dns, int code) {
  if (dns.valid_rcodes.empty()) return code == 0;
  return std::any_of(dns.valid_rcodes.begin(), dns.valid_rcodes.end(),
                     [&](const std::string& name) { return response_code(name) == code; });
}

bool matches_any(const std::vector<Regex>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Regex& each) { return each.matches(text); });
}

bool matches_all(const std::vector<Regex>& patterns, const std::string& text) {
  return std::all_of(patterns.begin(), patterns.end(), [&](const Regex& each) { return each.matches(text); });
}

/// Why the section does not do.
std::optional<std::string> minds(const RecordRules& rules, const std::vector<DnsRecord>& records) {
  const bool wants_some = !rules.fail_if_not_matches.empty() || !rules.fail_if_none_matches.empty();
  if (records.empty() && wants_some) return "is empty, and something is to match";
  bool all = true;
  bool any = false;
  for (const DnsRecord& record : records) {
    const std::string text = record.text();
    if (matches_any(rules.fail_if_matches, text)) return "has a record that matches: " + text;
    if (!matches_all(rules.fail_if_not_matches, text)) return "has a record that does not match: " + text;
    all = all && matches_all(rules.fail_if_all_match, text);
    any = any || matches_any(rules.fail_if_none_matches, text);
  }
  if (!rules.fail_if_all_match.empty() && all) return "has only records that match";
  if (!rules.fail_if_none_matches.empty() && !any) return "has no record that matches";
  return std::nullopt;
}

void note_records(ProbeRun& run, const DnsMessage& message) {
  constexpr std::size_t kMost = 20;
  std::size_t shown = 0;
  for (const auto* section : {&message.answers, &message.authorities, &message.additionals})
    for (const DnsRecord& record : *section)
      if (shown++ < kMost) run.note(printable(record.text()));
}

void read_answer(DnsProbed& seen, const DnsMessage& message) {
  seen.answered = true;
  seen.answers = message.answers.size();
  seen.authorities = message.authorities.size();
  seen.additionals = message.additionals.size();
  for (const DnsRecord& record : message.answers)
    if (record.serial) seen.serial = record.serial;
}

std::optional<Failure> judge(const DnsModule& dns, const DnsMessage& message) {
  if (!is_valid(dns, message.response_code))
    return Failure{Layer::dns, Reason::bad_reply, "the response code is " + response_code_name(message.response_code)};
  const auto mismatch = [](const char* section, const std::string& why) {
    return Failure{Layer::content, Reason::body_mismatch, std::string("the ") + section + " section " + why};
  };
  if (const auto why = minds(dns.answer, message.answers)) return mismatch("answer", *why);
  if (const auto why = minds(dns.authority, message.authorities)) return mismatch("authority", *why);
  if (const auto why = minds(dns.additional, message.additionals)) return mismatch("additional", *why);
  return std::nullopt;
}

}  // namespace

Task<Probed> probe_dns(Net& net, ProbeTarget target) {
  const DnsModule& dns = target.module->dns;
  ProbeRun run{net, target};
  Probed& probed = run.probed;
  DnsProbed& seen = probed.dns.emplace();
  const auto where = split_host_port(target.target);
  const auto question = question_of(dns);
  if (!where || !question) {
    run.fail({Layer::dns, Reason::malformed, where ? "the question is none" : "the target is no host"});
    co_return std::move(run.probed);
  }
  const Found found = co_await find_address(run, where->host, dns.ip, true);
  seen.resolve = found.took;
  if (!found.address) co_return std::move(run.probed);
  Packet packet = packet_of(run, *where, *found.address);
  packet.bytes = *question;
  const PacketAnswer answered = co_await net.exchange(std::move(packet));
  seen.connect = answered.connect;
  seen.request = answered.request;
  probed.tls = answered.tls_seen;
  if (answered.failure) {
    run.fail(*answered.failure);
    co_return std::move(run.probed);
  }
  const auto parsed = parse_dns_message(answered.bytes);
  const auto* const message = std::get_if<DnsMessage>(&parsed);
  if (message == nullptr || !message->is_response) {
    const std::string what = message == nullptr ? std::get<std::string>(parsed) : "not a response";
    run.fail({Layer::dns, Reason::bad_reply, "the answer cannot be read: " + what});
    co_return std::move(run.probed);
  }
  read_answer(seen, *message);
  seen.asked_soa = record_type(dns.query_type) == kSoa;
  note_records(run, *message);
  if (const auto failure = judge(dns, *message))
    run.fail(*failure);
  else
    probed.success = true;
  co_return std::move(run.probed);
}

}  // namespace mw
