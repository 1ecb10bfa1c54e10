// Plain files: a marker that tells which synchronisation a mirror has, and files whose bytes are pinned or compared.
// Serves whatever has no ecosystem of its own; what a marker may look like is formats/marker's business.
#include <algorithm>

#include "probes/computed.hpp"
#include "probes/ecosystem.hpp"
#include "probes/evidence.hpp"
#include "probes/follow.hpp"
#include "probes/formats/marker.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kDefaultMaxBytes = "67108864";
/// Read of a plain marker although it may have less, so that a web page in its place is seen to be one.
constexpr std::size_t kPageBytes = 64 * 1024;

// ---- options ------------------------------------------------------------------------------------------------

std::string option_or(const Pool& pool, std::string_view key, std::string_view fallback) {
  const std::string text = option(pool, key);
  return text.empty() ? std::string(fallback) : text;
}

std::optional<std::uint64_t> max_bytes(const Pool& pool) {
  return parse_decimal(option_or(pool, "max_bytes", kDefaultMaxBytes));
}

std::variant<MarkerFormat, MarkerWordsProblem> format_of(const Pool& pool) {
  return marker_format(
      {option_or(pool, "marker_format", "digest"), option(pool, "marker_key"), option(pool, "marker_pointer")});
}

std::string_view option_key(std::string MarkerWords::*word) {
  if (word == &MarkerWords::format) return "marker_format";
  return word == &MarkerWords::key ? "marker_key" : "marker_pointer";
}

std::vector<OptionTrouble> option_troubles(const Pool& pool) {
  std::vector<OptionTrouble> troubles;
  const auto shown = [&](std::string_view key) { return "'" + printable(option(pool, key), 64) + "'"; };
  if (!max_bytes(pool)) troubles.push_back({"max_bytes", shown("max_bytes") + " is not a number, expected bytes"});
  const auto format = format_of(pool);
  if (const auto* problem = std::get_if<MarkerWordsProblem>(&format))
    troubles.push_back({option_key(problem->word), problem->what});
  const std::string immutable = option_or(pool, "immutable", "false");
  if (immutable != "true" && immutable != "false")
    troubles.push_back({"immutable", shown("immutable") + " is not known, expected one of true, false"});
  return troubles;
}

std::optional<Failure> bad_option(const Pool& pool) {
  const auto troubles = option_troubles(pool);
  if (troubles.empty()) return std::nullopt;
  return Failure{Layer::content, Reason::local_resource,
                 "option " + std::string(troubles.front().key) + ": " + troubles.front().what};
}

struct Options {
  std::size_t max_bytes = 0;
  Canary marker;
  MarkerFormat format;
  bool immutable = false;
};

Canary marker_of(const Pool& pool) {
  const std::string path = option(pool, "marker");
  if (path.empty()) return pool.canaries.empty() ? Canary{} : pool.canaries.front();
  const auto same = [&](const Canary& canary) { return canary.name == path; };
  const auto found = std::find_if(pool.canaries.begin(), pool.canaries.end(), same);
  return found == pool.canaries.end() ? Canary{path, ""} : *found;
}

/// For a pool whose options are in order.
Options options_of(const Pool& pool) {
  return {max_bytes(pool).value(), marker_of(pool), std::get<MarkerFormat>(format_of(pool)),
          option(pool, "immutable") == "true"};
}

// ---- files --------------------------------------------------------------------------------------------------

bool is_mirror_itself(const Canary& canary) { return canary.name.empty() || canary.name == "."; }

Url url_of(const Target& target, const Canary& canary) {
  return is_mirror_itself(canary) ? target.mirror->url : join(target.mirror->url, canary.name);
}

/// A directory listing or a document is a page by right.
bool may_be_page(const Canary& canary) {
  const std::string_view path = std::string_view(canary.name).substr(0, canary.name.find('?'));
  return is_mirror_itself(canary) || path.ends_with('/') || path.ends_with(".html") || path.ends_with(".htm");
}

std::string title(const Canary& canary) { return is_mirror_itself(canary) ? "the mirror's URL" : canary.name; }

Failure of_file(const Canary& canary, Failure failure) {
  failure.detail = title(canary) + ": " + failure.detail;
  return failure;
}

Failure page_instead(const Canary& canary) {
  return of_file(canary, {Layer::content, Reason::html, "a web page instead"});
}

/// Why the answer cannot be the file, whichever bytes that should have.
std::optional<Failure> no_file(const Canary& canary, const Got& got) {
  if (auto failure = no_answer(title(canary), got)) return failure;
  if (got.reply.body_bytes == 0) return of_file(canary, {Layer::content, Reason::empty, "empty"});
  if (!may_be_page(canary) && is_page(got.reply)) return page_instead(canary);
  return std::nullopt;
}

/// Beside the marker and what is pinned: canaries in their order, then the samples whose turn it is.
std::vector<Canary> unpinned(const Pool& pool, std::uint64_t round) {
  const Canary marker = marker_of(pool);
  std::vector<Canary> files;
  for (const Canary& canary : pool.canaries)
    if (canary.sha256.empty() && canary.name != marker.name) files.push_back(canary);
  for (std::string& name : sampled(pool, round)) {
    const auto same = [&](const Canary& canary) { return canary.name == name; };
    const bool is_known = std::any_of(pool.canaries.begin(), pool.canaries.end(), same) || name == marker.name;
    if (!is_known && std::none_of(files.begin(), files.end(), same)) files.push_back({std::move(name), ""});
  }
  return files;
}

/// Only the digest is wanted, so nothing of the body is kept.
Get digest_get(const Target& target, const Canary& canary, std::size_t limit) {
  Get get = raw_get(url_of(target, canary), limit);
  get.keep_body = false;
  return get;
}

std::string digest_of(const Got& got) { return "sha256:" + got.reply.sha256; }

// ---- freshness ----------------------------------------------------------------------------------------------

using MarkerOutcome = std::variant<Version, Failure>;

/// As served when it is a digest; else what a content coding wraps is what counts.
Get marker_get(const Target& target, const Options& options) {
  const bool digest = options.format.kind == MarkerKind::digest;
  const std::size_t wanted = digest ? options.max_bytes : std::max(marker_limit(options.format), kPageBytes);
  Get get = raw_get(url_of(target, options.marker), std::min(options.max_bytes, wanted));
  get.decode = !digest;
  get.reuse = Reuse::body;
  return get;
}

MarkerOutcome digest_version(const Options& options, const Got& got) {
  const bool as_pinned = !options.marker.sha256.empty() && got.reply.sha256 == options.marker.sha256;
  const auto failure = as_pinned ? no_answer(title(options.marker), got) : no_file(options.marker, got);
  if (failure) return *failure;
  return Version{got.reply.sha256, std::nullopt, std::nullopt};
}

/// Why a marker that is to be read cannot be. A page in its place is a page, however long.
std::optional<Failure> no_marker(const Options& options, const Got& got) {
  const bool cut = got.failure && got.failure->reason == Reason::body_limit;
  if (cut && is_page(got.reply)) return page_instead(options.marker);
  if (cut) return of_file(options.marker, {Layer::content, Reason::content_limit, got.failure->detail});
  return no_answer(title(options.marker), got);
}

Task<MarkerOutcome> marker_version(Net& net, Options options, Got got) {
  if (options.format.kind == MarkerKind::digest) co_return digest_version(options, got);
  if (auto failure = no_marker(options, got)) co_return *failure;
  const std::size_t size = got.reply.body.size();
  std::function<MarkerOutcome()> work = [body = std::move(got.reply.body), format = options.format, now = net.wall()] {
    return read_marker(body, format, now);
  };
  Task<MarkerOutcome> reading = computed(net, size, std::move(work));
  MarkerOutcome outcome = co_await std::move(reading);
  if (auto* failure = std::get_if<Failure>(&outcome)) co_return of_file(options.marker, std::move(*failure));
  co_return outcome;
}

FeedLook feed_look(const Canary& canary, const Got& got) {
  if (auto failure = no_file(canary, got)) return {canary.name, std::nullopt, std::move(failure)};
  return {canary.name, Version{digest_of(got), std::nullopt, std::nullopt}, std::nullopt};
}

/// The http facts and timings of the finding stay the marker's.
void note_feed(Finding& finding, const Canary& canary, const Got& got) {
  finding.traffic += got.traffic;
  finding.feeds.push_back(feed_look(canary, got));
}

Task<Finding> look_at_feeds(Net& net, Target target, Finding finding) {
  const Options options = options_of(*target.pool);
  const std::vector<Canary> files = unpinned(*target.pool, target.round);
  for (const Canary& file : files) {
    Get get = digest_get(target, file, options.max_bytes);
    get.reuse = Reuse::body;
    const Got got = co_await follow(net, target, std::move(get));
    note_feed(finding, file, got);
  }
  co_return finding;
}

Task<Finding> freshness(Net& net, Target target) {
  Finding finding;
  finding.failure = bad_option(*target.pool);
  if (finding.failure) co_return finding;
  const Options options = options_of(*target.pool);
  Get get = marker_get(target, options);
  const Got got = co_await follow(net, target, std::move(get));
  note(finding, got);
  const MarkerOutcome outcome = co_await marker_version(net, options, got);
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    finding.failure = *failure;
    co_return finding;
  }
  finding.version = std::get<Version>(outcome);
  Task<Finding> feeds = look_at_feeds(net, target, std::move(finding));
  co_return co_await std::move(feeds);
}

// ---- integrity ----------------------------------------------------------------------------------------------

/// What has the same bytes for ever: all that is pinned, and the rest when the pool says so.
std::vector<Canary> unchanging(const Pool& pool, std::uint64_t round) {
  std::vector<Canary> files;
  for (const Canary& canary : pool.canaries)
    if (!canary.sha256.empty()) files.push_back(canary);
  if (option(pool, "immutable") != "true") return files;
  for (Canary& canary : unpinned(pool, round)) files.push_back(std::move(canary));
  return files;
}

/// A pinned file is compared here; others are reported, to be compared with what was seen before and elsewhere.
void note_file(Finding& finding, const Canary& canary, const Got& got) {
  note(finding, got);
  const bool is_pinned = !canary.sha256.empty();
  const Promised promised{title(canary), std::nullopt, canary.sha256};
  finding.failure = is_pinned ? broken_promise(promised, got) : no_file(canary, got);
  if (!finding.failure && !is_pinned) finding.artefacts.push_back({canary.name, digest_of(got)});
}

Task<Finding> integrity(Net& net, Target target) {
  Finding finding;
  finding.failure = bad_option(*target.pool);
  if (finding.failure) co_return finding;
  const Options options = options_of(*target.pool);
  const std::vector<Canary> files = unchanging(*target.pool, target.round);
  for (const Canary& file : files) {
    Get get = digest_get(target, file, options.max_bytes);
    const Got got = co_await follow(net, target, std::move(get));
    note_file(finding, file, got);
    if (finding.failure) break;
  }
  co_return finding;
}

const std::string& marker_format_doc() {
  static const std::string doc = "How the marker tells its version: one of " + marker_format_words() +
                                 ". A digest can only be the reference's or not; the others put versions in order.";
  return doc;
}

}  // namespace

const Ecosystem& file_ecosystem() {
  static const Ecosystem ecosystem = {
      .name = "file",
      .doc =
          "Any files over HTTP. Fresh when the marker, by default the first canary, tells the reference's version; "
          "whole when every canary with a sha256 has just these bytes.",
      .canary_doc = "a path below the mirror's URL, or \".\" for the URL itself; without any, the URL is the marker",
      .options =
          {{"max_bytes", kDefaultMaxBytes, false, "The most bytes to read of one file."},
           {"marker", "", false,
            "The marker's path below the mirror's URL. Without it the first canary is the marker."},
           {"marker_format", "digest", false, marker_format_doc()},
           {"marker_key", "", false, "Read the marker from the line key=value or key: value with this key."},
           {"marker_pointer", "", false,
            "Where in a json: or xml: marker its text stands: a JSON pointer such as /last/updated, or a path of "
            "elements such as /metadata/updated."},
           {"immutable", "false", false,
            "\"true\": under the name of a canary or a sample, the marker aside, there are the same bytes for ever; "
            "the integrity check then reads those without a sha256 as well."}},
      .pace = std::chrono::minutes(5),
      .integrity_pace = std::chrono::hours(1),
      .freshness = &freshness,
      .integrity = &integrity,
      .option_troubles = &option_troubles,
  };
  return ecosystem;
}

}  // namespace mw
