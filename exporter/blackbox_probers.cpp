// The keys of blackbox_exporter's probers, and what becomes of each. Pure.
#include <algorithm>

#include "exporter/blackbox_rows.hpp"
#include "exporter/config_forms.hpp"
#include "probes/formats/text.hpp"
#include "probes/pattern.hpp"

namespace mw::blackbox {

namespace {

/// A list of tables, each as an item of [[header.key]].
void copy_items(const YamlSpot& spot, std::span<const YamlRow> rows, Block& into) {
  if (!spot.is(YamlNode::Kind::sequence, "a list")) return;
  for (std::size_t i = 0; i < spot.node->items.size(); ++i) {
    Block item{into.header + "." + std::string(spot.key)};
    walk(spot.item(i), rows, item);
    into.add(std::move(item), true);
  }
}

/// A table as [header.key].
void copy_table(const YamlSpot& spot, std::span<const YamlRow> rows, Block& into) {
  Block table{into.header + "." + std::string(spot.key)};
  walk(spot, rows, table);
  into.add(std::move(table));
}

void copy_pattern(const YamlSpot& spot, Block& into) {
  const auto text = text_of(spot);
  if (!text) return;
  if (const auto error = regex_error(*text))
    return spot.fail("is not valid: " + printable(*error) + ", expected a regular expression (RE2 syntax)");
  if (!text->empty()) into.set(spot.key, quote_toml(*text));
}

// ---- headers ------------------------------------------------------------------------------------------------

void secret_header(const YamlSpot& value, const std::string& header, Block& into) {
  const std::string path = file_for(value, lower(header));
  value.warn("may be a secret, which may not stand in a configuration: write it to " + path, into);
  into.header_files.emplace_back(header, path);
}

void take_header(const YamlSpot& value, const std::string& header, Block& into) {
  const auto text = text_of(value);
  if (!text) return;
  if (holds_secret(header)) return secret_header(value, header, into);
  if (const auto trouble = module_header_trouble(header)) return value.warn(*trouble + "; it is left out", into);
  into.headers.emplace_back(header, *text);
}

void copy_headers(const YamlSpot& spot, Block& into) {
  if (!spot.is(YamlNode::Kind::map, "a table")) return;
  for (const YamlMember& member : spot.node->members) take_header(spot.member(member), member.key, into);
}

/// Several values of a header mean the same as one with commas between them.
std::string joined(const YamlSpot& values) {
  std::string out;
  for (std::size_t i = 0; i < values.node->items.size(); ++i)
    if (const auto text = text_of(values.item(i))) out += (out.empty() ? "" : ", ") + *text;
  return out;
}

/// The parts of one header of http_headers.
void take_header_part(const YamlSpot& part, const std::string& header, Block& into) {
  if (part.key != "values" && part.key != "secrets" && part.key != "files")
    return part.fail("is not known to blackbox_exporter 0.28, expected one of values, secrets, files");
  if (!part.is(YamlNode::Kind::sequence, "a list") || part.node->items.empty()) return;
  if (part.key == "values") {
    if (holds_secret(header)) return secret_header(part, header, into);
    into.headers.emplace_back(header, joined(part));
    return;
  }
  for (std::size_t i = 0; i < part.node->items.size(); ++i) {
    const auto text = text_of(part.item(i));
    if (!text) continue;
    if (part.key == "secrets")
      secret_header(part.item(i), header, into);
    else
      into.header_files.emplace_back(header, *text);
  }
}

void copy_http_headers(const YamlSpot& spot, Block& into) {
  if (!spot.is(YamlNode::Kind::map, "a table")) return;
  for (const YamlMember& member : spot.node->members) {
    const YamlSpot header = spot.member(member);
    if (!header.is(YamlNode::Kind::map, "a table with values, secrets or files")) continue;
    for (const YamlMember& part : member.value.members) take_header_part(header.member(part), member.key, into);
  }
}

constexpr YamlRow kHeaderRule[] = {
    {"header", copy_text},
    {"regexp", copy_pattern},
    {"allow_missing", copy_flag},
};
void copy_header_rules(const YamlSpot& spot, Block& into) { copy_items(spot, kHeaderRule, into); }

// ---- credentials --------------------------------------------------------------------------------------------

/// Only the password can come from a file.
void name_of_user(const YamlSpot& spot, Block& into) {
  if (!text_of(spot)) return;
  spot.warn("names a user by a file, expected the name itself: put it in the place of 'user'", into);
  into.set("username", quote_toml("user"));
}

/// A secret from a place that only blackbox_exporter has.
void reference_to_file(const YamlSpot& spot, Block& into) {
  if (!text_of(spot)) return;
  const std::string path = file_for(spot, spot.key);
  spot.warn("names a secret that is not known here: write it to " + path, into);
  into.set(std::string(spot.key) + "_file", quote_toml(path));
}

constexpr YamlRow kBasicAuth[] = {
    {"username", copy_text},      {"username_file", name_of_user}, {"username_ref", name_of_user},
    {"password", secret_to_file}, {"password_file", copy_text},    {"password_ref", reference_to_file, "password"},
};
void copy_basic_auth(const YamlSpot& spot, Block& into) { copy_table(spot, kBasicAuth, into); }

constexpr YamlRow kAuthorization[] = {
    {"type", copy_text},
    {"credentials", secret_to_file},
    {"credentials_file", copy_text},
    {"credentials_ref", reference_to_file, "credentials"},
};
void copy_authorization(const YamlSpot& spot, Block& into) { copy_table(spot, kAuthorization, into); }

/// The older way to write [authorization].
void copy_bearer(const YamlSpot& spot, Block& into) {
  Block table{into.header + ".authorization"};
  const bool is_file = spot.path.ends_with("_file");
  const YamlSpot credentials{spot.node, spot.path, is_file ? "credentials_file" : "credentials", spot.import};
  (is_file ? copy_text : secret_to_file)(credentials, table);
  into.add(std::move(table));
}

// ---- proxies ------------------------------------------------------------------------------------------------

/// Without what stands before the @.
std::string without_user(const std::string& url) {
  const auto scheme = url.find("://");
  const auto at = url.find('@');
  if (scheme == std::string::npos || at == std::string::npos) return url;
  return url.substr(0, scheme + 3) + url.substr(at + 1);
}

void copy_proxy(const YamlSpot& spot, Block& into) {
  const auto url = text_of(spot);
  if (!url || url->empty()) return;
  const bool spoken = url->starts_with("http://") || url->starts_with("socks5://");
  if (!spoken) return spot.warn("is no http or socks5 proxy; it is left out", into);
  Block table{into.header + ".proxy"};
  const std::string bare = without_user(*url);
  table.set("url", quote_toml(bare));
  if (bare != *url) {
    const auto begin = url->find("://") + 3;
    const std::string user = url->substr(begin, url->find('@') - begin);
    table.set("user", quote_toml(user.substr(0, user.find(':'))));
    secret_to_file({spot.node, spot.path, "password", spot.import}, table);
  }
  into.add(std::move(table));
}

void copy_no_proxy(const YamlSpot& spot, Block& into) {
  const auto text = text_of(spot);
  if (!text) return;
  std::string out;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto comma = rest.find(',');
    const std::string_view host = trim(rest.substr(0, comma));
    if (!host.empty()) out += (out.empty() ? "[" : ", ") + quote_toml(host);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  if (!out.empty()) into.set(spot.key, out + "]");
}

// ---- http ---------------------------------------------------------------------------------------------------

void copy_compression(const YamlSpot& spot, Block& into) {
  if (spot.node->text == "br") return spot.warn("br cannot be unpacked here; it is left out", into);
  copy_text(spot, into);
}

void copy_http3(const YamlSpot& spot, Block& into) {
  if (flag_of(spot).value_or(false)) spot.warn("HTTP/3 is not spoken here; HTTP/2 and HTTP/1.1 are", into);
}

void copy_no_follow(const YamlSpot& spot, Block& into) {
  if (const auto flag = flag_of(spot)) into.set(spot.key, *flag ? "false" : "true");
}

void copy_environment_proxy(const YamlSpot& spot, Block& into) {
  if (flag_of(spot).value_or(false))
    spot.warn("is not done here: write the proxy as a table [module.http.proxy]", into);
}

void drop_check(const YamlSpot& spot, Block& into) {
  if (spot.node->kind != YamlNode::Kind::null)
    spot.warn("is a check that cannot be made here: without it the module is content with less", into);
}

constexpr YamlRow kHttp[] = {
    {"preferred_ip_protocol", copy_text},
    {"ip_protocol_fallback", copy_flag},
    {"skip_resolve_phase_with_proxy", copy_flag},
    {"valid_status_codes", copy_numbers},
    {"valid_http_versions", copy_texts},
    {"method", copy_text},
    {"headers", copy_headers},
    {"http_headers", copy_http_headers},
    {"body", copy_text},
    {"body_file", copy_text},
    {"compression", copy_compression},
    {"body_size_limit", copy_size},
    {"follow_redirects", copy_flag},
    {"no_follow_redirects", copy_no_follow, "follow_redirects"},
    {"fail_if_ssl", copy_flag},
    {"fail_if_not_ssl", copy_flag},
    {"fail_if_body_matches_regexp", copy_patterns},
    {"fail_if_body_not_matches_regexp", copy_patterns},
    {"fail_if_body_json_matches_cel", drop_check},
    {"fail_if_body_json_not_matches_cel", drop_check},
    {"fail_if_header_matches", copy_header_rules},
    {"fail_if_header_not_matches", copy_header_rules},
    {"basic_auth", copy_basic_auth},
    {"authorization", copy_authorization},
    {"bearer_token", copy_bearer},
    {"bearer_token_file", copy_bearer},
    {"oauth2", drop},
    {"proxy_url", copy_proxy},
    {"no_proxy", copy_no_proxy},
    {"proxy_from_environment", copy_environment_proxy},
    {"proxy_connect_header", drop},
    {"tls_config", copy_tls},
    {"enable_http2", copy_flag},
    {"enable_http3", copy_http3},
};

// ---- tcp ----------------------------------------------------------------------------------------------------

/// [{name: a, value: b}] as { a = "b" }
void copy_labels(const YamlSpot& spot, Block& into) {
  if (!spot.is(YamlNode::Kind::sequence, "a list of tables with name and value")) return;
  Pairs labels;
  for (std::size_t i = 0; i < spot.node->items.size(); ++i) {
    const YamlSpot item = spot.item(i);
    const YamlNode* name = item.node->find("name");
    const YamlNode* value = item.node->find("value");
    if (name == nullptr || value == nullptr || item.node->members.size() != 2)
      item.fail("is no label, expected a table with name and value");
    else
      labels.emplace_back(name->text, value->text);
  }
  if (!labels.empty()) into.set(spot.key, inline_table(labels));
}

constexpr YamlRow kStep[] = {
    {"expect", copy_pattern}, {"expect_bytes", copy_text}, {"labels", copy_labels},
    {"send", copy_text},      {"starttls", copy_flag},
};
void copy_steps(const YamlSpot& spot, Block& into) { copy_items(spot, kStep, into); }

constexpr YamlRow kTcp[] = {
    {"preferred_ip_protocol", copy_text},
    {"ip_protocol_fallback", copy_flag},
    {"source_ip_address", copy_text},
    {"query_response", copy_steps},
    {"tls", copy_flag},
    {"tls_config", copy_tls},
};

// ---- dns, icmp ----------------------------------------------------------------------------------------------

constexpr YamlRow kRecordRules[] = {
    {"fail_if_matches_regexp", copy_patterns},
    {"fail_if_all_match_regexp", copy_patterns},
    {"fail_if_not_matches_regexp", copy_patterns},
    {"fail_if_none_matches_regexp", copy_patterns},
};
void copy_record_rules(const YamlSpot& spot, Block& into) { copy_table(spot, kRecordRules, into); }

constexpr YamlRow kDns[] = {
    {"preferred_ip_protocol", copy_text},
    {"ip_protocol_fallback", copy_flag},
    {"source_ip_address", copy_text},
    {"transport_protocol", copy_text},
    {"dns_over_tls", copy_flag},
    {"tls_config", copy_tls},
    {"query_name", copy_text},
    {"query_type", copy_text},
    {"query_class", copy_text},
    {"recursion_desired", copy_flag},
    {"valid_rcodes", copy_texts},
    {"validate_answer_rrs", copy_record_rules},
    {"validate_authority_rrs", copy_record_rules},
    {"validate_additional_rrs", copy_record_rules},
};

constexpr YamlRow kIcmp[] = {
    {"preferred_ip_protocol", copy_text}, {"ip_protocol_fallback", copy_flag}, {"source_ip_address", copy_text},
    {"payload_size", copy_number},        {"dont_fragment", copy_flag},        {"ttl", copy_number},
};

// ---- what is not spoken -------------------------------------------------------------------------------------

constexpr YamlRow kGrpc[] = {
    {"service", ignore},
    {"metadata", ignore},
    {"tls", ignore},
    {"tls_config", ignore},
    {"preferred_ip_protocol", ignore},
    {"ip_protocol_fallback", ignore},
};
constexpr YamlRow kUnix[] = {{"query_response", ignore}, {"tls", ignore}, {"tls_config", ignore}};
constexpr YamlRow kWebsocket[] = {
    {"http_config", ignore},          {"headers", ignore},
    {"query_response", ignore},       {"preferred_ip_protocol", ignore},
    {"ip_protocol_fallback", ignore},
};

}  // namespace

std::span<const YamlRow> http_rows() { return kHttp; }
std::span<const YamlRow> tcp_rows() { return kTcp; }
std::span<const YamlRow> dns_rows() { return kDns; }
std::span<const YamlRow> icmp_rows() { return kIcmp; }

std::span<const YamlRow> unspoken_rows(std::string_view prober) {
  if (prober == "grpc") return kGrpc;
  if (prober == "unix") return kUnix;
  return kWebsocket;
}

}  // namespace mw::blackbox
