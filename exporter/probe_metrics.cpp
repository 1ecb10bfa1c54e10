// Written straight into the page, in the order of the names: a page is made for every scrape of every target.
#include "exporter/probe_metrics.hpp"

#include "exporter/probe_catalogue.hpp"

namespace mw {

namespace {

constexpr double kNeverVerified = -62135596800;  // the year 1, where Go's time begins

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class ProbePage {
 public:
  ProbePage() { out_.reserve(4096); }

  void family(std::string_view name) {
    metric_ = &probe_metric(name);
    out_.append("# HELP ").append(name).append(" ").append(metric_->help);  // no backslash, no line feed in the table
    out_.append("\n# TYPE ").append(name).append(" gauge\n");
  }
  void sample(double value) { out_.append(metric_->name).append(" ").append(number(value)).append("\n"); }
  void sample(const Labels& labels, double value) {
    out_.append(metric_->name).append("{").append(labels.text()).append("} ").append(number(value)).append("\n");
  }
  void add(std::string_view name, double value) {
    family(name);
    sample(value);
  }
  void phase(std::string_view name, Duration took) { sample({{"phase", name}}, seconds(took)); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  const Metric* metric_ = nullptr;
};

void add_dns(ProbePage& page, const DnsProbed& dns) {
  page.add("probe_dns_additional_rrs", static_cast<double>(dns.additionals));
  page.add("probe_dns_answer_rrs", static_cast<double>(dns.answers));
  page.add("probe_dns_authority_rrs", static_cast<double>(dns.authorities));
  page.family("probe_dns_duration_seconds");
  page.phase("connect", dns.connect);
  page.phase("request", dns.request);
  page.phase("resolve", dns.resolve);
}

void add_serial(ProbePage& page, const DnsProbed& dns) {
  page.add("probe_dns_query_succeeded", dns.answered ? 1 : 0);
  if (dns.asked_soa) page.add("probe_dns_serial", dns.serial.value_or(0));
}

void add_expectations(ProbePage& page, const TcpProbed& tcp) {
  Labels labels;
  for (const auto& [name, value] : tcp.expect_info) labels.add(name, value);
  if (!tcp.expect_info.empty()) page.family("probe_expect_info");
  if (!tcp.expect_info.empty()) page.sample(labels, 1);
  if (tcp.expects_bytes) page.add("probe_failed_due_to_bytes", tcp.failed_due_to_bytes ? 1 : 0);
}

void add_failure(ProbePage& page, const Failure& failure) {
  page.family("probe_failure_info");
  page.sample({{"layer", name(failure.layer)}, {"reason", name(failure.reason)}}, 1);
}

void add_http(ProbePage& page, const HttpProbed& http) {
  page.add("probe_http_content_length", static_cast<double>(http.content_length));
  page.family("probe_http_duration_seconds");
  page.phase("connect", http.connect);
  page.phase("processing", http.processing);
  page.phase("resolve", http.resolve);
  page.phase("tls", http.tls);
  page.phase("transfer", http.transfer);
  if (http.last_modified) page.add("probe_http_last_modified_timestamp_seconds", unix_seconds(*http.last_modified));
  page.add("probe_http_redirects", http.redirects);
  page.add("probe_http_ssl", http.ssl ? 1 : 0);
  page.add("probe_http_status_code", http.status);
  page.add("probe_http_uncompressed_body_length", static_cast<double>(http.body_bytes));
  page.add("probe_http_version", http.version);
}

void add_icmp(ProbePage& page, const IcmpProbed& icmp) {
  page.family("probe_icmp_duration_seconds");
  page.phase("resolve", icmp.resolve);
  page.phase("rtt", icmp.rtt);
  page.phase("setup", icmp.setup);
  if (icmp.hop_limit) page.add("probe_icmp_reply_hop_limit", *icmp.hop_limit);
}

void add_lookup(ProbePage& page, const ProbeLookup& lookup) {
  page.add("probe_ip_addr_hash", lookup.address ? address_hash(*lookup.address) : 0);
  page.add("probe_ip_protocol", lookup.address ? (lookup.address->v6 ? 6 : 4) : 0);
}

bool verifies(const Module& module) {
  return module.prober == Prober::tcp ? module.tcp.tls_terms.verify : module.http.tls_terms.verify;
}

void add_certificates(ProbePage& page, const TlsSeen& tls, bool verified) {
  if (tls.earliest_expiry) page.add("probe_ssl_earliest_cert_expiry", unix_seconds(*tls.earliest_expiry));
  if (!verified)
    page.add("probe_ssl_last_chain_expiry_timestamp_seconds", kNeverVerified);
  else if (tls.last_chain_expiry)
    page.add("probe_ssl_last_chain_expiry_timestamp_seconds", unix_seconds(*tls.last_chain_expiry));
  page.family("probe_ssl_last_chain_info");
  page.sample({{"fingerprint_sha256", tls.fingerprint_sha256},
               {"issuer", tls.issuer},
               {"serialnumber", tls.serial},
               {"subject", tls.subject},
               {"subjectalternative", tls.alternatives}},
              1);
}

void add_tls_info(ProbePage& page, const TlsSeen& tls, bool with_cipher) {
  if (with_cipher && !tls.cipher.empty()) {
    page.family("probe_tls_cipher_info");
    page.sample({{"cipher", tls.cipher}}, 1);
  }
  page.family("probe_tls_version_info");
  page.sample({{"version", tls.version}}, 1);
}

}  // namespace

std::uint32_t address_hash(const Address& address) {
  std::uint32_t hash = 2166136261U;
  for (std::size_t i = 0; i < (address.v6 ? 16U : 4U); ++i) hash = (hash ^ address.bytes.at(i)) * 16777619U;
  return hash;
}

std::string probe_page(const Module& module, const Probed& probed, Duration timeout) {
  // blackbox_exporter tells of no certificates in DNS over TLS.
  const bool tells_tls = probed.tls && !probed.dns;
  ProbePage page;
  if (probed.dns) add_dns(page, *probed.dns);
  if (probed.lookup) page.add("probe_dns_lookup_time_seconds", seconds(probed.lookup->took));
  if (probed.dns) add_serial(page, *probed.dns);
  page.add("probe_duration_seconds", seconds(probed.took));
  if (probed.tcp) add_expectations(page, *probed.tcp);
  if (probed.tcp) page.add("probe_failed_due_to_regex", probed.tcp->failed_due_to_regex ? 1 : 0);
  if (probed.http) page.add("probe_failed_due_to_regex", probed.http->failed_due_to_regex ? 1 : 0);
  if (probed.failure) add_failure(page, *probed.failure);
  if (probed.http) add_http(page, *probed.http);
  if (probed.icmp) add_icmp(page, *probed.icmp);
  if (probed.lookup) add_lookup(page, *probed.lookup);
  if (tells_tls) add_certificates(page, *probed.tls, verifies(module));
  page.add("probe_success", probed.success ? 1 : 0);
  page.add("probe_timeout_seconds", seconds(timeout));
  if (tells_tls) add_tls_info(page, *probed.tls, module.prober == Prober::http);
  return page.take();
}

std::vector<Family> probe_families(const ProbeCounts& counts) {
  const auto value = [](std::uint64_t count) { return static_cast<double>(count); };
  std::vector<Family> out;
  Family& all = out.emplace_back("mirrorwarden_probes_total");
  all.add({{"outcome", "failure"}}, value(counts.failed));
  all.add({{"outcome", "success"}}, value(counts.succeeded));
  all.add({{"outcome", "too_many"}}, value(counts.too_many));
  out.emplace_back("mirrorwarden_probe_refused_total").add({}, value(counts.refused));
  out.emplace_back("mirrorwarden_probe_module_unknown_total").add({}, value(counts.module_unknown));
  return out;
}

}  // namespace mw
