// A probe's page: blackbox_exporter's names and labels, in the order of the names, nothing twice.
#include <catch2/catch.hpp>

#include "exporter/probe_catalogue.hpp"
#include "exporter/probe_metrics.hpp"
#include "exporter/probe_pages.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

TlsSeen certificate() {
  TlsSeen seen;
  seen.version = "TLS 1.3";
  seen.cipher = "TLS_AES_128_GCM_SHA256";
  seen.verified = true;
  seen.earliest_expiry = SysTime(1'800'000'001s);
  seen.last_chain_expiry = SysTime(1'900'000'001s);
  seen.fingerprint_sha256 = "abcd";
  seen.subject = "CN=mirror.example.org";
  seen.issuer = "CN=\"Test\"";
  seen.alternatives = "a.example.org,b.example.org";
  seen.serial = "1f";
  return seen;
}

/// The page without comments.
std::string samples(const std::string& page) {
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at) + 1;
    if (page[at] != '#') out += page.substr(at, end - at);
    at = end;
  }
  return out;
}

std::string page_of(Prober prober, const Probed& probed) {
  Module module;
  module.prober = prober;
  return samples(probe_page(module, probed, 9500ms));
}

Probed found(Probed probed) {
  probed.lookup = ProbeLookup{2ms, *parse_address("192.0.2.7")};
  probed.success = true;
  probed.took = 250ms;
  return probed;
}

}  // namespace

TEST_CASE("probe page: http over TLS") {
  Probed probed = found({});
  probed.http = HttpProbed{2ms, 1ms, 3ms, 4ms, 5ms, 200, 1.1, -1, 1234, 1, true, false, SysTime(1'700'000'001s)};
  probed.tls = certificate();
  CHECK(page_of(Prober::http, probed) ==
        "probe_dns_lookup_time_seconds 0.002\n"
        "probe_duration_seconds 0.25\n"
        "probe_failed_due_to_regex 0\n"
        "probe_http_content_length -1\n"
        "probe_http_duration_seconds{phase=\"connect\"} 0.001\n"
        "probe_http_duration_seconds{phase=\"processing\"} 0.004\n"
        "probe_http_duration_seconds{phase=\"resolve\"} 0.002\n"
        "probe_http_duration_seconds{phase=\"tls\"} 0.003\n"
        "probe_http_duration_seconds{phase=\"transfer\"} 0.005\n"
        "probe_http_last_modified_timestamp_seconds 1700000001\n"
        "probe_http_redirects 1\n"
        "probe_http_ssl 1\n"
        "probe_http_status_code 200\n"
        "probe_http_uncompressed_body_length 1234\n"
        "probe_http_version 1.1\n"
        "probe_ip_addr_hash " +
            std::to_string(address_hash(*parse_address("192.0.2.7"))) +
            "\n"
            "probe_ip_protocol 4\n"
            "probe_ssl_earliest_cert_expiry 1800000001\n"
            "probe_ssl_last_chain_expiry_timestamp_seconds 1900000001\n"
            "probe_ssl_last_chain_info{fingerprint_sha256=\"abcd\",issuer=\"CN=\\\"Test\\\"\",serialnumber=\"1f\","
            "subject=\"CN=mirror.example.org\",subjectalternative=\"a.example.org,b.example.org\"} 1\n"
            "probe_success 1\n"
            "probe_timeout_seconds 9.5\n"
            "probe_tls_cipher_info{cipher=\"TLS_AES_128_GCM_SHA256\"} 1\n"
            "probe_tls_version_info{version=\"TLS 1.3\"} 1\n");
}

TEST_CASE("probe page: a target that is none has no lookup; a failure has its reason") {
  Probed probed;
  probed.tcp.emplace();
  probed.failure = Failure{Layer::connect, Reason::malformed, "not shown"};
  CHECK(page_of(Prober::tcp, probed) ==
        "probe_duration_seconds 0\n"
        "probe_failed_due_to_regex 0\n"
        "probe_failure_info{layer=\"connect\",reason=\"malformed\"} 1\n"
        "probe_success 0\n"
        "probe_timeout_seconds 9.5\n");
}

TEST_CASE("probe page: tcp with what a line gave") {
  Probed probed = found({});
  probed.tcp = TcpProbed{false, false, true, {{"software", "Postfix"}, {"none", ""}}};
  const std::string page = page_of(Prober::tcp, probed);
  CHECK(page.find("probe_expect_info{software=\"Postfix\"} 1\nprobe_failed_due_to_bytes 0\n") != std::string::npos);
}

TEST_CASE("probe page: dns and icmp") {
  Probed probed = found({});
  probed.dns = DnsProbed{2ms, 0ms, 3ms, true, 2, 1, 0, true, 42};
  CHECK(page_of(Prober::dns, probed)
            .starts_with("probe_dns_additional_rrs 0\n"
                         "probe_dns_answer_rrs 2\n"
                         "probe_dns_authority_rrs 1\n"
                         "probe_dns_duration_seconds{phase=\"connect\"} 0\n"
                         "probe_dns_duration_seconds{phase=\"request\"} 0.003\n"
                         "probe_dns_duration_seconds{phase=\"resolve\"} 0.002\n"
                         "probe_dns_lookup_time_seconds 0.002\n"
                         "probe_dns_query_succeeded 1\n"
                         "probe_dns_serial 42\n"));
  Probed echo = found({});
  echo.icmp = IcmpProbed{2ms, 1ms, 3ms, 57};
  CHECK(page_of(Prober::icmp, echo)
            .find("probe_icmp_duration_seconds{phase=\"setup\"} 0.001\n"
                  "probe_icmp_reply_hop_limit 57\n") != std::string::npos);
}

TEST_CASE("probe page: an unverified chain expires in the year 1, as it does for blackbox_exporter") {
  Module module;
  module.http.tls_terms.verify = false;
  Probed probed = found({});
  probed.http.emplace();
  probed.tls = certificate();
  CHECK(samples(probe_page(module, probed, 1s)).find("_chain_expiry_timestamp_seconds -62135596800\n") !=
        std::string::npos);
}

TEST_CASE("probe page: a hash is FNV-1a of the address") {
  CHECK(address_hash(*parse_address("127.0.0.1")) == 3668918509U);
  CHECK(address_hash(*parse_address("::1")) == address_hash(*parse_address("0:0::1")));
}

TEST_CASE("probe catalogue: in the order of the names, every page's lines among them") {
  std::string_view last;
  for (const Metric& metric : probe_catalogue()) {
    CHECK(metric.name > last);
    CHECK(metric.help.find_first_of("\\\n") == std::string_view::npos);
    CHECK(metric.help.ends_with('.'));
    last = metric.name;
  }
  CHECK_THROWS(probe_metric("probe_other"));
}

TEST_CASE("probe log page: by id or by target") {
  ProbeHistory history;
  PastProbe past;
  past.target = "example.org";
  past.module = std::make_shared<const Module>();
  past.log = "the log\n";
  past.page = "the page\n";
  history.add(past);
  const auto asked = [&](std::string query) {
    WebRequest request;
    request.query = std::move(query);
    return probe_log_page(request, history);
  };
  CHECK(asked("id=1").body.find("the log\n") != std::string::npos);
  CHECK(asked("target=example.org").body.find("the page\n") != std::string::npos);
  CHECK(asked("id=2").status == 404);
  CHECK(asked("id=x").status == 400);
  CHECK(asked("").status == 400);
  CHECK(asked("id=1&target=example.org").status == 400);
}
