// One pass over line starts, then one paragraph read in full.
#include "probes/formats/packages.hpp"

#include <algorithm>

#include "probes/formats/deb822.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kPackage = "Package:";

bool is_package_line(std::string_view line, std::string_view name) {
  return line.size() >= kPackage.size() && equal_ignoring_case(line.substr(0, kPackage.size()), kPackage) &&
         trim(line.substr(kPackage.size())) == name;
}

/// The text from the start of the paragraph that has the line, or an empty one.
std::string_view seek(std::string_view index, std::string_view name) {
  std::string_view paragraph = index;
  while (!index.empty()) {
    const std::string_view line = take_line(index);
    if (is_package_line(line, name)) return paragraph;
    if (trim(line).empty()) paragraph = index;
  }
  return {};
}

std::variant<PackageFile, PackageTrouble> read(const Paragraph& paragraph) {
  const auto path = field(paragraph, "Filename");
  const auto size = field(paragraph, "Size");
  const auto digest = field(paragraph, "SHA256");
  if (!path || !size || !digest) return PackageTrouble::malformed;
  const auto bytes = parse_decimal(*size);
  // Flat repositories write "./name.deb".
  const std::string_view plain = path->starts_with("./") ? path->substr(2) : *path;
  if (!bytes || !is_sha256(*digest) || !is_plain_path(plain)) return PackageTrouble::malformed;
  return PackageFile{std::string(plain), *bytes, std::string(*digest)};
}

bool is_path_byte(char c) {
  constexpr std::string_view kForbidden = "\\?#\x7f";
  return static_cast<unsigned char>(c) > ' ' && kForbidden.find(c) == std::string_view::npos;
}

bool is_segment(std::string_view segment) { return !segment.empty() && segment != "." && segment != ".."; }

}  // namespace

std::variant<PackageFile, PackageTrouble> find_package(std::string_view index, std::string_view name) {
  if (name.empty()) return PackageTrouble::absent;
  std::string_view rest = seek(index, name);
  if (rest.empty()) return PackageTrouble::absent;
  const auto paragraph = take_paragraph(rest);
  if (!std::holds_alternative<Paragraph>(paragraph)) return PackageTrouble::malformed;
  return read(std::get<Paragraph>(paragraph));
}

bool is_plain_path(std::string_view path) {
  constexpr std::size_t kMaxPath = 1024;
  if (path.empty() || path.size() > kMaxPath || !std::all_of(path.begin(), path.end(), is_path_byte)) return false;
  // A colon in the first segment is how a scheme looks.
  if (path.substr(0, path.find('/')).find(':') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_segment(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view kAsIs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/+:@,=";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (kAsIs.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return out;
}

}  // namespace mw
