// Replies of a checksum database, read; and the names of databases.
#include "probes/formats/sumdb.hpp"

#include <algorithm>

#include "probes/formats/base64.hpp"
#include "probes/formats/semver.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

struct KnownDatabase {
  std::string_view name;
  std::string_view key;
  std::string_view url;
};

constexpr std::string_view kGoKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

constexpr KnownDatabase kKnown[] = {
    {"sum.golang.org", kGoKey, "https://sum.golang.org"},
    {"sum.golang.google.cn", kGoKey, "https://sum.golang.google.cn"},
};

std::optional<std::uint64_t> parse_id(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_decimal(text);
}

bool is_h1(std::string_view text) {
  if (!text.starts_with("h1:")) return false;
  const auto bytes = from_base64(text.substr(3));
  return bytes && bytes->size() == 32;
}

/// What one line of a record adds to the sums.
std::optional<RecordTrouble> take_sum(std::string_view line, const ModuleVersion& asked, Sums& sums) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return RecordTrouble::bad_line;
  const std::string_view version = line.substr(first + 1, second - first - 1);
  const std::string_view hash = line.substr(second + 1);
  const bool of_zip = version == asked.version;
  if (line.substr(0, first) != asked.module || (!of_zip && version != asked.version + "/go.mod"))
    return RecordTrouble::unrelated;
  if (!is_h1(hash)) return RecordTrouble::bad_line;
  std::string& sum = of_zip ? sums.zip : sums.go_mod;
  if (!sum.empty()) return RecordTrouble::extra_line;
  sum = hash;
  return std::nullopt;
}

std::variant<VerifierKey, std::string> key_of(std::string_view name_or_key) {
  if (name_or_key.find('+') != std::string_view::npos) return parse_verifier_key(name_or_key);
  for (const KnownDatabase& known : kKnown)
    if (known.name == name_or_key) return parse_verifier_key(known.key);
  return std::string("is not a known database: give name+hash+key");
}

std::string url_of(std::string_view name_or_key, const VerifierKey& key) {
  for (const KnownDatabase& known : kKnown)
    if (known.name == name_or_key) return std::string(known.url);
  return "https://" + key.name;
}

}  // namespace

std::optional<std::string> lookup_path(const ModuleVersion& one) {
  const auto module = escape_path(one.module);
  const auto version = escape_version(one.version);
  if (!module || !version || !is_canonical_version(one.version)) return std::nullopt;
  return "lookup/" + *module + "@" + *version;
}

std::string_view name(LookupTrouble trouble) {
  switch (trouble) {
    case LookupTrouble::no_record:
      return "no record";
    case LookupTrouble::too_large:
      return "longer than a reply may be";
    case LookupTrouble::bad_id:
      return "no record number in its first line";
    case LookupTrouble::bad_record:
      return "no whole record after its first line";
  }
  return "";
}

std::variant<Lookup, LookupTrouble> parse_lookup(std::string_view reply) {
  if (reply.size() > kMaxLookup) return LookupTrouble::too_large;
  if (reply.empty()) return LookupTrouble::no_record;
  const std::size_t id_end = reply.find('\n');
  const auto id = parse_id(reply.substr(0, id_end));
  if (!id) return reply.starts_with("go.sum database tree\n") ? LookupTrouble::no_record : LookupTrouble::bad_id;
  if (id_end == std::string_view::npos) return LookupTrouble::bad_record;
  const std::string_view rest = reply.substr(id_end + 1);
  if (rest.starts_with('\n')) return LookupTrouble::no_record;
  const std::size_t gap = rest.find("\n\n");
  if (gap == std::string_view::npos) return LookupTrouble::bad_record;
  const std::string_view record = rest.substr(0, gap + 1);
  if (!is_note_text(record)) return LookupTrouble::bad_record;
  return Lookup{*id, std::string(record), std::string(rest.substr(gap + 2))};
}

std::string_view name(RecordTrouble trouble) {
  switch (trouble) {
    case RecordTrouble::unrelated:
      return "a record of something else";
    case RecordTrouble::extra_line:
      return "a record with extra lines";
    case RecordTrouble::incomplete:
      return "a record without both hashes";
    case RecordTrouble::bad_line:
      return "a record with a malformed line";
  }
  return "";
}

std::variant<Sums, RecordTrouble> read_record(std::string_view record, const ModuleVersion& asked) {
  Sums sums;
  if (!record.ends_with('\n')) return RecordTrouble::bad_line;
  while (!record.empty()) {
    const std::size_t end = record.find('\n');
    if (auto trouble = take_sum(record.substr(0, end), asked, sums)) return *trouble;
    record.remove_prefix(end + 1);
  }
  if (sums.zip.empty() || sums.go_mod.empty()) return RecordTrouble::incomplete;
  return sums;
}

bool speaks_of(std::string_view text, const ModuleVersion& asked) {
  const std::string start = asked.module + " " + asked.version;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::string_view after = line.substr(std::min(start.size(), line.size()));
    if (line.starts_with(start) && (after.starts_with(' ') || after.starts_with("/go.mod "))) return true;
  }
  return false;
}

std::variant<NamedSumDatabase, std::string> parse_sumdb(std::string_view option) {
  const std::string_view who = take_word(option);
  const std::string_view where = take_word(option);
  if (who.empty()) return std::string("is empty");
  if (!trim(option).empty()) return std::string("has more than a name or key and a URL");
  const auto key = key_of(who);
  if (const auto* error = std::get_if<std::string>(&key)) return *error;
  const auto& verifier = std::get<VerifierKey>(key);
  const auto url = parse_url(where.empty() ? url_of(who, verifier) : where);
  if (const auto* error = std::get_if<std::string>(&url)) return "has a URL that " + *error;
  return NamedSumDatabase{verifier, std::get<Url>(url)};
}

}  // namespace mw
