// The rules of module paths, element by element.
#include "probes/formats/module_path.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/case_fold.hpp"
#include "probes/formats/semver.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

enum class Kind { module, file };

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool fits(char c, Kind kind) {
  if (is_digit(c) || is_lower(c) || is_upper(c)) return true;
  constexpr std::string_view kModule = "-._~";
  constexpr std::string_view kFile = "-._~ !#$%&()+,=@[]^{}";
  return kind == Kind::module ? kModule.find(c) != std::string_view::npos
                              : !is_ascii(c) || kFile.find(c) != std::string_view::npos;
}

/// Names that Windows keeps for devices, whatever follows a dot.
bool is_device(std::string_view stem) {
  constexpr std::array<std::string_view, 4> kPlain = {"con", "prn", "aux", "nul"};
  for (const std::string_view name : kPlain)
    if (equal_ignoring_case(stem, name)) return true;
  const bool numbered = stem.size() == 4 && stem[3] >= '1' && stem[3] <= '9';
  return numbered && (equal_ignoring_case(stem.substr(0, 3), "com") || equal_ignoring_case(stem.substr(0, 3), "lpt"));
}

/// "longna~1": a short name that Windows makes up.
bool is_short_name(std::string_view stem) {
  const std::size_t tilde = stem.rfind('~');
  if (tilde == std::string_view::npos || tilde + 1 == stem.size()) return false;
  const std::string_view suffix = stem.substr(tilde + 1);
  return std::all_of(suffix.begin(), suffix.end(), is_digit);
}

bool is_element(std::string_view element, Kind kind) {
  if (element.empty() || element.back() == '.') return false;
  if (kind == Kind::module && element.front() == '.') return false;
  if (!std::all_of(element.begin(), element.end(), [kind](char c) { return fits(c, kind); })) return false;
  const std::string_view stem = element.substr(0, element.find('.'));
  return !is_device(stem) && (kind == Kind::file || !is_short_name(stem));
}

bool are_elements(std::string_view path, Kind kind) {
  for (;;) {
    const std::size_t slash = path.find('/');
    if (!is_element(path.substr(0, slash), kind)) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_first_element(std::string_view element) {
  const auto fits_host = [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.'; };
  return element.find('.') != std::string_view::npos && element.front() != '-' &&
         std::all_of(element.begin(), element.end(), fits_host);
}

/// The suffix of a path that names its major version, "/v2" or ".v1"; empty for none; nothing when it is not allowed.
using Major = std::optional<std::string_view>;

Major gopkg_major(std::string_view path) {
  constexpr std::string_view kUnstable = "-unstable";
  std::size_t start = path.ends_with(kUnstable) ? path.size() - kUnstable.size() : path.size();
  const std::size_t end = start;
  while (start > 0 && is_digit(path[start - 1])) --start;
  if (start < 2 || start == end || path[start - 1] != 'v' || path[start - 2] != '.') return std::nullopt;
  if (path[start] == '0' && path.substr(start) != "0") return std::nullopt;
  return path.substr(start - 2, end - start + 2);
}

Major major_of(std::string_view path) {
  if (path.starts_with("gopkg.in/")) return gopkg_major(path);
  std::size_t start = path.size();
  while (start > 0 && (is_digit(path[start - 1]) || path[start - 1] == '.')) --start;
  if (start < 2 || start == path.size() || path[start - 1] != 'v' || path[start - 2] != '/') return "";
  const std::string_view number = path.substr(start);
  const bool dotted = number.find('.') != std::string_view::npos;
  if (dotted || number.front() == '0' || number == "1") return std::nullopt;
  return path.substr(start - 2);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_upper(c)) out += '!';
    out += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_upper(text[i]) || !is_ascii(text[i])) return std::nullopt;
    const bool bang = text[i] == '!';
    if (bang && (++i == text.size() || !is_lower(text[i]))) return std::nullopt;
    out += bang ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
  }
  return out;
}

bool is_version_name(std::string_view version) {
  const auto plain = [](char c) { return is_ascii(c) && c != '!'; };
  return is_element(version, Kind::file) && std::all_of(version.begin(), version.end(), plain);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~$&+=:@/";
  std::string out;
  for (const char c : text) {
    if (is_digit(c) || is_lower(c) || is_upper(c) || kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return out;
}

}  // namespace

std::string shown(const ModuleVersion& one) { return one.module + "@" + one.version; }

bool is_module_path(std::string_view path) {
  return are_elements(path, Kind::module) && path.front() != '-' && is_first_element(path.substr(0, path.find('/'))) &&
         major_of(path).has_value();
}

bool is_module_file(std::string_view path) { return is_valid_utf8(path) && are_elements(path, Kind::file); }

bool version_fits(std::string_view path, std::string_view version) {
  const Major major = major_of(path);
  const auto parsed = parse_semver(version);
  if (!major || !parsed) return false;
  if (major->empty()) return parsed->major == "0" || parsed->major == "1" || parsed->build == "+incompatible";
  // An old fault of the go command made such versions for ".v1".
  if (*major == ".v1" && version.starts_with("v0.0.0-")) return true;
  return major->substr(2) == parsed->major;
}

std::optional<std::string> escape_path(std::string_view path) {
  if (!is_module_path(path)) return std::nullopt;
  return escaped(path);
}

std::optional<std::string> escape_version(std::string_view version) {
  if (!is_version_name(version)) return std::nullopt;
  return escaped(version);
}

std::optional<std::string> unescape_path(std::string_view text) {
  auto path = unescaped(text);
  if (!path || !is_module_path(*path)) return std::nullopt;
  return path;
}

std::optional<std::string> unescape_version(std::string_view text) {
  auto version = unescaped(text);
  if (!version || !is_version_name(*version)) return std::nullopt;
  return version;
}

std::optional<std::string> proxy_path(std::string_view path, std::string_view what) {
  const auto module = escape_path(path);
  if (!module) return std::nullopt;
  return percent_encoded(*module + "/" + std::string(what));
}

std::optional<std::string> proxy_path(const ModuleVersion& one, std::string_view suffix) {
  const auto version = escape_version(one.version);
  if (!version) return std::nullopt;
  return proxy_path(one.module, "@v/" + *version + std::string(suffix));
}

}  // namespace mw
