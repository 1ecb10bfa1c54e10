// Answers, judged against what was promised.
#include "probes/evidence.hpp"

#include "probes/formats/html.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

bool too_long(const Got& got) { return got.failure && got.failure->reason == Reason::body_limit; }

/// The file itself, and too long. An error page may well be longer than the file would have been.
bool was_cut(const Got& got) { return too_long(got) && got.reply.status == 200; }

std::optional<Failure> no_success(const Got& got) {
  const bool by_status = !got.failure || (too_long(got) && got.reply.status != 200);
  return by_status ? unwanted_status(got.reply.status, {200}) : got.failure;
}

std::string shown(const std::string& digest) { return digest.empty() ? "nothing" : digest; }

/// Where a redirect led to: that host is to be blamed, not the one that was asked.
std::string at_end_of(const Got& got) {
  return got.redirects == 0 ? "" : " (redirected to " + got.url.authority() + ")";
}

}  // namespace

Get raw_get(Url url, std::size_t body_limit) {
  Get get;
  get.url = std::move(url);
  get.body_limit = body_limit;
  get.decode = false;
  return get;
}

void note(Finding& finding, const Got& got) {
  const bool first = finding.traffic.requests == 0 && !finding.http;
  if (first) finding.timings = got.reply.timings;
  finding.traffic += got.traffic;
  if (got.reply.status != 0)
    finding.http = HttpFacts{got.reply.status, got.reply.body_bytes, got.redirects, got.url.host};
}

std::optional<Failure> no_answer(const std::string& name, const Got& got) {
  auto failure = no_success(got);
  if (failure) failure->detail = name + ": " + failure->detail + at_end_of(got);
  return failure;
}

bool is_page(const Reply& reply) {
  if (!reply.body.empty()) return looks_like_html(reply.body);
  const std::string type = header(reply, "content-type").value_or("");
  return equal_ignoring_case(trim(std::string_view(type).substr(0, type.find(';'))), "text/html");
}

std::optional<Failure> broken_promise(const Promised& promised, const Got& got) {
  const auto failure = [&](Layer layer, Reason reason, const std::string& what) {
    return Failure{layer, reason, promised.name + ": " + what + at_end_of(got)};
  };
  if (promised.size && was_cut(got))
    return failure(Layer::integrity, Reason::size_mismatch,
                   "longer than the " + std::to_string(*promised.size) + " bytes listed");
  if (auto none = no_answer(promised.name, got)) return none;
  const bool same_size = !promised.size || got.reply.body_bytes == *promised.size;
  if (same_size && got.reply.sha256 == promised.sha256) return std::nullopt;
  if (is_page(got.reply)) return failure(Layer::content, Reason::html, "a web page instead");
  if (got.reply.body_bytes == 0) return failure(Layer::content, Reason::empty, "empty");
  if (!same_size)
    return failure(Layer::integrity, Reason::size_mismatch,
                   std::to_string(got.reply.body_bytes) + " bytes, " + std::to_string(*promised.size) + " listed");
  return failure(Layer::integrity, Reason::checksum,
                 "got sha256 " + shown(got.reply.sha256) + ", expected " + promised.sha256);
}

std::string option(const Pool& pool, std::string_view key) {
  const auto found = pool.options.find(std::string(key));
  return found == pool.options.end() ? std::string() : found->second;
}

}  // namespace mw
