// URLs in the configuration. None is ever quoted in a message: a URL may hold a password or a token. Pure.
#include <algorithm>

#include "exporter/config_forms.hpp"

namespace mw {

namespace {

using Words = std::vector<std::string>;

std::string alternatives(const Words& schemes) { return schemes.at(0) + " or " + schemes.at(1); }

/// The text before "://" if it looks like a scheme at all.
std::optional<std::string> scheme_of(const std::string& text) {
  const auto end = text.find("://");
  if (end == 0 || end == std::string::npos || end > 16) return std::nullopt;
  std::string scheme = text.substr(0, end);
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!fits) return std::nullopt;
  }
  return scheme;
}

/// The library's own words begin in upper case; ours are the end of a sentence.
std::string as_problem(std::string words) {
  if (words.empty() || words[0] < 'A' || words[0] > 'Z') return words;
  words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return "cannot be read (" + words + ")";
}

std::variant<Url, std::string> read_url(const std::string& text, const Words& schemes) {
  if (text.empty()) return "is empty, expected an " + alternatives(schemes) + " URL";
  const auto scheme = scheme_of(text);
  if (!scheme) return "has no scheme, expected " + alternatives(schemes) + ", as in " + schemes[0] + "://example.org";
  if (std::find(schemes.begin(), schemes.end(), *scheme) == schemes.end())
    return "scheme '" + *scheme + "' is not supported, expected " + alternatives(schemes);
  if (text.compare(scheme->size(), 4, ":///") == 0) return std::string("has no host");  // libcurl would take the path
  auto url = parse_url(text);
  if (const auto* words = std::get_if<std::string>(&url)) return as_problem(*words);
  return url;
}

bool has_query(const Url& url) { return url.target.find('?') != std::string::npos; }

using Read = std::variant<Url, std::string> (*)(const std::string&);

Form<Url> url_form(std::string expects, Read read) {
  Form<Url> form;
  form.expects = std::move(expects);
  form.read = [expected = form.expects, read](const Spot& spot) -> std::optional<Url> {
    if (!spot.is(TomlNode::Kind::string, expected)) return std::nullopt;
    auto url = read(spot.node->text);
    if (auto* good = std::get_if<Url>(&url)) return std::move(*good);
    spot.fail(std::get<std::string>(url));
    return std::nullopt;
  };
  form.print = [](const Url& url) { return url.host.empty() ? std::string() : quote_toml(url.str()); };
  return form;
}

std::variant<Url, std::string> read_mirror(const std::string& text) {
  auto url = read_url(text, {"http", "https"});
  const auto* good = std::get_if<Url>(&url);
  if (good != nullptr && has_query(*good)) return std::string("has a query (?…), expected a URL to append paths to");
  return url;
}

std::variant<Url, std::string> read_list(const std::string& text) { return read_url(text, {"http", "https"}); }

std::variant<Url, std::string> read_proxy(const std::string& text) {
  auto url = read_url(text, {"http", "socks5"});
  const auto* good = std::get_if<Url>(&url);
  if (good != nullptr && good->target != "/") return std::string("has a path, expected only a host and a port");
  return url;
}

}  // namespace

Form<Url> mirror_url() { return url_form("an http or https URL", read_mirror); }

Form<Url> list_url() { return url_form("an http or https URL", read_list); }

Form<Url> proxy_url() { return url_form("an http or socks5 URL", read_proxy); }

Form<std::string> page_url() {
  const Form<Url> url = url_form("an http or https URL", read_mirror);
  Form<std::string> form;
  form.expects = url.expects;
  form.read = [url](const Spot& spot) -> std::optional<std::string> {
    const auto value = url.read(spot);
    if (!value) return std::nullopt;
    std::string kept = value->str();
    while (kept.ends_with('/')) kept.pop_back();
    return kept;
  };
  form.print = [](const std::string& value) { return value.empty() ? value : quote_toml(value); };
  return form;
}

}  // namespace mw
