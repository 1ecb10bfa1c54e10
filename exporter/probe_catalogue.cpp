// The table. Pure data.
#include "exporter/probe_catalogue.hpp"

#include <algorithm>
#include <stdexcept>

namespace mw {

namespace {

constexpr auto kGauge = MetricType::gauge;

// clang-format off
constexpr Metric kProbeCatalogue[] = {
  {"probe_dns_additional_rrs", kGauge, "", "", "Records in the additional section of the answer."},
  {"probe_dns_answer_rrs", kGauge, "", "", "Records in the answer section of the answer."},
  {"probe_dns_authority_rrs", kGauge, "", "", "Records in the authority section of the answer."},
  {"probe_dns_duration_seconds", kGauge, "seconds", "phase",
   "Time spent in each phase of a DNS probe: resolve, connect and request."},
  {"probe_dns_lookup_time_seconds", kGauge, "seconds", "", "Time that resolving the target's name took."},
  {"probe_dns_query_succeeded", kGauge, "", "", "1 if the question was answered, whatever the answer."},
  {"probe_dns_serial", kGauge, "", "", "Serial number of the zone. Only when the question was for SOA."},
  {"probe_duration_seconds", kGauge, "seconds", "", "Time that the probe took."},
  {"probe_expect_info", kGauge, "", "…", "What the conversation's patterns caught, as labels; always 1."},
  {"probe_failed_due_to_bytes", kGauge, "", "", "1 if other bytes came than the module expects."},
  {"probe_failed_due_to_regex", kGauge, "", "", "1 if the probe failed because of a pattern."},
  {"probe_failure_info", kGauge, "", "layer,reason",
   "Why the probe failed, always 1: the layer that failed and the reason. Absent after a success."},
  {"probe_http_content_length", kGauge, "", "", "Length of the body as announced; -1 if it was not announced."},
  {"probe_http_duration_seconds", kGauge, "seconds", "phase",
   "Time spent in each phase of an HTTP probe, summed over redirects: resolve, connect, tls, processing, transfer."},
  {"probe_http_last_modified_timestamp_seconds", kGauge, "seconds", "",
   "The Last-Modified header as Unix time. Absent when there is none."},
  {"probe_http_redirects", kGauge, "", "", "Redirects that were met."},
  {"probe_http_ssl", kGauge, "", "", "1 if the final answer came over TLS."},
  {"probe_http_status_code", kGauge, "", "", "Status of the final answer; 0 without one."},
  {"probe_http_uncompressed_body_length", kGauge, "", "", "Bytes of the final answer's body, decoded."},
  {"probe_http_version", kGauge, "", "", "HTTP version of the final answer: 1.1, 2."},
  {"probe_icmp_duration_seconds", kGauge, "seconds", "phase",
   "Time spent in each phase of an ICMP probe: resolve, setup and rtt."},
  {"probe_icmp_reply_hop_limit", kGauge, "", "", "Hop limit (TTL in IPv4) of the reply. Absent without one."},
  {"probe_ip_addr_hash", kGauge, "", "", "Hash (32-bit FNV-1a) of the address that was looked at: it changes with it."},
  {"probe_ip_protocol", kGauge, "", "", "4 or 6: the version of IP that was used; 0 when no address was found."},
  {"probe_ssl_earliest_cert_expiry", kGauge, "", "",
   "When the first of the certificates that were shown expires, as Unix time; also when they do not verify."},
  {"probe_ssl_last_chain_expiry_timestamp_seconds", kGauge, "seconds", "",
   "When the chain that verified expires, as Unix time; -62135596800 when nothing is verified."},
  {"probe_ssl_last_chain_info", kGauge, "", "fingerprint_sha256,issuer,serialnumber,subject,subjectalternative",
   "The certificate that was shown; always 1."},
  {"probe_success", kGauge, "", "", "1 if the probe succeeded."},
  {"probe_timeout_seconds", kGauge, "seconds", "", "Time that the probe was given."},
  {"probe_tls_cipher_info", kGauge, "", "cipher", "Cipher suite of the final answer's connection; always 1."},
  {"probe_tls_version_info", kGauge, "", "version", "TLS version that was used; always 1."},
};
// clang-format on

/// "`a`, `b`" of "a,b"; what is open stays as it is.
std::string label_cell(std::string_view labels) {
  std::string out;
  while (!labels.empty()) {
    const std::string_view label = labels.substr(0, labels.find(','));
    labels.remove_prefix(std::min(label.size() + 1, labels.size()));
    out.append(out.empty() ? "" : ", ");
    if (label == "…")
      out.append(label);
    else
      out.append("`").append(label).append("`");
  }
  return out;
}

}  // namespace

std::span<const Metric> probe_catalogue() { return kProbeCatalogue; }

const Metric& probe_metric(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kProbeCatalogue), std::end(kProbeCatalogue),
                                         [&](const Metric& each) { return each.name == name; });
  if (found == std::end(kProbeCatalogue)) throw std::out_of_range(std::string(name) + " is not in the probe catalogue");
  return *found;
}

std::string probe_metrics_reference() {
  std::string out = "| metric | labels | meaning |\n|---|---|---|\n";
  for (const Metric& metric : kProbeCatalogue)
    out.append("| `")
        .append(metric.name)
        .append("` | ")
        .append(label_cell(metric.labels))
        .append(" | ")
        .append(metric.help)
        .append(" |\n");
  return out;
}

}  // namespace mw
