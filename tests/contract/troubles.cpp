// The table, and how each trouble is made.
#include "tests/contract/troubles.hpp"

#include "tests/contract/canary_secret.hpp"
#include "tests/support/file.hpp"

namespace mw {

namespace {

using Spoil = std::function<void(ContractWorld&, const std::string&)>;

constexpr std::string_view kNamedOrigin = "http://mirror.example.org";
constexpr std::string_view kSecureOrigin = "https://192.0.2.7";
constexpr std::size_t kTooMuch = 17'000'000;
const FakePage kWebPage{200, "<!DOCTYPE html><html><title>Sign in</title></html>", {{"content-type", "text/html"}}};

Spoil name_fails(Reason reason) {
  return [reason](ContractWorld& world, const std::string&) {
    world.run.net.name_is(std::string(kMirrorName), {Failure{Layer::dns, reason, "asked"}, {}, {}});
  };
}

Spoil host_has(std::string trouble) {
  return [trouble = std::move(trouble)](ContractWorld& world, const std::string&) { world.host().trouble = trouble; };
}

Spoil answered(FakePage page) {
  return [page = std::move(page)](ContractWorld& world, const std::string& target) { world.page(target) = page; };
}

Spoil answered(int status, Headers headers = {}) {
  return answered({status, "status " + std::to_string(status), std::move(headers)});
}

Spoil redirected(std::string location) { return answered(302, {{"location", std::move(location)}}); }

Spoil coded(std::string body) { return answered({200, std::move(body), {{"content-encoding", "gzip"}}}); }

std::string corrupt_gzip() {
  std::string bytes = source_file("tests/fixtures/packed/hello.gz");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0xFF);
  return bytes;
}

void answer_all_with_a_page(ContractWorld& world, const std::string&) {
  for (auto& [target, page] : world.host().pages) page = kWebPage;
}

/// With a token in the query, as signed links have.
void redirect_in_circles(ContractWorld& world, const std::string& target) {
  const std::string again = target + "?token=" + kCanary;
  world.page(target) = {302, "", {{"location", again}}};
  world.page(again) = {302, "", {{"location", again}}};
}

void redirect_to_private_name(ContractWorld& world, const std::string& target) {
  Answer inside;
  inside.addresses = {*parse_address("10.0.0.1")};
  world.run.net.name_is("inside.example.org", inside);
  world.page(target) = {302, "", {{"location", "http://inside.example.org/"}}};
}

void go_through_dead_proxy(ContractWorld& world, const std::string&) {
  world.run.mirror.proxy = Proxy{std::get<Url>(parse_url("http://192.0.2.8:3128")), secret_credentials()};
  world.run.configured.insert("192.0.2.8");
}

void flip_a_byte(ContractWorld& world, const std::string& target) {
  char& byte = world.page(target).body.at(world.site.flip);
  byte = static_cast<char>(byte ^ 1);
}

void date_a_day_ahead(ContractWorld& world, const std::string& target) {
  world.page(target) = {200, world.site.future_marker, {}};
}

using Rows = std::vector<ContractTrouble>;

Rows on_the_way() {
  Rows rows;
  const auto both = [&rows](std::string_view name, std::string_view outcome, Spoil spoil,
                            std::string_view origin = kPlainOrigin) {
    rows.push_back({name, outcome, outcome, std::move(spoil), origin, false});
  };
  both("name does not exist", "dns/nxdomain", name_fails(Reason::nxdomain), kNamedOrigin);
  both("name without addresses", "dns/no_data", name_fails(Reason::no_data), kNamedOrigin);
  both("resolver fails", "dns/servfail", name_fails(Reason::servfail), kNamedOrigin);
  both("resolver silent", "dns/timeout", name_fails(Reason::timeout), kNamedOrigin);
  both("connection refused", "connect/refused", host_has("refused"));
  both("host unreachable", "connect/unreachable", host_has("unreachable"));
  both("connection times out", "connect/timeout", host_has("blackhole"));
  both("proxy refuses", "connect/refused", &go_through_dead_proxy);
  both("certificate expired", "tls/expired", host_has("tls_expired"), kSecureOrigin);
  both("certificate of another host", "tls/host_mismatch", host_has("tls_host_mismatch"), kSecureOrigin);
  both("certificate self-signed", "tls/self_signed", host_has("tls_self_signed"), kSecureOrigin);
  both("no TLS spoken", "tls/protocol", host_has("tls_protocol"), kSecureOrigin);
  both("handshake stalls", "tls/timeout", host_has("tls_stalled"), kSecureOrigin);
  both("connection reset", "http/reset", host_has("reset"));
  both("silent after the request", "http/timeout", host_has("silent"));
  both("header drips", "http/timeout", host_has("slow_header"));
  both("endless header", "http/header_limit", host_has("header_limit"));
  both("malformed answer", "http/malformed", host_has("malformed"));
  both("truncated body", "http/truncated", host_has("truncated"));
  both("endless body", "http/body_limit", host_has("body_limit"));
  both("captive portal", "content/html", &answer_all_with_a_page);
  return rows;
}

Rows of_one_page() {
  return {
      {"not found", "http/not_found", "integrity/missing_artifact", answered(404)},
      {"gone", "http/not_found", "integrity/missing_artifact", answered(410)},
      {"credentials demanded", "http/unauthorized", "http/unauthorized",
       answered(401, {{"www-authenticate", "Basic"}})},
      {"forbidden", "http/unauthorized", "http/unauthorized", answered(403)},
      {"asked to slow down", "http/rate_limited", "http/rate_limited", answered(429, {{"retry-after", "120"}})},
      {"another client error", "http/client_error", "http/client_error", answered(451)},
      {"server error", "http/server_error", "http/server_error", answered(500)},
      {"unavailable", "http/server_error", "http/server_error", answered(503, {{"retry-after", "120"}})},
      {"no content", "http/unexpected_status", "http/unexpected_status", answered(204)},
      {"web page", "content/html", "content/html", answered(kWebPage)},
      {"empty", "content/empty", "content/empty", answered({200, "", {}})},
      {"unreadable bytes", "content/parse", "content/parse", answered({200, std::string("\x01\0\xFE\xFF??", 6), {}})},
      {"more than is read", "http/body_limit", "http/body_limit", answered({200, std::string(kTooMuch, 'x'), {}})},
      {"coded bomb", "content/content_limit", "content/parse", coded(source_file("tests/fixtures/packed/bomb.gz"))},
      {"corrupt coding", "http/encoding", "content/parse", coded(corrupt_gzip())},
      {"redirect loop", "http/redirect_loop", "http/redirect_loop", &redirect_in_circles},
      {"redirect to nowhere", "http/malformed", "http/malformed", answered(302)},
      {"redirect to a private address", "http/redirect_blocked", "http/redirect_blocked",
       redirected("http://10.0.0.1/")},
      {"redirect to a private name", "http/redirect_blocked", "http/redirect_blocked", &redirect_to_private_name},
      {"redirect with user-info", "http/redirect_blocked", "http/redirect_blocked",
       redirected("http://ci:" + kCanary + "@mirror.example.org/")},
      {"redirect from https to http", "http/redirect_blocked", "http/redirect_blocked", redirected("http://192.0.2.7/"),
       kSecureOrigin},
      {"marker from the future", "freshness/future", "-", &date_a_day_ahead},
      {"one byte flipped", "-", "integrity/checksum", &flip_a_byte},
  };
}

Rows all_rows() {
  Rows rows = on_the_way();
  for (ContractTrouble& row : of_one_page()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

ContractWorld::ContractWorld(std::string_view ecosystem, ContractSite made, std::string_view origin)
    : run(std::string(ecosystem), std::string(origin) + made.base, kContractNow), site(std::move(made)) {
  const Url& url = run.mirror.url;
  endpoint = "192.0.2.7:" + std::to_string(url.port);
  if (url.host == kMirrorName) run.net.name_is(url.host, {std::nullopt, {*parse_address("192.0.2.7")}, {}});
  site.arrange(run);
  host().pages = site.pages;
  give_secrets(run.mirror);
}

const std::vector<ContractTrouble>& contract_troubles() {
  static const std::vector<ContractTrouble> all = all_rows();
  return all;
}

}  // namespace mw
