// A file that is not the listed one is either of another generation (a synchronisation under way, which apt calls
// just that) or broken. Sizes, and digests seen before, tell the two apart.
#include "probes/apt_index.hpp"

#include <algorithm>

#include "probes/apt_release.hpp"
#include "probes/digest.hpp"
#include "probes/evidence.hpp"
#include "probes/formats/inflate.hpp"
#include "probes/formats/text.hpp"
#include "probes/generations.hpp"

namespace mw::apt {

namespace {

constexpr std::size_t kTail = 1024;
constexpr std::uint64_t kAnswer = 64 * 1024;  ///< of any answer: a redirect has a page too, longer than a small file
constexpr std::size_t kMaxTailBody = 1024 * 1024;  ///< of a server that sends the whole file instead
constexpr std::string_view kInRelease = "/InRelease";
constexpr std::string_view kRelease = "/Release";

Failure too_large(const std::string& what) {
  return {Layer::content, Reason::content_limit, what + ": listed with more bytes than we read"};
}

Failure half_synced(std::string detail) { return {Layer::freshness, Reason::half_synced, std::move(detail)}; }

Failure not_served(const std::string& what) {
  return {Layer::integrity, Reason::missing_artifact, what + ": listed, but not served"};
}

std::string index_key(const Target& target, const Index& index) {
  return "apt/index/" + option(*target.pool, "suite") + "/" + index.path;
}

std::string package_key(const Target& target, const std::string& name) {
  return "apt/file/" + option(*target.pool, "suite") + "/" + name;
}

// ---- the index -------------------------------------------------------------------------------------------------

/// The directory of the suite as the Release's URL has it; nothing when that does not end as it should.
std::optional<Url> directory_of(Url release_url) {
  for (const std::string_view file : {kInRelease, kRelease}) {
    if (!release_url.target.ends_with(file)) continue;
    release_url.target.resize(release_url.target.size() - file.size() + 1);
    return release_url;
  }
  return std::nullopt;
}

std::string by_hash(const Index& index) {
  const std::string directory = index.path.substr(0, index.path.rfind('/') + 1);
  const bool strong = !index.listed.sha512.empty();
  return directory + (strong ? "by-hash/SHA512/" + index.listed.sha512 : "by-hash/SHA256/" + index.listed.sha256);
}

std::optional<InflateTrouble> unpack(const Index& index, std::string_view body, PackageScanner& scanner) {
  const UnpackedSink sink = [&scanner](std::string_view bytes) { scanner.take(bytes); };
  std::optional<InflateTrouble> trouble;
  if (index.path.ends_with(".xz"))
    trouble = unxz_into(body, index.unpacked_limit, sink);
  else if (index.path.ends_with(".gz"))
    trouble = gunzip_into(body, index.unpacked_limit, sink);
  else
    sink(body);
  scanner.end();
  return trouble;
}

Failure not_readable(const Index& index, InflateTrouble trouble) {
  const bool limit = trouble == InflateTrouble::bomb || trouble == InflateTrouble::too_large;
  return {Layer::content, limit ? Reason::content_limit : Reason::parse,
          index.path + ": " + std::string(name(trouble))};
}

bool reads_as_index(Index index, std::string_view body) {
  index.unpacked_limit = kMaxUnpacked;
  PackageScanner scanner({});
  return !unpack(index, body, scanner) && scanner.packages() > 0;
}

/// What bytes come to that are not those the Release lists. Under the name of a hash they can only be wrong.
Failure other_bytes(const ServedIndex& served, const Failure& broken) {
  const Reply& reply = served.got.reply;
  if (served.place.by_hash || no_answer("", served.got)) return broken;
  if (served.known.contains(reply.sha256))
    return half_synced(served.index.path + ": of another generation than the Release");
  if (broken.reason == Reason::size_mismatch && reads_as_index(served.index, reply.body))
    return half_synced(broken.detail + "; it is a whole index, but not the Release's");
  return broken;
}

/// "bytes 1-2/3"
std::optional<std::uint64_t> whole_size(const Reply& reply) {
  const auto range = header(reply, "content-range");
  if (!range) return std::nullopt;
  const std::string_view text = *range;
  const std::size_t slash = text.find('/');
  return slash == std::string_view::npos ? std::nullopt : parse_decimal(text.substr(slash + 1));
}

Failure other_size(const Index& index, std::uint64_t size) {
  return half_synced(index.path + ": " + std::to_string(size) + " bytes under its own name, " +
                     std::to_string(index.listed.size) + " listed and served by hash");
}

/// A server may answer with the tail, or with the whole file; of one too long to be read its length may be known.
std::optional<Failure> stale_tail(const Index& index, const Got& got, const std::string& tail_sha256) {
  if (is_missing(got)) return not_served(index.path);
  const bool part = !got.failure && got.reply.status == 206;
  const bool cut = got.failure && got.failure->reason == Reason::body_limit;
  const auto length = parse_decimal(header(got.reply, "content-length").value_or(""));
  const auto size = part ? whole_size(got.reply) : length;
  if ((part || cut) && size && *size != index.listed.size) return other_size(index, *size);
  if (cut) return std::nullopt;
  if (!part)
    if (auto failure = no_answer(index.path, got)) return failure;
  if (got.reply.sha256 == (part ? tail_sha256 : index.listed.sha256)) return std::nullopt;
  return half_synced(index.path + ": other bytes under its own name than those listed and served by hash");
}

// ---- packages --------------------------------------------------------------------------------------------------

/// "digest path": what a package's file was when it was whole.
std::string file_word(const PackageFile& file) { return file.sha256 + " " + file.path; }

/// The index names a file that this mirror was never seen to have, and had another one for the package before.
bool is_newly_listed(const Target& target, const Listed& listed) {
  const auto seen = generations(target.remembered, package_key(target, listed.name));
  const std::string end = " " + listed.file.path;
  return !seen.empty() && std::none_of(seen.begin(), seen.end(), [&](const auto& word) { return word.ends_with(end); });
}

bool is_known_file(const Target& target, const Listed& listed) {
  const std::string word = file_word(listed.file);
  for (const Remembered& memory : {target.remembered, target.reference_remembered}) {
    const auto seen = generations(memory, package_key(target, listed.name));
    if (std::find(seen.begin(), seen.end(), word) != seen.end()) return true;
  }
  return false;
}

}  // namespace

std::variant<std::vector<Index>, Failure> listed_indexes(const Release& release, const Pool& pool) {
  const std::string plain = option(pool, "component") + "/binary-" + option(pool, "architecture") + "/Packages";
  const auto whole = release.files.find(plain);
  const std::uint64_t unpacked = whole == release.files.end() ? kMaxUnpacked : whole->second.size;
  std::vector<Index> indexes;
  for (const std::string_view suffix : {".xz", ".gz", ""}) {
    const auto found = release.files.find(plain + std::string(suffix));
    if (found == release.files.end()) continue;
    const bool fits = found->second.size <= kMaxPacked;
    if (!fits && (indexes.empty() || !suffix.empty())) return too_large(found->first);
    if (fits) indexes.push_back({found->first, found->second, std::min(unpacked, kMaxUnpacked)});
  }
  if (indexes.empty()) return Failure{Layer::integrity, Reason::missing_artifact, "the Release lists no " + plain};
  return indexes;
}

std::vector<Place> places(const Target& target, const Release& release, const Index& index, const Url& release_url) {
  const Url own = dists_url(target, "");
  std::vector<Url> directories = {own};
  const auto redirected = directory_of(release_url);
  if (redirected && *redirected != own) directories.insert(directories.begin(), *redirected);
  std::vector<Place> all;
  if (release.acquire_by_hash)
    for (const Url& directory : directories) all.push_back({join(directory, encode_path(by_hash(index))), true});
  for (const Url& directory : directories) all.push_back({join(directory, encode_path(index.path)), false});
  return all;
}

Get index_get(const Index& index, const Place& place) {
  // Under its own name another generation may lie: read a larger one too, or it could not be told from a broken one.
  const std::uint64_t other = std::min(2 * index.listed.size + kComputeInPlace, kMaxPacked);
  return raw_get(place.url, std::max({place.by_hash ? 0 : other, index.listed.size + 1, kAnswer}));
}

IndexReading read_index(const ServedIndex& served) {
  IndexReading reading;
  const Index& index = served.index;
  if (is_missing(served.got)) {
    reading.failure = not_served(index.path);
    return reading;
  }
  if (const auto broken = broken_promise({index.path, index.listed.size, index.listed.sha256}, served.got)) {
    reading.failure = other_bytes(served, *broken);
    reading.ask_again = reading.failure->reason == Reason::checksum;
    return reading;
  }
  PackageScanner scanner(served.names);
  const std::string& body = served.got.reply.body;
  if (const auto trouble = unpack(index, body, scanner)) reading.failure = not_readable(index, *trouble);
  for (const std::string& name : served.names) reading.packages.emplace(name, scanner.found(name));
  reading.tail_sha256 = sha256_hex(std::string_view(body).substr(body.size() - std::min(body.size(), kTail)));
  return reading;
}

std::size_t reading_work(const ServedIndex& served) {
  // A small body may unpack to much: the more so the less it means.
  constexpr std::size_t kUsualRatio = 16;
  return served.got.reply.body.size() * kUsualRatio;
}

Get tail_get(const Index& index, Url canonical) {
  Get get = raw_get(std::move(canonical), std::clamp<std::uint64_t>(index.listed.size + 1, kAnswer, kMaxTailBody));
  get.headers.emplace_back("Range", "bytes=-" + std::to_string(kTail));
  return get;
}

FeedLook judge_tail(const Index& index, const Got& got, const std::string& tail_sha256, const Version& release) {
  FeedLook look{"index/" + index.path, std::nullopt, stale_tail(index, got, tail_sha256)};
  if (!look.failure) look.version = Version{index.listed.sha256, release.order, release.time};
  return look;
}

std::set<std::string> known_digests(const Target& target, const Index& index) {
  std::set<std::string> known;
  for (const Remembered& memory : {target.remembered, target.reference_remembered})
    for (std::string& digest : generations(memory, index_key(target, index))) known.insert(std::move(digest));
  known.erase(index.listed.sha256);
  return known;
}

void remember_listed(Finding& finding, const Target& target, const std::vector<Index>& indexes) {
  for (const Index& index : indexes) {
    const std::string key = index_key(target, index);
    finding.remember[key] = with_generation(target.remembered, key, index.listed.sha256);
  }
}

std::vector<Canary> wanted_packages(const Target& target) {
  std::vector<Canary> wanted = target.pool->canaries;
  for (const std::string& name : sampled(*target.pool, target.round)) wanted.push_back({name, ""});
  return wanted;
}

std::variant<PackageFile, Failure> locate(const PackageEntry& entry, const Canary& canary) {
  if (const auto* trouble = std::get_if<PackageTrouble>(&entry)) {
    if (*trouble == PackageTrouble::absent)
      return Failure{Layer::integrity, Reason::missing_artifact, canary.name + ": not in the Packages index"};
    return Failure{Layer::content, Reason::parse, canary.name + ": its entry in the Packages index cannot be read"};
  }
  const auto& file = std::get<PackageFile>(entry);
  if (file.size > kMaxPackage) return too_large(file.path);
  if (!canary.sha256.empty() && canary.sha256 != file.sha256)
    return Failure{Layer::integrity, Reason::checksum,
                   canary.name + ": the index lists sha256 " + file.sha256 + ", pinned is " + canary.sha256};
  return file;
}

Get package_get(const Target& target, const PackageFile& file) {
  Get get = raw_get(join(target.mirror->url, encode_path(file.path)), std::max(file.size + 1, kAnswer));
  get.keep_body = false;
  return get;
}

std::optional<Failure> bad_package(const Target& target, const Listed& listed, const Got& got) {
  const auto& [name, file] = listed;
  if (is_missing(got) && is_newly_listed(target, listed))
    return half_synced(file.path + ": newly listed, and not there yet");
  if (is_missing(got)) return not_served(file.path);
  const auto broken = broken_promise({file.path, file.size, file.sha256}, got);
  if (!broken || no_answer("", got)) return broken;
  if (is_known_file(target, {name, {file.path, 0, got.reply.sha256}}))
    return half_synced(file.path + ": of another generation than the index");
  return broken;
}

void take_in(Finding& finding, const Target& target, const Listed& listed, const Got& got) {
  const PackageFile& file = listed.file;
  // A file of another length is an unfinished copy or an error page, not another content of this name.
  if (no_answer("", got) || got.reply.body_bytes != file.size) return;
  finding.artefacts.push_back({file.path, "sha256:" + got.reply.sha256});
  if (got.reply.sha256 != file.sha256) return;
  const std::string key = package_key(target, listed.name);
  finding.remember[key] = with_generation(target.remembered, key, file_word(file));
}

bool may_have_moved(const std::optional<Failure>& failure) {
  constexpr Reason kReasons[] = {Reason::missing_artifact, Reason::checksum, Reason::size_mismatch};
  return failure && failure->layer == Layer::integrity &&
         std::find(std::begin(kReasons), std::end(kReasons), failure->reason) != std::end(kReasons);
}

}  // namespace mw::apt
