// apt archives: InRelease, its signature and dates; the Packages index it lists; the packages that lists.
// Nothing that gpgv has not verified is believed, not even a date. Knows no OpenPGP: gpgv does.
#include "probes/ecosystem.hpp"
#include "probes/evidence.hpp"
#include "probes/follow.hpp"
#include "probes/formats/clearsign.hpp"
#include "probes/formats/gpgv_status.hpp"
#include "probes/formats/html.hpp"
#include "probes/formats/inflate.hpp"
#include "probes/formats/packages.hpp"
#include "probes/formats/release.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMaxRelease = 10'000'000;               ///< as apt
constexpr std::uint64_t kMaxIndex = 256ULL * 1024 * 1024;     ///< packed and unpacked alike
constexpr std::uint64_t kMaxPackage = 1024ULL * 1024 * 1024;  ///< only counted and digested, never kept
constexpr Duration kMaxFuture = std::chrono::seconds(10);     ///< apt's Acquire::Max-FutureTime

// ---- pure: what the answers mean ------------------------------------------------------------------------------

Url release_url(const Target& target) {
  return join(target.mirror->url, "dists/" + encode_path(option(*target.pool, "suite")) + "/InRelease");
}

/// Why this cannot be an InRelease, before anything in it is believed.
std::optional<Failure> no_release(const Got& got) {
  if (auto failure = no_answer("InRelease", got)) return failure;
  if (got.reply.body.empty()) return Failure{Layer::content, Reason::empty, "InRelease: empty"};
  if (looks_like_html(got.reply.body)) return Failure{Layer::content, Reason::html, "InRelease: a web page instead"};
  if (auto trouble = clearsign_trouble(got.reply.body))
    return Failure{Layer::content, Reason::parse, "InRelease: " + *trouble};
  return std::nullopt;
}

Command verification(const Pool& pool, std::string clearsigned, Duration timeout) {
  std::string keyring = option(pool, "keyring");
  // gpgv takes a bare name for one in its home directory.
  if (keyring.find('/') == std::string::npos) keyring.insert(0, "./");
  Command command;
  command.argv = {"gpgv", "--quiet", "--status-fd", "2", "--keyring", keyring, "--output", "-", "-"};
  command.input = std::move(clearsigned);
  command.timeout = timeout;
  return command;
}

/// The text that counts as signed, and nothing else of what the mirror sent; or why there is none.
std::variant<std::string, Failure> verified_text(Ran ran) {
  // That gpgv is missing, slow or killed says nothing about the mirror.
  if (ran.failure) return Failure{Layer::integrity, Reason::local_resource, "gpgv: " + ran.failure->detail};
  const SignatureVerdict verdict = judge_gpgv(ran.err);
  if (verdict.kind == SignatureVerdict::Kind::keyring)
    return Failure{Layer::integrity, Reason::local_resource, "InRelease: " + verdict.reason};
  if (ran.exit_code < 0 || ran.exit_code > 2)
    return Failure{Layer::integrity, Reason::local_resource, "gpgv ended with code " + std::to_string(ran.exit_code)};
  if (verdict.kind == SignatureVerdict::Kind::bad)
    return Failure{Layer::integrity, Reason::signature, "InRelease: " + verdict.reason};
  return std::move(ran.out);
}

struct ReleaseFacts {
  Release release;
  std::optional<Failure> freshness;  ///< what its own dates say against it
};

std::optional<Failure> bad_dates(const Release& release, SysTime now) {
  if (release.date > now + kMaxFuture)
    return Failure{Layer::freshness, Reason::future, "InRelease: its Date is in the future"};
  if (release.valid_until && *release.valid_until < now)
    return Failure{Layer::freshness, Reason::metadata_expired, "InRelease: its Valid-Until has passed"};
  return std::nullopt;
}

std::variant<ReleaseFacts, Failure> read_release(std::string_view verified, SysTime now) {
  auto parsed = parse_release(verified);
  if (const auto* error = std::get_if<std::string>(&parsed))
    return Failure{Layer::content, Reason::parse, "InRelease: " + *error};
  ReleaseFacts facts{std::get<Release>(std::move(parsed)), std::nullopt};
  facts.freshness = bad_dates(facts.release, now);
  return facts;
}

/// What gpgv's run and the text it vouches for come to.
std::variant<ReleaseFacts, Failure> judge_release(Ran ran, SysTime now) {
  const auto text = verified_text(std::move(ran));
  if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
  return read_release(std::get<std::string>(text), now);
}

/// A version even when its dates are bad: the judge may still compare it.
void take_in(Finding& finding, const ReleaseFacts& facts, std::string id) {
  const auto order = std::chrono::duration_cast<std::chrono::seconds>(facts.release.date.time_since_epoch()).count();
  finding.version = Version{std::move(id), order, facts.release.date};
  finding.valid_until = facts.release.valid_until;
  finding.failure = facts.freshness;
}

/// One form of the Packages index.
struct Index {
  std::string path;  ///< relative to dists/SUITE/
  ListedFile listed;
  std::size_t unpacked_limit = kMaxIndex;
};

Failure too_large(const std::string& what) {
  return {Layer::content, Reason::content_limit, what + ": listed with more bytes than we read"};
}

/// The forms that the Release lists and that we can read, smallest first; at least one.
std::variant<std::vector<Index>, Failure> listed_indexes(const Release& release, const Pool& pool) {
  const std::string plain = option(pool, "component") + "/binary-" + option(pool, "architecture") + "/Packages";
  const auto whole = release.files.find(plain);
  const std::uint64_t unpacked = whole == release.files.end() ? kMaxIndex : std::min(whole->second.size, kMaxIndex);
  std::vector<Index> indexes;
  for (const std::string_view suffix : {".xz", ".gz", ""}) {
    const auto found = release.files.find(plain + std::string(suffix));
    if (found == release.files.end()) continue;
    if (found->second.size > kMaxIndex) return too_large(found->first);
    indexes.push_back({found->first, found->second, unpacked});
  }
  if (indexes.empty()) return Failure{Layer::integrity, Reason::missing_artifact, "InRelease lists no " + plain};
  return indexes;
}

Failure not_served(const std::string& what) {
  return {Layer::integrity, Reason::missing_artifact, what + ": listed, but not served"};
}

bool is_missing(const Got& got) {
  const auto failure = no_answer("", got);
  return failure && failure->reason == Reason::not_found;
}

std::variant<std::string, InflateTrouble> unpack_as(const Index& index, std::string body) {
  if (index.path.ends_with(".xz")) return unxz(body, index.unpacked_limit);
  if (index.path.ends_with(".gz")) return gunzip(body, index.unpacked_limit);
  return body;
}

/// The index as text, if its bytes are those the Release promised.
std::variant<std::string, Failure> read_index(const Index& index, Got got) {
  if (auto failure = broken_promise({index.path, index.listed.size, index.listed.sha256}, got)) return *failure;
  auto unpacked = unpack_as(index, std::move(got.reply.body));
  if (auto* text = std::get_if<std::string>(&unpacked)) return std::move(*text);
  const InflateTrouble trouble = std::get<InflateTrouble>(unpacked);
  const bool limit = trouble == InflateTrouble::bomb || trouble == InflateTrouble::too_large;
  return Failure{Layer::content, limit ? Reason::content_limit : Reason::parse,
                 index.path + ": " + std::string(name(trouble))};
}

std::variant<PackageFile, Failure> locate(std::string_view packages, const Canary& canary) {
  const auto found = find_package(packages, canary.name);
  if (const auto* trouble = std::get_if<PackageTrouble>(&found)) {
    if (*trouble == PackageTrouble::absent)
      return Failure{Layer::integrity, Reason::missing_artifact, canary.name + ": not in the Packages index"};
    return Failure{Layer::content, Reason::parse, canary.name + ": its entry in the Packages index cannot be read"};
  }
  const auto& file = std::get<PackageFile>(found);
  if (file.size > kMaxPackage) return too_large(file.path);
  if (!canary.sha256.empty() && canary.sha256 != file.sha256)
    return Failure{Layer::integrity, Reason::checksum,
                   canary.name + ": the index lists sha256 " + file.sha256 + ", pinned is " + canary.sha256};
  return file;
}

std::optional<Failure> bad_package(const PackageFile& file, const Got& got) {
  if (is_missing(got)) return not_served(file.path);
  return broken_promise({file.path, file.size, file.sha256}, got);
}

// ---- asking: each rung ends with the finding as it is then ------------------------------------------------------

struct Opened {
  Finding finding;
  std::optional<Release> release;  ///< set when it is verified and read, however bad its dates
};

Task<Opened> open_release(Net& net, Target target) {
  Opened opened;
  Get get = raw_get(release_url(target), kMaxRelease);
  Got got = co_await follow(net, target, std::move(get));
  note(opened.finding, got);
  opened.finding.failure = no_release(got);
  if (opened.finding.failure) co_return opened;
  std::string id = got.reply.sha256;
  Command command = verification(*target.pool, std::move(got.reply.body), time_left(net, target));
  Ran ran = co_await net.run(std::move(command));
  auto facts = judge_release(std::move(ran), net.wall());
  if (const auto* failure = std::get_if<Failure>(&facts)) {
    opened.finding.failure = *failure;
    co_return opened;
  }
  take_in(opened.finding, std::get<ReleaseFacts>(facts), std::move(id));
  opened.release = std::get<ReleaseFacts>(std::move(facts)).release;
  co_return opened;
}

Task<Finding> freshness(Net& net, Target target) {
  Opened opened = co_await open_release(net, target);
  co_return std::move(opened.finding);
}

struct Unpacked {
  Finding finding;
  std::string packages;
};

void accept(Unpacked& unpacked, std::string packages) {
  unpacked.finding.failure.reset();
  unpacked.packages = std::move(packages);
}

Task<Got> fetch_index(Net& net, Target target, Index index) {
  Url url = join(target.mirror->url, "dists/" + encode_path(option(*target.pool, "suite") + "/" + index.path));
  Get get = raw_get(std::move(url), index.listed.size + 1);
  return follow(net, target, std::move(get));
}

/// The smallest form that is served: mirrors need not have all that are listed.
Task<Unpacked> open_index(Net& net, Target target, Finding finding, std::vector<Index> indexes) {
  Unpacked unpacked{std::move(finding), {}};
  for (const Index& index : indexes) {
    Got got = co_await fetch_index(net, target, index);
    note(unpacked.finding, got);
    unpacked.finding.failure = not_served(index.path);
    if (is_missing(got)) continue;
    auto text = read_index(index, std::move(got));
    if (const auto* failure = std::get_if<Failure>(&text))
      unpacked.finding.failure = *failure;
    else
      accept(unpacked, std::get<std::string>(std::move(text)));
    break;
  }
  co_return unpacked;
}

Task<Finding> compare_packages(Net& net, Target target, Finding finding, std::string packages) {
  for (const Canary& canary : target.pool->canaries) {
    const auto located = locate(packages, canary);
    if (const auto* failure = std::get_if<Failure>(&located)) {
      finding.failure = *failure;
      co_return finding;
    }
    const auto& file = std::get<PackageFile>(located);
    Get get = raw_get(join(target.mirror->url, encode_path(file.path)), file.size + 1);
    get.keep_body = false;
    const Got got = co_await follow(net, target, std::move(get));
    note(finding, got);
    finding.failure = bad_package(file, got);
    if (finding.failure) co_return finding;
  }
  co_return finding;
}

Task<Finding> integrity(Net& net, Target target) {
  Opened opened = co_await open_release(net, target);
  if (!opened.release) co_return std::move(opened.finding);
  // Bad dates are for the freshness check to report; the bytes can still be right.
  opened.finding.failure.reset();
  auto indexes = listed_indexes(*opened.release, *target.pool);
  if (const auto* failure = std::get_if<Failure>(&indexes)) {
    opened.finding.failure = *failure;
    co_return std::move(opened.finding);
  }
  std::vector<Index> chosen = std::get<std::vector<Index>>(std::move(indexes));
  Unpacked unpacked = co_await open_index(net, target, std::move(opened.finding), std::move(chosen));
  if (unpacked.finding.failure) co_return std::move(unpacked.finding);
  co_return co_await compare_packages(net, target, std::move(unpacked.finding), std::move(unpacked.packages));
}

}  // namespace

const Ecosystem& apt_ecosystem() {
  static const Ecosystem ecosystem = {
      .name = "apt",
      .doc =
          "Debian, Ubuntu and other apt archives. Fresh by the Date in a verified InRelease; whole when the "
          "Packages index and the canaries' packages have the bytes that it vouches for.",
      .canary_doc = "the name of a binary package in the component; choose small ones, they are downloaded",
      .options = {{"suite", "", true, "The suite below dists/, as in sources.list."},
                  {"keyring", "", true, "Path of the keyring for gpgv (binary, not armoured)."},
                  {"component", "main", false, "The component whose Packages index is looked at."},
                  {"architecture", "amd64", false, "The architecture whose Packages index is looked at."}},
      .freshness = &freshness,
      .integrity = &integrity,
  };
  return ecosystem;
}

}  // namespace mw
