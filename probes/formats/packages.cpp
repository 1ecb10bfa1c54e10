// One pass over line starts; a paragraph that is wanted is read in full.
#include "probes/formats/packages.hpp"

#include <algorithm>

#include "probes/formats/deb822.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kPackage = "Package:";
constexpr std::size_t kSlice = 64 * 1024;

/// The value of a Package line; nothing for any other line.
std::optional<std::string_view> package_in(std::string_view line) {
  if (line.size() < kPackage.size() || !equal_ignoring_case(line.substr(0, kPackage.size()), kPackage))
    return std::nullopt;
  return trim(line.substr(kPackage.size()));
}

PackageEntry read(const Paragraph& paragraph) {
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

PackageScanner::PackageScanner(const std::vector<std::string>& names) {
  for (const std::string& name : names) wanted_.emplace(name, std::nullopt);
}

void PackageScanner::take(std::string_view piece) {
  while (!piece.empty()) {
    take_slice(piece.substr(0, kSlice));
    piece.remove_prefix(std::min(piece.size(), kSlice));
  }
}

/// Whole lines only: a line that is not finished yet stays for the next slice.
void PackageScanner::take_slice(std::string_view slice) {
  std::size_t unsearched = pending_.size();
  pending_.append(slice);
  std::size_t start = 0;
  for (std::size_t end = 0; (end = pending_.find('\n', unsearched)) != std::string::npos;) {
    const bool blank = trim(std::string_view(pending_).substr(scanned_, end - scanned_)).empty();
    unsearched = scanned_ = end + 1;
    if (!blank) continue;
    close_paragraph(std::string_view(pending_).substr(start, scanned_ - start));
    start = scanned_;
  }
  pending_.erase(0, start);
  scanned_ -= start;
  if (pending_.size() > kMaxParagraph) skip_paragraph();
}

/// Of an unfinished line only whether it is blank is kept: that decides whether it ends the paragraph.
void PackageScanner::skip_paragraph() {
  const std::string_view unfinished = std::string_view(pending_).substr(scanned_);
  const std::string kept = unfinished.empty() ? "" : trim(unfinished).empty() ? " " : "-";
  skipping_ = skipped_ = true;
  pending_ = kept;
  scanned_ = 0;
}

void PackageScanner::end() {
  close_paragraph(pending_);
  pending_.clear();
  scanned_ = 0;
}

void PackageScanner::close_paragraph(std::string_view paragraph) {
  const bool whole = !skipping_;
  skipping_ = false;
  bool counted = false;
  for (std::string_view rest = paragraph; whole && !rest.empty();) {
    const auto name = package_in(take_line(rest));
    if (!name) continue;
    if (!counted) ++packages_;
    counted = true;
    const auto entry = wanted_.find(*name);
    if (entry == wanted_.end() || entry->second) continue;
    std::string_view text = paragraph;
    const auto fields = take_paragraph(text);
    const bool readable = std::holds_alternative<Paragraph>(fields);
    entry->second = readable ? read(std::get<Paragraph>(fields)) : PackageEntry(PackageTrouble::malformed);
  }
}

PackageEntry PackageScanner::found(std::string_view name) const {
  const auto entry = wanted_.find(name);
  if (entry != wanted_.end() && entry->second) return *entry->second;
  return skipped_ ? PackageTrouble::malformed : PackageTrouble::absent;
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
