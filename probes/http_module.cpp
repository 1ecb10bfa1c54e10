// The rules, in the order in which they are asked.
#include "probes/http_module.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "probes/follow.hpp"
#include "probes/formats/dates.hpp"
#include "probes/formats/inflate.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

std::string origin_of(const Url& url) { return url.scheme + "://" + url.host + ":" + std::to_string(url.port); }

bool is_redirect(int status) {
  constexpr std::array kStatuses = {301, 302, 303, 307, 308};
  return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

std::string value_of(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return {};
}

std::string without_port(const std::string& authority) {
  const std::size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[')) return authority.substr(1, end == std::string::npos ? end : end - 1);
  return authority.substr(0, end);
}

/// Says how it is to be got, not who wants it: may go to another origin.
bool may_travel(std::string_view name) {
  constexpr std::array<std::string_view, 4> kFree = {"accept", "accept-encoding", "accept-language", "user-agent"};
  return std::find(kFree.begin(), kFree.end(), lower(name)) != kFree.end();
}

/// Relative: no scheme and no authority of its own.
bool is_relative(std::string_view location) {
  const std::size_t mark = location.find_first_of(":/?#");
  const bool has_scheme = mark != std::string_view::npos && mark > 0 && location[mark] == ':';
  return !has_scheme && !location.starts_with("//") && !location.starts_with("\\") && !location.starts_with("/\\");
}

/// A Location may hold secrets in its query, and a password before an @.
std::string shown(const std::string& location) {
  const std::string bare = location.substr(0, location.find_first_of("?#"));
  const std::size_t at = bare.rfind('@');
  return printable(at == std::string::npos ? bare : "…" + bare.substr(at), 128);
}

void authorize(Fetch& fetch, const HttpModule& http) {
  const HttpAuthorization& who = http.authorization;
  fetch.credentials.user = who.user;
  fetch.credentials.password = who.password;
  if (who.credentials.empty()) return;
  if (who.type == "Bearer")
    fetch.credentials.bearer = who.credentials;
  else
    fetch.headers.emplace_back("Authorization", who.type + " " + who.credentials.reveal());
}

void add_headers(Fetch& fetch, const HttpModule& http, bool own) {
  for (const auto& [name, value] : http.headers)
    if (!equal_ignoring_case(name, "host") && (own || may_travel(name))) fetch.headers.emplace_back(name, value);
  if (!own) return;
  for (const auto& [name, value] : http.secret_headers) fetch.headers.emplace_back(name, value.reveal());
}

bool any_matches(const std::vector<Regex>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Regex& each) { return each.matches(text); });
}

Failure mismatch(Reason reason, const std::string& what) { return {Layer::content, reason, what}; }

std::vector<std::string> values_of(const Reply& reply, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : reply.headers)
    if (equal_ignoring_case(key, name)) values.push_back(value);
  return values;
}

/// `unwanted`: a match is what the rule minds; else the lack of one is.
std::optional<Failure> minds_header(const HeaderRule& rule, const Reply& reply, bool unwanted) {
  const std::vector<std::string> values = values_of(reply, rule.header);
  if (values.empty() && rule.allow_missing) return std::nullopt;
  if (values.empty()) return mismatch(Reason::header_mismatch, "the header " + rule.header + " is missing");
  const bool found =
      std::any_of(values.begin(), values.end(), [&](const std::string& value) { return rule.regexp.matches(value); });
  if (found != unwanted) return std::nullopt;
  return mismatch(Reason::header_mismatch,
                  "the header " + rule.header + (found ? " matches " : " does not match ") + rule.regexp.pattern());
}

std::optional<Failure> minds_headers(const HttpModule& http, const Reply& reply) {
  for (const HeaderRule& rule : http.fail_if_header_matches)
    if (auto failure = minds_header(rule, reply, true)) return failure;
  for (const HeaderRule& rule : http.fail_if_header_not_matches)
    if (auto failure = minds_header(rule, reply, false)) return failure;
  return std::nullopt;
}

std::optional<Failure> minds_body(const HttpModule& http, const Reply& reply) {
  if (any_matches(http.fail_if_body_matches, reply.body))
    return mismatch(Reason::body_mismatch, "the body matches a pattern that it must not");
  for (const Regex& pattern : http.fail_if_body_not_matches)
    if (!pattern.matches(reply.body))
      return mismatch(Reason::body_mismatch, "the body does not match " + pattern.pattern());
  return std::nullopt;
}

bool looks_at_body(const HttpModule& http) {
  return !http.fail_if_body_matches.empty() || !http.fail_if_body_not_matches.empty();
}

bool looks_at_headers(const HttpModule& http) {
  return !http.fail_if_header_matches.empty() || !http.fail_if_header_not_matches.empty();
}

std::string protocol_of(const Reply& reply) {
  return "HTTP/" + (reply.http_version == "2" ? "2.0" : reply.http_version);
}

std::optional<Failure> minds_version(const HttpModule& http, const Reply& reply) {
  const auto& wanted = http.valid_http_versions;
  if (wanted.empty() || std::find(wanted.begin(), wanted.end(), protocol_of(reply)) != wanted.end())
    return std::nullopt;
  return Failure{Layer::http, Reason::unexpected_status, protocol_of(reply) + " is not a version that is wanted"};
}

std::optional<Failure> minds_ssl(const HttpProbed& seen, const HttpModule& http) {
  if (seen.ssl && http.fail_if_ssl) return Failure{Layer::tls, Reason::protocol, "TLS is spoken, and must not be"};
  if (!seen.ssl && http.fail_if_not_ssl) return Failure{Layer::tls, Reason::protocol, "TLS is not spoken, and must be"};
  return std::nullopt;
}

}  // namespace

std::variant<Url, std::string> target_url(std::string_view target) {
  const std::string start = lower(target.substr(0, 8));
  const bool has_scheme = start.starts_with("http://") || start.starts_with("https://");
  auto parsed = parse_url(has_scheme ? std::string(target) : "http://" + std::string(target));
  if (const auto* url = std::get_if<Url>(&parsed))
    if (url->scheme != "http" && url->scheme != "https") return "is neither http nor https";
  return parsed;
}

HttpHop first_http_hop(const ProbeTarget& target, const Url& url) {
  const HttpModule& http = target.module->http;
  HttpHop hop;
  hop.url = url;
  hop.method = http.method;
  hop.body = http.body;
  hop.host_header = value_of(http.headers, "host");
  if (hop.host_header.empty()) hop.host_header = target.hostname;
  hop.server_name = http.tls_terms.server_name;
  if (hop.server_name.empty()) hop.server_name = without_port(hop.host_header);
  return hop;
}

std::variant<std::optional<HttpHop>, Failure> next_http_hop(const HttpHop& hop, const Reply& reply, const Url& origin) {
  const auto location = header(reply, "location");
  if (!is_redirect(reply.status) || !location) return std::nullopt;
  const auto resolved = resolve_reference(hop.url, *location);
  if (const auto* error = std::get_if<std::string>(&resolved))
    return Failure{Layer::http, Reason::redirect_blocked, "Location " + shown(*location) + " " + *error};
  HttpHop next = hop;
  next.url = std::get<Url>(resolved);
  if (next.url.scheme != "http" && next.url.scheme != "https")
    return Failure{Layer::http, Reason::redirect_blocked, "from " + hop.url.scheme + " to " + next.url.scheme};
  const bool keeps_method = reply.status == 307 || reply.status == 308;
  if (!keeps_method && hop.method != "GET" && hop.method != "HEAD") next.method = "GET";
  if (!keeps_method) next.body.clear();
  next.stays = is_relative(*location) && origin_of(next.url) == origin_of(hop.url);
  next.own = hop.own && origin_of(next.url) == origin_of(origin);
  if (!next.stays) next.host_header.clear();
  if (!next.stays) next.server_name.clear();
  return next;
}

void keep_cookies(Cookies& cookies, const Url& url, const Reply& reply) {
  constexpr std::size_t kMost = 32;
  for (const auto& [name, value] : reply.headers) {
    if (name != "set-cookie") continue;
    const std::string_view pair = trim(std::string_view(value).substr(0, value.find(';')));
    const std::size_t equals = pair.find('=');
    auto& jar = cookies[origin_of(url)];
    if (equals == std::string_view::npos || equals == 0 || jar.size() >= kMost) continue;
    jar[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
}

Fetch fetch_of(const ProbeTarget& target, const HttpHop& hop, const Cookies& cookies) {
  const HttpModule& http = target.module->http;
  Fetch fetch;
  fetch.method = hop.method;
  fetch.url = hop.url;
  fetch.body = hop.body;
  add_headers(fetch, http, hop.own);
  if (hop.own) authorize(fetch, http);
  const std::string host = hop.host_header.empty() ? hop.url.authority() : hop.host_header;
  if (!hop.server_name.empty() && hop.url.scheme == "https") fetch.url.host = hop.server_name;
  if (host != fetch.url.authority()) fetch.headers.emplace_back("Host", host);
  if (value_of(http.headers, "user-agent").empty()) fetch.headers.emplace_back("User-Agent", target.user_agent);
  const bool coded = http.compression != Coding::none && http.compression != Coding::identity;
  if (coded && value_of(http.headers, "accept-encoding").empty())
    fetch.headers.emplace_back("Accept-Encoding", std::string(name(http.compression)));
  std::string sent;
  if (const auto jar = cookies.find(origin_of(hop.url)); jar != cookies.end())
    for (const auto& [key, value] : jar->second) sent += (sent.empty() ? "" : "; ") + key + "=" + value;
  if (!sent.empty()) fetch.headers.emplace_back("Cookie", sent);
  fetch.tls = http.tls;
  if (!hop.own) fetch.tls.cert_file.clear();
  if (!hop.own) fetch.tls.key_file.clear();
  fetch.terms = http.tls_terms;
  fetch.tell_tls = hop.url.scheme == "https";
  fetch.http2 = http.enable_http2 && hop.url.scheme == "https";
  fetch.body_limit = http.body_size_limit > 0 && !coded ? http.body_size_limit : kProbeBodyLimit;
  fetch.keep_body = coded || looks_at_body(http);
  return fetch;
}

bool goes_direct(const std::vector<std::string>& no_proxy, std::string_view host) {
  const auto address = parse_address(host);
  return std::any_of(no_proxy.begin(), no_proxy.end(), [&](const std::string& entry) {
    if (entry == "*") return true;
    if (const auto network = parse_network(entry); network && address)
      return ProbePolicy({}, {entry}).refuses(host, *address) == std::nullopt;
    const std::string_view suffix =
        entry.starts_with("*.") ? std::string_view(entry).substr(1) : std::string_view(entry);
    if (suffix.starts_with('.')) return host.ends_with(suffix);
    return host == suffix || (host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.');
  });
}

void add_phases(HttpProbed& seen, const Timings& timings, bool final) {
  seen.connect += timings.connect.value_or(Duration::zero());
  seen.tls += timings.tls.value_or(Duration::zero());
  seen.processing += timings.processing.value_or(Duration::zero());
  if (final) seen.transfer += timings.transfer.value_or(Duration::zero());
}

void read_answer(HttpProbed& seen, const Reply& reply, const Url& url) {
  if (reply.status == 0) return;
  seen.status = reply.status;
  std::from_chars(reply.http_version.data(), reply.http_version.data() + reply.http_version.size(), seen.version);
  seen.ssl = url.scheme == "https";
  const bool never_has_body = reply.status == 204 || reply.status == 304;
  const auto length = parse_decimal(header(reply, "content-length").value_or(""));
  seen.content_length = never_has_body ? 0 : length ? static_cast<std::int64_t>(*length) : -1;
  seen.body_bytes = reply.body_bytes;
  if (const auto date = header(reply, "last-modified")) seen.last_modified = parse_header_date(*date);
}

std::optional<Failure> decode_answer(Reply& reply, const HttpModule& http) {
  const std::uint64_t limit = http.body_size_limit > 0 ? http.body_size_limit : kProbeBodyLimit;
  if (http.compression != Coding::gzip && http.compression != Coding::deflate) return std::nullopt;
  std::string plain;
  bool good = false;
  if (http.compression == Coding::gzip) {
    auto unpacked = gunzip(reply.body, limit);
    if (auto* text = std::get_if<std::string>(&unpacked)) plain = std::move(*text);
    good = std::holds_alternative<std::string>(unpacked);
  } else {
    RawInflate inflate;
    std::string_view packed = reply.body;
    good = inflate.feed(packed, [&](std::string_view piece) { return plain.append(piece).size() <= limit; }) ==
           RawInflate::State::ended;
  }
  reply.body = std::move(plain);
  reply.body_bytes = reply.body.size();
  if (good) return std::nullopt;
  return Failure{Layer::http, Reason::encoding, "the body is not in " + std::string(name(http.compression))};
}

std::optional<Failure> judge_answer(HttpProbed& seen, const HttpModule& http, const Reply& reply,
                                    bool refused_redirect) {
  if (auto failure = unwanted_status(reply.status, http.valid_status_codes)) return failure;
  if (looks_at_headers(http)) {
    auto failure = minds_headers(http, reply);
    seen.failed_due_to_regex = failure.has_value();
    if (failure) return failure;
  }
  if (looks_at_body(http)) {
    auto failure = minds_body(http, reply);
    const bool unread = reply.failure.has_value() || refused_redirect;
    seen.failed_due_to_regex = failure.has_value() || unread;
    if (failure) return failure;
    if (refused_redirect) return mismatch(Reason::body_mismatch, "a redirect that is not followed has no body");
  }
  if (auto failure = minds_version(http, reply)) return failure;
  return minds_ssl(seen, http);
}

}  // namespace mw
