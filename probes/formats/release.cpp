// From deb822 fields to a Release.
#include "probes/formats/release.hpp"

#include "probes/formats/deb822.hpp"
#include "probes/formats/rfc_date.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

std::string text_of(const Paragraph& paragraph, std::string_view name) {
  return std::string(field(paragraph, name).value_or(std::string_view()));
}

/// " <hex> <size> <path>". What is wrong with it, empty if it was taken in.
std::string take_in(Release& release, std::string_view line) {
  const std::string_view digest = take_word(line);
  const auto size = parse_decimal(take_word(line));
  const std::string_view path = take_word(line);
  if (!is_sha256(digest) || !size || path.empty() || !take_word(line).empty()) return "its SHA256 table has a bad line";
  if (release.files.size() == kMaxListedFiles)
    return "it lists more than " + std::to_string(kMaxListedFiles) + " files";
  const ListedFile file{*size, std::string(digest)};
  const auto [at, added] = release.files.emplace(path, file);
  if (!added && at->second != file) return "it lists " + std::string(path) + " twice, differently";
  return {};
}

std::string read_files(Release& release, std::string_view table) {
  while (!table.empty()) {
    const std::string_view line = take_line(table);
    if (trim(line).empty()) continue;
    std::string trouble = take_in(release, line);
    if (!trouble.empty()) return trouble;
  }
  return {};
}

/// A file that only this table lists, or lists with another size, cannot be asked for by this hash: it is passed over.
std::string read_sha512(Release& release, std::string_view table) {
  while (!table.empty()) {
    std::string_view line = take_line(table);
    if (trim(line).empty()) continue;
    const std::string_view digest = take_word(line);
    const auto size = parse_decimal(take_word(line));
    const auto file = release.files.find(take_word(line));
    if (!is_sha512(digest) || !size) return "its SHA512 table has a bad line";
    if (file != release.files.end() && file->second.size == *size) file->second.sha512 = digest;
  }
  return {};
}

std::string read_dates(Release& release, const Paragraph& paragraph) {
  const auto date = field(paragraph, "Date");
  if (!date) return "it has no Date";
  const auto moment = parse_rfc_date(*date);
  if (!moment) return "its Date cannot be read: " + std::string(*date);
  release.date = *moment;
  if (const auto until = field(paragraph, "Valid-Until")) {
    release.valid_until = parse_rfc_date(*until);
    if (!release.valid_until) return "its Valid-Until cannot be read: " + std::string(*until);
  }
  return {};
}

std::variant<Release, std::string> read(const Paragraph& paragraph) {
  Release release;
  release.suite = text_of(paragraph, "Suite");
  release.codename = text_of(paragraph, "Codename");
  release.acquire_by_hash = equal_ignoring_case(text_of(paragraph, "Acquire-By-Hash"), "yes");
  std::string trouble = read_dates(release, paragraph);
  if (!trouble.empty()) return trouble;
  const auto table = field(paragraph, "SHA256");
  if (!table) return std::string("it has no SHA256 table");
  trouble = read_files(release, *table);
  if (trouble.empty()) trouble = read_sha512(release, field(paragraph, "SHA512").value_or(std::string_view()));
  if (!trouble.empty()) return trouble;
  return release;
}

}  // namespace

std::variant<Release, std::string> parse_release(std::string_view text) {
  auto first = take_paragraph(text);
  if (const auto* error = std::get_if<std::string>(&first)) return "it " + *error;
  if (std::get<Paragraph>(first).empty()) return std::string("it is empty");
  if (!trim(text).empty()) return std::string("it has more than one paragraph");
  return read(std::get<Paragraph>(first));
}

}  // namespace mw
