// The four probers in virtual time, in a world of canned answers.
#include <catch2/catch.hpp>

#include "tests/support/file.hpp"
#include "tests/support/probing.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPlain = "192.0.2.7:80";

HeaderRule rule(std::string header, std::string_view regexp, bool allow_missing = false) {
  return {std::move(header), Regex(regexp), allow_missing};
}

/// A site with one page, and a probe of it.
struct Web : Probing {
  Web() : Probing(Prober::http) { page("/") = {200, "hello", {{"content-length", "5"}}}; }
  FakePage& page(const std::string& path, const std::string& where = kPlain) { return net.host(where).pages[path]; }
};

TlsSeen certificate() {
  TlsSeen seen;
  seen.version = "TLS 1.3";
  seen.cipher = "TLS_AES_128_GCM_SHA256";
  seen.earliest_expiry = SysTime(std::chrono::seconds(1'800'000'000));
  seen.subject = "CN=mirror.example.org";
  return seen;
}

/// A response to `question` with these A records (last bytes), answered by 192.0.2.<byte>.
std::string dns_answer(const std::string& question, const std::vector<int>& last_bytes, int code = 0) {
  std::string out = question;
  out[2] = static_cast<char>(0x81);
  out[3] = static_cast<char>(0x80 | code);
  out[7] = static_cast<char>(last_bytes.size());
  for (const int last : last_bytes)
    out += std::string("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\xC0\0\2", 15) + static_cast<char>(last);
  return out;
}

struct Dns : Probing {
  int code = 0;
  std::vector<int> records = {1, 2};

  Dns() : Probing(Prober::dns) {
    module.dns.query_name = "www.example.org";
    module.dns.query_type = "A";
    net.host("192.0.2.7:53").answers = [this](const std::string& question) {
      return dns_answer(question, records, code);
    };
  }
};

}  // namespace

// ---- http ---------------------------------------------------------------------------------------------------

TEST_CASE("probe http: a page") {
  Web web;
  const Probed probed = web.run("http://mirror.example.org/");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.lookup->address == parse_address("192.0.2.7"));
  CHECK(probed.http->status == 200);
  CHECK(probed.http->version == 1.1);
  CHECK(probed.http->content_length == 5);
  CHECK(probed.http->body_bytes == 5);
  CHECK(probed.http->redirects == 0);
  CHECK(!probed.http->ssl);
  CHECK(probed.http->resolve > 0ms);
  CHECK(!probed.tls);
  CHECK(probed.log.find("status 200") != std::string::npos);
}

TEST_CASE("probe http: a target without a scheme is http, one that is no URL fails without a lookup") {
  Web web;
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(verdict_of(web.run("HTTP://mirror.example.org/")) == "ok");
  const Probed broken = web.run("http://user:secret@mirror.example.org/");
  CHECK(verdict_of(broken) == "http/malformed");
  CHECK(!broken.lookup);
  CHECK(broken.log.find("secret") == std::string::npos);
}

TEST_CASE("probe http: what the module wants of status, version, headers and body") {
  struct Row {
    const char* what;
    std::function<void(Web&)> arrange;
    const char* outcome;
    bool by_regex;
  };
  const std::vector<Row> rows = {
      {"404", [](Web& web) { web.page("/").status = 404; }, "http/not_found", false},
      {"404 is wanted",
       [](Web& web) {
         web.page("/").status = 404;
         web.module.http.valid_status_codes = {404};
       },
       "ok", false},
      {"200 is not wanted", [](Web& web) { web.module.http.valid_status_codes = {204}; }, "http/unexpected_status",
       false},
      {"version", [](Web& web) { web.module.http.valid_http_versions = {"HTTP/2.0"}; }, "http/unexpected_status",
       false},
      {"version as wanted",
       [](Web& web) {
         web.module.http.valid_http_versions = {"HTTP/2.0", "HTTP/1.1"};
       },
       "ok", false},
      {"body matches",
       [](Web& web) {
         web.module.http.fail_if_body_matches = {Regex("x"), Regex("^hel+o$")};
       },
       "content/body_mismatch", true},
      {"body does not match", [](Web& web) { web.module.http.fail_if_body_matches = {Regex("bye")}; }, "ok", false},
      {"body lacks one",
       [](Web& web) {
         web.module.http.fail_if_body_not_matches = {Regex("h"), Regex("bye")};
       },
       "content/body_mismatch", true},
      {"body has all",
       [](Web& web) {
         web.module.http.fail_if_body_not_matches = {Regex("h"), Regex("o$")};
       },
       "ok", false},
      {"header matches", [](Web& web) { web.module.http.fail_if_header_matches = {rule("Content-Length", "5")}; },
       "content/header_mismatch", true},
      {"header is missing", [](Web& web) { web.module.http.fail_if_header_matches = {rule("Via", "x")}; },
       "content/header_mismatch", true},
      {"header may be missing", [](Web& web) { web.module.http.fail_if_header_matches = {rule("Via", "x", true)}; },
       "ok", false},
      {"header does not match",
       [](Web& web) { web.module.http.fail_if_header_not_matches = {rule("content-length", "6")}; },
       "content/header_mismatch", true},
      {"one of two headers matches",
       [](Web& web) {
         web.page("/").headers = {{"via", "a"}, {"via", "b"}};
         web.module.http.fail_if_header_not_matches = {rule("via", "b")};
       },
       "ok", false},
      {"no TLS", [](Web& web) { web.module.http.fail_if_not_ssl = true; }, "tls/protocol", false},
      {"no TLS as wanted", [](Web& web) { web.module.http.fail_if_ssl = true; }, "ok", false},
      {"a status is asked before a body",
       [](Web& web) {
         web.page("/").status = 500;
         web.module.http.fail_if_body_matches = {Regex("hello")};
       },
       "http/server_error", false},
      {"too large", [](Web& web) { web.module.http.body_size_limit = 4; }, "http/body_limit", false},
  };
  for (const Row& row : rows) {
    Web web;
    row.arrange(web);
    const Probed probed = web.run("mirror.example.org");
    INFO(row.what);
    CHECK(verdict_of(probed) == row.outcome);
    CHECK(probed.success == (std::string_view(row.outcome) == "ok"));
    CHECK(probed.http->failed_due_to_regex == row.by_regex);
  }
}

TEST_CASE("probe http: troubles on the way have their reason, and no status") {
  for (const auto& [trouble, outcome] :
       std::vector<std::pair<std::string, std::string>>{{"refused", "connect/refused"},
                                                        {"blackhole", "connect/timeout"},
                                                        {"silent", "http/timeout"},
                                                        {"reset", "http/reset"},
                                                        {"malformed", "http/malformed"}}) {
    Web web;
    web.net.host(kPlain).trouble = trouble;
    const Probed probed = web.run("mirror.example.org");
    CHECK(verdict_of(probed) == outcome);
    CHECK(probed.http->status == 0);
    CHECK(probed.took <= 5s);
  }
}

TEST_CASE("probe http: redirects are followed ten times, phases summed, the last answer told") {
  Web web;
  web.page("/") = {302, "", {{"location", "/next"}, {"content-length", "0"}}};
  web.page("/next") = {200, "there", {}};
  Probed probed = web.run("mirror.example.org");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.http->redirects == 1);
  CHECK(probed.http->content_length == -1);
  CHECK(probed.http->connect == 500us);  // a quarter of a millisecond each
  web.page("/next") = {302, "", {{"location", "/"}}};
  probed = web.run("mirror.example.org");
  CHECK(verdict_of(probed) == "http/unexpected_status");
  CHECK(probed.http->redirects == 11);
  CHECK(probed.http->status == 302);
}

TEST_CASE("probe http: a redirect that is not followed is an answer") {
  Web web;
  web.page("/") = {301, "moved", {{"location", "http://10.0.0.1/"}, {"content-length", "5"}}};
  web.module.http.follow_redirects = false;
  CHECK(verdict_of(web.run("mirror.example.org")) == "http/unexpected_status");
  web.module.http.valid_status_codes = {301};
  const Probed probed = web.run("mirror.example.org");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.http->redirects == 1);
  CHECK(probed.http->body_bytes == 0);
  CHECK(!probed.refused);
}

TEST_CASE("probe http: POST becomes GET at a 302, stays POST at a 307") {
  for (const auto& [status, method] :
       std::vector<std::pair<int, std::string>>{{302, "GET"}, {303, "GET"}, {307, "POST"}, {308, "POST"}}) {
    Web web;
    web.module.http.method = "POST";
    web.module.http.body = "x=1";
    web.page("/") = {status, "", {{"location", "/next"}}};
    web.page("/next") = {200, "", {}};
    std::vector<std::pair<std::string, std::string>> seen;
    web.net.on_fetch([&](const Fetch& fetch) { seen.emplace_back(fetch.method, fetch.body); });
    web.run("mirror.example.org");
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == std::pair<std::string, std::string>("POST", "x=1"));
    CHECK(seen[1] == std::pair<std::string, std::string>(method, method == "POST" ? "x=1" : ""));
  }
}

TEST_CASE("probe http: what is secret stays with the target's origin") {
  Web web;
  web.hosts.insert("other.example.org");
  web.net.name_is("other.example.org", {std::nullopt, {*parse_address("192.0.2.8")}, {}});
  web.page("/") = {302, "", {{"location", "http://other.example.org/"}, {"set-cookie", "a=1; Path=/"}}};
  web.page("/", "192.0.2.8:80") = {302, "", {{"location", "http://mirror.example.org/back"}}};
  web.page("/back") = {200, "", {}};
  web.module.http.authorization = {"ci", Secret("pass"), "Bearer", Secret()};
  web.module.http.secret_headers = {{"X-Token", Secret("s")}};
  web.module.http.headers = {{"X-Plain", "p"}, {"Accept-Language", "zh"}};
  std::vector<std::string> seen;
  web.net.on_fetch([&](const Fetch& fetch) {
    std::string line = fetch.url.host + ":" + (fetch.credentials.password.empty() ? "" : " password");
    for (const auto& [name, value] : fetch.headers)
      if (name != "User-Agent") line += " " + name;
    seen.push_back(line);
  });
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(seen == std::vector<std::string>{"mirror.example.org: password X-Plain Accept-Language X-Token",
                                         "other.example.org: Accept-Language",
                                         "mirror.example.org: Accept-Language Cookie"});
}

TEST_CASE("probe http: hostname is the name for Host and SNI, the target's address stays") {
  Web web;
  web.page("/", "192.0.2.7:443") = {200, "", {}};
  web.hostname = "virtual.example.org";
  web.net.on_fetch([](const Fetch& fetch) {
    CHECK(fetch.url.host == "virtual.example.org");
    CHECK(to_string(fetch.address) == "192.0.2.7");
  });
  CHECK(verdict_of(web.run("https://192.0.2.7/")) == "ok");
}

TEST_CASE("probe http: certificates are told, also when they do not verify") {
  Web web;
  web.page("/", "192.0.2.7:443") = {200, "", {}};
  web.net.host("192.0.2.7:443").shown = certificate();
  Probed probed = web.run("https://mirror.example.org/");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.tls == certificate());
  CHECK(probed.http->ssl);
  web.net.host("192.0.2.7:443").trouble = "tls_expired";
  probed = web.run("https://mirror.example.org/");
  CHECK(verdict_of(probed) == "tls/expired");
  CHECK(probed.tls == certificate());
  CHECK(!probed.http->ssl);
}

TEST_CASE("probe http: the preferred family, or the other one") {
  Web web;
  web.net.name_is("mirror.example.org",
                  {std::nullopt, {*parse_address("192.0.2.7"), *parse_address("2001:db8::7")}, {}});
  web.page("/", "[2001:db8::7]:80") = {200, "", {}};
  CHECK(web.run("mirror.example.org").lookup->address->v6);
  web.module.http.ip.prefer_v6 = false;
  CHECK(!web.run("mirror.example.org").lookup->address->v6);
  web.net.name_is("mirror.example.org", {std::nullopt, {*parse_address("2001:db8::7")}, {}});
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  web.module.http.ip.fallback = false;
  const Probed probed = web.run("mirror.example.org");
  CHECK(verdict_of(probed) == "dns/no_data");
  CHECK(probed.lookup);
  CHECK(!probed.lookup->address);
}

TEST_CASE("probe http: a body in gzip is undone where the module says so") {
  Web web;
  web.module.http.compression = Coding::gzip;
  web.module.http.fail_if_body_not_matches = {Regex("^hello")};
  const Probed plain = web.run("mirror.example.org");
  CHECK(verdict_of(plain) == "http/encoding");
  CHECK(!plain.http->failed_due_to_regex);
  web.page("/").body = source_file("tests/fixtures/packed/hello.gz");
  std::string asked;
  web.net.on_fetch([&](const Fetch& fetch) {
    for (const auto& [name, value] : fetch.headers)
      if (name == "Accept-Encoding") asked = value;
  });
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(asked == "gzip");
}

TEST_CASE("probe http: the policy is asked before the first connection and on every hop") {
  Web web;
  const Probed at_once = web.run("http://10.0.0.1/");
  CHECK(at_once.refused_at_once);
  CHECK(verdict_of(at_once) == "connect/address_blocked");
  for (const char* location : {"http://10.0.0.1/", "//10.0.0.1/", "http://0x0a000001/", "http://[::ffff:10.0.0.1]/",
                               "http://unknown.example.net/", "\\\\10.0.0.1/", "/\\10.0.0.1/"}) {
    web.page("/") = {302, "", {{"location", location}}};
    const Probed probed = web.run("mirror.example.org");
    INFO(location);
    CHECK(verdict_of(probed) != "ok");
    CHECK(web.net.host("10.0.0.1:80").requests == 0);
    CHECK(!probed.refused_at_once);
  }
}

TEST_CASE("probe http: through a proxy, the target is still looked at by the policy") {
  Web web;
  web.module.http.proxy = Proxy{std::get<Url>(parse_url("http://10.9.9.9:3128")), {}};
  web.net.host("10.9.9.9:3128").pages["/"] = {200, "", {}};
  std::string asked;
  web.net.on_fetch([&](const Fetch& fetch) { asked = fetch.url.host; });
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(asked == "192.0.2.7");
  CHECK(web.run("http://10.0.0.1/").refused_at_once);
  web.module.http.skip_resolve_phase_with_proxy = true;
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(asked == "mirror.example.org");
  CHECK(web.run("http://unknown.example.net/").refused_at_once);
  CHECK(web.net.host("10.9.9.9:3128").requests == 2);
  web.module.http.no_proxy = {".example.org"};
  CHECK(verdict_of(web.run("mirror.example.org")) == "ok");
  CHECK(web.net.host("10.9.9.9:3128").requests == 2);
}

// ---- tcp ----------------------------------------------------------------------------------------------------

TEST_CASE("probe tcp: connects") {
  Probing tcp(Prober::tcp);
  tcp.net.host("192.0.2.7:22");
  CHECK(verdict_of(tcp.run("mirror.example.org:22")) == "ok");
  CHECK(verdict_of(tcp.run("mirror.example.org:23")) == "connect/refused");
  CHECK(verdict_of(tcp.run("mirror.example.org")) == "connect/malformed");
  CHECK(tcp.run("10.0.0.1:22").refused_at_once);
}

TEST_CASE("probe tcp: expects, catches, says") {
  Probing tcp(Prober::tcp);
  FakeHost& host = tcp.net.host("192.0.2.7:25");
  host.greeting = "noise\r\n220 mail.example.org ESMTP Postfix\r\n";
  host.says["EHLO mail.example.org"] = "250 ok\n";
  TcpStep greet;
  greet.expect = Regex("^220 (?P<host>[^ ]+) ESMTP (.*)$");
  greet.send = "EHLO ${host}";
  greet.labels = {{"software", "${2}"}, {"who", "$host"}, {"none", "${9}"}};
  TcpStep answer;
  answer.expect = Regex("^250");
  tcp.module.tcp.query_response = {greet, answer};
  const Probed probed = tcp.run("mirror.example.org:25");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.tcp->expect_info == std::vector<std::pair<std::string, std::string>>{
                                       {"software", "Postfix"}, {"who", "mail.example.org"}, {"none", ""}});
  CHECK(!probed.tcp->failed_due_to_regex);
}

TEST_CASE("probe tcp: no line matches, or none comes") {
  Probing tcp(Prober::tcp);
  FakeHost& host = tcp.net.host("192.0.2.7:22");
  host.greeting = "SSH-1.99-old\n";
  TcpStep step;
  step.expect = Regex("^SSH-2.0-");
  tcp.module.tcp.query_response = {step};
  Probed probed = tcp.run("mirror.example.org:22");
  CHECK(verdict_of(probed) == "content/body_mismatch");
  CHECK(probed.tcp->failed_due_to_regex);
  host.hangs_up = false;
  probed = tcp.run("mirror.example.org:22");
  CHECK(verdict_of(probed) == "http/timeout");
  CHECK(!probed.tcp->failed_due_to_regex);
  CHECK(probed.took == 5s);
}

TEST_CASE("probe tcp: bytes are expected as they are") {
  Probing tcp(Prober::tcp);
  tcp.net.host("192.0.2.7:873").greeting = "@RSYNCD: 31.0\n";
  TcpStep step;
  step.expect_bytes = "@RSYNCD:";
  tcp.module.tcp.query_response = {step};
  CHECK(verdict_of(tcp.run("mirror.example.org:873")) == "ok");
  tcp.module.tcp.query_response[0].expect_bytes = "@rsyncd:";
  const Probed probed = tcp.run("mirror.example.org:873");
  CHECK(verdict_of(probed) == "content/body_mismatch");
  CHECK(probed.tcp->failed_due_to_bytes);
}

TEST_CASE("probe tcp: STARTTLS and TLS from the start tell of certificates") {
  Probing tcp(Prober::tcp);
  FakeHost& host = tcp.net.host("192.0.2.7:25");
  host.greeting = "220 ready\n";
  host.shown = certificate();
  TcpStep step;
  step.expect = Regex("^220");
  step.starttls = true;
  tcp.module.tcp.query_response = {step};
  CHECK(tcp.run("mirror.example.org:25").tls == certificate());
  host.handshake_failure = Failure{Layer::tls, Reason::expired, "of old"};
  const Probed probed = tcp.run("mirror.example.org:25");
  CHECK(verdict_of(probed) == "tls/expired");
  CHECK(probed.tls == certificate());
  tcp.module.tcp.query_response.clear();
  tcp.module.tcp.use_tls = true;
  const Probed from_start = tcp.run("mirror.example.org:25");
  CHECK(verdict_of(from_start) == "tls/expired");
  CHECK(from_start.tls == certificate());
}

// ---- dns ----------------------------------------------------------------------------------------------------

TEST_CASE("probe dns: counts, codes and rules") {
  struct Row {
    const char* what;
    std::function<void(Dns&)> arrange;
    const char* outcome;
  };
  const std::vector<Row> rows = {
      {"two records", [](Dns&) {}, "ok"},
      {"a code", [](Dns& dns) { dns.code = 3; }, "dns/bad_reply"},
      {"a code as wanted",
       [](Dns& dns) {
         dns.code = 3;
         dns.module.dns.valid_rcodes = {"NOERROR", "NXDOMAIN"};
       },
       "ok"},
      {"one matches", [](Dns& dns) { dns.module.dns.answer.fail_if_matches = {Regex("192\\.0\\.2\\.2$")}; },
       "content/body_mismatch"},
      {"all match", [](Dns& dns) { dns.module.dns.answer.fail_if_all_match = {Regex("192")}; },
       "content/body_mismatch"},
      {"not all match", [](Dns& dns) { dns.module.dns.answer.fail_if_all_match = {Regex("\\.1$")}; }, "ok"},
      {"one does not match", [](Dns& dns) { dns.module.dns.answer.fail_if_not_matches = {Regex("\\.1$")}; },
       "content/body_mismatch"},
      {"none matches", [](Dns& dns) { dns.module.dns.answer.fail_if_none_matches = {Regex("\\.3$")}; },
       "content/body_mismatch"},
      {"one of them matches", [](Dns& dns) { dns.module.dns.answer.fail_if_none_matches = {Regex("\\.1$")}; }, "ok"},
      {"an empty section is to match", [](Dns& dns) { dns.module.dns.authority.fail_if_none_matches = {Regex("x")}; },
       "content/body_mismatch"},
      {"the form of a record",
       [](Dns& dns) {
         dns.module.dns.answer.fail_if_not_matches = {Regex("^www\\.example\\.org\\.\t60\tIN\tA\t192\\.0\\.2\\.[12]$")};
       },
       "ok"},
  };
  for (const Row& row : rows) {
    Dns dns;
    row.arrange(dns);
    const Probed probed = dns.run("mirror.example.org");
    INFO(row.what);
    CHECK(verdict_of(probed) == row.outcome);
    CHECK(probed.dns->answered);
    CHECK(probed.dns->answers == 2);
  }
}

TEST_CASE("probe dns: silence, nonsense and the policy") {
  Dns dns;
  dns.net.host("192.0.2.7:53").answers = [](const std::string&) { return std::string(); };
  CHECK(verdict_of(dns.run("mirror.example.org:53")) == "dns/timeout");
  dns.net.host("192.0.2.7:53").answers = [](const std::string& question) { return question; };
  CHECK(verdict_of(dns.run("mirror.example.org")) == "dns/bad_reply");
  dns.net.host("192.0.2.7:53").answers = [](const std::string& question) { return question.substr(0, 5); };
  const Probed probed = dns.run("mirror.example.org");
  CHECK(verdict_of(probed) == "dns/bad_reply");
  CHECK(!probed.dns->answered);
  CHECK(dns.run("127.0.0.53").refused_at_once);
}

// ---- icmp ---------------------------------------------------------------------------------------------------

TEST_CASE("probe icmp: an echo, or none") {
  Probing icmp(Prober::icmp);
  CHECK(verdict_of(icmp.run("mirror.example.org")) == "connect/timeout");
  icmp.net.host("192.0.2.7:0").hop_limit = 57;
  const Probed probed = icmp.run("mirror.example.org");
  CHECK(verdict_of(probed) == "ok");
  CHECK(probed.icmp->hop_limit == 57);
  CHECK(verdict_of(icmp.run("mirror.example.org:1")) == "connect/malformed");
  CHECK(icmp.run("224.0.0.1").refused_at_once);
}
