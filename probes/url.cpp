// URL parsing by libcurl's own parser: the one place that knows CURLU.
#include "probes/url.hpp"

#include <curl/urlapi.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <memory>
#include <vector>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owned(text, curl_free);
  return owned.get();
}

bool has_forbidden_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '\\'; });
}

std::uint16_t default_port(const std::string& scheme) {
  static const std::map<std::string, std::uint16_t> known = {
      {"http", 80}, {"https", 443}, {"smtp", 587}, {"smtps", 465}, {"socks5", 1080}};
  const auto found = known.find(scheme);
  return found == known.end() ? 0 : found->second;
}

using Schemes = std::vector<std::string_view>;
const Schemes kWeb = {"http", "https", "socks5"};
const Schemes kMail = {"smtp", "smtps"};

std::variant<Url, std::string> read(CURLU* handle, const Schemes& schemes) {
  Url url;
  url.scheme = lower(part(handle, CURLUPART_SCHEME));
  if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end())
    return "scheme '" + url.scheme + "' is not supported, expected " + std::string(schemes[0]) + " or " +
           std::string(schemes[1]);
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty())
    return std::string("holds a user name or password: put it into its own key instead");
  if (!part(handle, CURLUPART_FRAGMENT).empty()) return std::string("has a fragment (#…), which is never sent");
  url.host = lower(part(handle, CURLUPART_HOST));
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  if (!url.host.empty() && url.host.back() == '.') url.host.pop_back();
  if (url.host.empty()) return std::string("has no host");
  const std::string port = part(handle, CURLUPART_PORT);
  url.port = default_port(url.scheme);
  if (!port.empty()) std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (url.port == 0) return std::string("port 0 cannot be connected to");
  const std::string query = part(handle, CURLUPART_QUERY);
  url.target = part(handle, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
  return url;
}

std::variant<Url, std::string> parse_into(CURLU* handle, std::string_view text, const Schemes& schemes) {
  if (text.size() > 8192) return std::string("is longer than 8192 bytes");
  if (has_forbidden_byte(text)) return std::string("holds a space, control character or backslash");
  // libcurl takes the first name after any number of slashes for the host; nobody means that.
  const std::size_t scheme_end = std::min(text.find_first_of(":/?#"), text.size());
  if (text.substr(scheme_end).starts_with(":///")) return std::string("has no host");
  const CURLUcode code = curl_url_set(handle, CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return std::string(curl_url_strerror(code));
  return read(handle, schemes);
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == default_port(scheme) ? name : name + ":" + std::to_string(port);
}

std::string Url::str() const { return scheme + "://" + authority() + target; }

std::variant<Url, std::string> parse_url(std::string_view text) {
  const Handle handle(curl_url());
  return parse_into(handle.get(), text, kWeb);
}

std::variant<Url, std::string> parse_mail_server(std::string_view text) {
  const Handle handle(curl_url());
  auto url = parse_into(handle.get(), text, kMail);
  const auto* good = std::get_if<Url>(&url);
  if (good != nullptr && good->target != "/") return std::string("has a path, expected only a host and a port");
  return url;
}

std::variant<Url, std::string> resolve_reference(const Url& base, std::string_view reference) {
  if (reference.empty()) return std::string("is empty");
  const Handle handle(curl_url());
  curl_url_set(handle.get(), CURLUPART_URL, base.str().c_str(), CURLU_NON_SUPPORT_SCHEME);
  const std::string_view no_fragment = reference.substr(0, reference.find('#'));
  return parse_into(handle.get(), no_fragment.empty() ? base.target : no_fragment, kWeb);
}

Url join(const Url& base, std::string_view path) {
  Url joined = base;
  while (path.starts_with('/')) path.remove_prefix(1);
  if (!joined.target.ends_with('/')) joined.target += '/';
  joined.target += path;
  return joined;
}

}  // namespace mw
