// Plain files: a marker that changes when the mirror is synchronised, and files whose bytes are pinned.
// Knows no format at all; serves whatever has no ecosystem of its own.
#include "probes/ecosystem.hpp"
#include "probes/evidence.hpp"
#include "probes/follow.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kDefaultMaxBytes = "67108864";

Failure bad_option() { return {Layer::content, Reason::local_resource, "option max_bytes is not a number of bytes"}; }

std::optional<std::uint64_t> max_bytes(const Pool& pool) {
  const std::string text = option(pool, "max_bytes");
  return parse_decimal(text.empty() ? kDefaultMaxBytes : text);
}

bool is_mirror_itself(const Canary& canary) { return canary.name.empty() || canary.name == "."; }

Canary marker_of(const Pool& pool) { return pool.canaries.empty() ? Canary{} : pool.canaries.front(); }

Url url_of(const Target& target, const Canary& canary) {
  return is_mirror_itself(canary) ? target.mirror->url : join(target.mirror->url, canary.name);
}

/// A directory listing or a document is a page by right.
bool may_be_page(const Canary& canary) {
  const std::string_view path = std::string_view(canary.name).substr(0, canary.name.find('?'));
  return is_mirror_itself(canary) || path.ends_with('/') || path.ends_with(".html") || path.ends_with(".htm");
}

std::string title(const Canary& canary) { return is_mirror_itself(canary) ? "the mirror's URL" : canary.name; }

/// Why the answer cannot be the marker. Whether a pinned one is right is the integrity check's question.
std::optional<Failure> no_marker(const Canary& canary, const Got& got) {
  if (auto failure = no_answer(title(canary), got)) return failure;
  if (!canary.sha256.empty() && got.reply.sha256 == canary.sha256) return std::nullopt;
  if (got.reply.body_bytes == 0) return Failure{Layer::content, Reason::empty, title(canary) + ": empty"};
  if (!may_be_page(canary) && is_page(got.reply))
    return Failure{Layer::content, Reason::html, title(canary) + ": a web page instead"};
  return std::nullopt;
}

Task<Finding> freshness(Net& net, Target target) {
  Finding finding;
  const Canary marker = marker_of(*target.pool);
  const auto limit = max_bytes(*target.pool);
  if (!limit) {
    finding.failure = bad_option();
    co_return finding;
  }
  Get get = raw_get(url_of(target, marker), *limit);
  const Got got = co_await follow(net, target, std::move(get));
  note(finding, got);
  finding.failure = no_marker(marker, got);
  if (!finding.failure) finding.version = Version{got.reply.sha256, std::nullopt, std::nullopt};
  co_return finding;
}

std::vector<Canary> pinned(const Pool& pool) {
  std::vector<Canary> canaries;
  for (const Canary& canary : pool.canaries)
    if (!canary.sha256.empty()) canaries.push_back(canary);
  return canaries;
}

Task<Finding> compare_all(Net& net, Target target, std::size_t limit) {
  Finding finding;
  const std::vector<Canary> canaries = pinned(*target.pool);
  for (const Canary& canary : canaries) {
    Get get = raw_get(url_of(target, canary), limit);
    get.keep_body = false;
    const Got got = co_await follow(net, target, std::move(get));
    note(finding, got);
    const Promised promised{title(canary), std::nullopt, canary.sha256};
    finding.failure = broken_promise(promised, got);
    if (finding.failure) break;
  }
  co_return finding;
}

Task<Finding> integrity(Net& net, Target target) {
  const auto limit = max_bytes(*target.pool);
  if (limit) co_return co_await compare_all(net, target, *limit);
  Finding finding;
  finding.failure = bad_option();
  co_return finding;
}

}  // namespace

const Ecosystem& file_ecosystem() {
  static const Ecosystem ecosystem = {
      .name = "file",
      .doc =
          "Any files over HTTP. Fresh when the first canary has the reference's bytes; whole when every canary "
          "with a sha256 has just these bytes.",
      .canary_doc = "a path below the mirror's URL, or \".\" for the URL itself; without any, the URL is the marker",
      .options = {{"max_bytes", kDefaultMaxBytes, false, "The most bytes to read of one file."}},
      .freshness = &freshness,
      .integrity = &integrity,
  };
  return ecosystem;
}

}  // namespace mw
