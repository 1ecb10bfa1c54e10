// The keys of web-config.yml, each with its place in the file.
#include "exporter/web/web_config.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <span>

#include "exporter/yaml_tree.hpp"
#include "probes/model.hpp"

namespace mw {

namespace {

constexpr int kCheapestHash = 4;
constexpr int kCostliestHash = 15;  ///< two seconds and more for each password that is tried

/// As Go and IANA name them, and as OpenSSL does.
constexpr std::array<std::pair<std::string_view, const char*>, 17> kCiphers = {{
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
}};
constexpr std::size_t kCiphers13 = 3;  ///< the first ones

constexpr std::array<std::pair<std::string_view, const char*>, 4> kCurves = {
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};

constexpr std::array<std::pair<std::string_view, int>, 4> kVersions = {
    {{"TLS10", 10}, {"TLS11", 11}, {"TLS12", 12}, {"TLS13", 13}}};

constexpr std::array<std::pair<std::string_view, ClientAuth>, 6> kClientAuths = {{
    {"NoClientCert", ClientAuth::none},
    {"RequestClientCert", ClientAuth::request},
    {"RequireAnyClientCert", ClientAuth::require_any},
    {"RequireClientCert", ClientAuth::require_any},  // an older name of the same
    {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
    {"RequireAndVerifyClientCert", ClientAuth::require_and_verify},
}};

constexpr std::array<std::string_view, 5> kHeaders = {"Strict-Transport-Security", "X-Content-Type-Options",
                                                      "X-Frame-Options", "X-XSS-Protection", "Content-Security-Policy"};

template <class Table>
std::string names_of(const Table& table) {
  std::string out;
  for (const auto& [name, value] : table) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

template <class Table>
auto find_in(const Table& table, std::string_view name) {
  return std::find_if(table.begin(), table.end(), [name](const auto& row) { return row.first == name; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// $2y$10$ and 53 characters: version, cost, salt and digest.
std::optional<std::string> trouble_of_hash(std::string_view hash) {
  constexpr std::size_t kSize = 60;
  constexpr std::size_t kDigits = 7;
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bool is_known = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  const bool is_whole = hash.size() == kSize && hash[6] == '$' &&
                        hash.substr(kDigits).find_first_not_of(kAlphabet) == std::string_view::npos;
  if (!is_known || !is_whole || hash.substr(4, 2).find_first_not_of("0123456789") != std::string_view::npos)
    return "is not a bcrypt hash, as htpasswd -nBC 10 NAME makes it";
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  if (cost >= kCheapestHash && cost <= kCostliestHash) return std::nullopt;
  return "has the bcrypt cost " + std::to_string(cost) + ", expected 4 to 15: each more doubles the work of a login";
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}
  void read(const YamlNode& node);
  void error(Position at, const std::string& what);
  WebConfig config;
  std::vector<std::string> errors;

 private:
  using Take = void (Reader::*)(std::string_view key, const YamlNode& value);
  struct Table {
    std::string_view path;
    std::span<const std::string_view> keys;
    Take take;  ///< called for these keys only
  };
  bool is_map(const YamlNode& node, std::string_view path);
  void read_table(const YamlNode& node, const Table& table);
  std::optional<std::string> text(const YamlNode& node, std::string_view path);
  std::string path(const YamlNode& node, std::string_view key);
  std::optional<bool> flag(const YamlNode& node, std::string_view path);
  template <class Rows, class Value>
  void one_of(const YamlNode& node, std::string_view path, const Rows& rows, Value& into);
  std::vector<const YamlNode*> list(const YamlNode& node, std::string_view path);

  void take_top(std::string_view key, const YamlNode& value);
  void take_tls(std::string_view key, const YamlNode& value);
  void take_http(std::string_view key, const YamlNode& value);
  void take_algorithms(std::string_view key, const YamlNode& value);
  void take_header(std::string_view name, const YamlNode& value);
  void take_cipher(const YamlNode& node);
  void take_users(const YamlNode& node);
  void check_tls(Position at);

  std::string file_;
};

// ---- values -------------------------------------------------------------------------------------------------

void Reader::error(Position at, const std::string& what) {
  const std::string place = at.line == 0 ? "" : ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  errors.push_back(file_ + place + ": " + what);
}

/// Nothing is an empty table.
bool Reader::is_map(const YamlNode& node, std::string_view path) {
  const bool is = node.kind == YamlNode::Kind::map;
  if (!is && node.kind != YamlNode::Kind::null)
    error(node.at, std::string(path) + " is " + std::string(describe(node.kind)) + ", expected a table");
  return is;
}

void Reader::read_table(const YamlNode& node, const Table& table) {
  if (!is_map(node, table.path.empty() ? "the file" : table.path)) return;
  for (const YamlMember& member : node.members) {
    if (std::find(table.keys.begin(), table.keys.end(), member.key) != table.keys.end()) {
      (this->*table.take)(member.key, member.value);
      continue;
    }
    std::string expected;
    for (const std::string_view key : table.keys) expected.append(expected.empty() ? "" : ", ").append(key);
    error(member.at, "there is no key " + std::string(table.path) + (table.path.empty() ? "" : ".") +
                         printable(member.key, 64) + ": expected one of " + expected);
  }
}

std::optional<std::string> Reader::text(const YamlNode& node, std::string_view path) {
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  error(node.at, std::string(path) + " is " + std::string(describe(node.kind)) + ", expected text");
  return std::nullopt;
}

/// Relative to the file's directory, as the toolkit has it.
std::string Reader::path(const YamlNode& node, std::string_view key) {
  const auto name = text(node, "tls_server_config." + std::string(key));
  if (!name || name->empty()) return "";
  return (std::filesystem::path(file_).parent_path() / *name).string();
}

std::optional<bool> Reader::flag(const YamlNode& node, std::string_view path) {
  const std::string value = node.kind == YamlNode::Kind::scalar ? lower(node.text) : "";
  const bool is_true = value == "true" || value == "yes" || value == "on";
  if (is_true || value == "false" || value == "no" || value == "off") return is_true;
  error(node.at, std::string(path) + " is neither true nor false");
  return std::nullopt;
}

template <class Rows, class Value>
void Reader::one_of(const YamlNode& node, std::string_view path, const Rows& rows, Value& into) {
  const auto name = text(node, path);
  if (!name) return;
  const auto found = find_in(rows, *name);
  if (found == rows.end())
    error(node.at, std::string(path) + " is \"" + printable(*name, 64) + "\", expected one of " + names_of(rows));
  else
    into = found->second;
}

std::vector<const YamlNode*> Reader::list(const YamlNode& node, std::string_view path) {
  std::vector<const YamlNode*> out;
  for (const YamlNode& item : node.items) out.push_back(&item);
  if (node.kind != YamlNode::Kind::sequence && node.kind != YamlNode::Kind::null)
    error(node.at, std::string(path) + " is " + std::string(describe(node.kind)) + ", expected a list");
  return out;
}

// ---- tls_server_config --------------------------------------------------------------------------------------

void Reader::take_tls(std::string_view key, const YamlNode& value) {
  WebTls& tls = config.tls;
  if (key == "cert_file")
    tls.cert_file = path(value, key);
  else if (key == "key_file")
    tls.key_file = path(value, key);
  else if (key == "client_ca_file")
    tls.client_ca_file = path(value, key);
  else if (key == "client_auth_type")
    one_of(value, "tls_server_config.client_auth_type", kClientAuths, tls.client_auth);
  else
    take_algorithms(key, value);
}

void Reader::take_algorithms(std::string_view key, const YamlNode& value) {
  const std::string path = "tls_server_config." + std::string(key);
  WebTls& tls = config.tls;
  if (key == "min_version") one_of(value, path, kVersions, tls.min_version);
  if (key == "max_version") one_of(value, path, kVersions, tls.max_version);
  if (key == "prefer_server_cipher_suites") tls.prefer_server_ciphers = flag(value, path).value_or(true);
  if (key == "cipher_suites")
    for (const YamlNode* item : list(value, path)) take_cipher(*item);
  if (key == "curve_preferences")
    for (const YamlNode* item : list(value, path)) one_of(*item, path, kCurves, tls.curves.emplace_back());
}

void Reader::take_cipher(const YamlNode& node) {
  const auto name = text(node, "tls_server_config.cipher_suites");
  if (!name) return;
  const auto* const found = find_in(kCiphers, *name);
  if (found == kCiphers.end())
    return error(node.at, "tls_server_config.cipher_suites has \"" + printable(*name, 64) + "\", expected one of " +
                              names_of(kCiphers));
  const bool is_13 = found < kCiphers.begin() + kCiphers13;
  (is_13 ? config.tls.ciphers_13 : config.tls.ciphers).emplace_back(found->second);
}

void Reader::check_tls(Position at) {
  const WebTls& tls = config.tls;
  const bool has_ca = !tls.client_ca_file.empty();
  const bool is_verified =
      tls.client_auth == ClientAuth::verify_if_given || tls.client_auth == ClientAuth::require_and_verify;
  if (tls.cert_file.empty()) error(at, "tls_server_config has no cert_file");
  if (tls.key_file.empty()) error(at, "tls_server_config has no key_file");
  if (has_ca && tls.client_auth == ClientAuth::none)
    error(at, "tls_server_config has a client_ca_file, but no client_auth_type that asks for certificates");
  if (!has_ca && is_verified)
    error(at, "tls_server_config has a client_auth_type that verifies, but no client_ca_file");
  if (tls.min_version > tls.max_version) error(at, "tls_server_config.min_version is above max_version");
}

// ---- http_server_config and basic_auth_users ----------------------------------------------------------------

void Reader::take_http(std::string_view key, const YamlNode& value) {
  if (key == "headers") return read_table(value, {"http_server_config.headers", kHeaders, &Reader::take_header});
  if (flag(value, "http_server_config.http2").value_or(false))
    config.warnings.emplace_back("http_server_config.http2 is true, but HTTP/2 is not spoken here: HTTP/1.1 is");
}

void Reader::take_header(std::string_view name, const YamlNode& node) {
  const std::string path = "http_server_config.headers." + std::string(name);
  const auto value = text(node, path);
  if (!value) return;
  if (has_control(*value)) return error(node.at, path + " has a control character");
  if (name == "X-Content-Type-Options" && lower(*value) != "nosniff")
    return error(node.at, path + " is \"" + printable(*value, 64) + "\", expected nosniff");
  if (name == "X-Frame-Options" && lower(*value) != "deny" && lower(*value) != "sameorigin")
    return error(node.at, path + " is \"" + printable(*value, 64) + "\", expected deny or sameorigin");
  if (!value->empty()) config.headers.emplace_back(name, *value);
}

void Reader::take_users(const YamlNode& node) {
  if (!is_map(node, "basic_auth_users")) return;
  for (const YamlMember& member : node.members) {
    const std::string path = "basic_auth_users." + printable(member.key, 64);
    const auto hash = text(member.value, path);
    if (member.key.find(':') != std::string::npos || has_control(member.key))
      error(member.at, path + ": a name cannot have a colon or a control character");
    const auto trouble = hash ? trouble_of_hash(*hash) : std::nullopt;
    if (trouble) error(member.value.at, path + " " + *trouble);
    if (hash) config.users.push_back({member.key, Secret(*hash)});
  }
}

void Reader::take_top(std::string_view key, const YamlNode& value) {
  static constexpr std::array<std::string_view, 9> kTlsKeys = {
      "cert_file",      "key_file",          "client_auth_type",
      "client_ca_file", "min_version",       "max_version",
      "cipher_suites",  "curve_preferences", "prefer_server_cipher_suites"};
  static constexpr std::array<std::string_view, 2> kHttpKeys = {"http2", "headers"};
  if (key == "basic_auth_users") return take_users(value);
  if (key == "http_server_config") return read_table(value, {key, kHttpKeys, &Reader::take_http});
  read_table(value, {key, kTlsKeys, &Reader::take_tls});
  config.has_tls = value.kind == YamlNode::Kind::map && !value.members.empty();
  if (config.has_tls) check_tls(value.at);
}

void Reader::read(const YamlNode& node) {
  static constexpr std::array<std::string_view, 3> kKeys = {"tls_server_config", "http_server_config",
                                                            "basic_auth_users"};
  read_table(node, {"", kKeys, &Reader::take_top});
}

}  // namespace

std::variant<WebConfig, std::vector<std::string>> parse_web_config(const std::string& text, const std::string& file) {
  Reader reader(file);
  const auto parsed = parse_yaml(text);
  if (const auto* broken = std::get_if<YamlError>(&parsed))
    reader.error(broken->at, broken->what);
  else
    reader.read(std::get<YamlNode>(parsed));
  if (!reader.errors.empty()) return std::move(reader.errors);
  return std::move(reader.config);
}

}  // namespace mw
