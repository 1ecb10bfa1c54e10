// Conditional requests: what may be remembered, and when it may be trusted.
#include "probes/validators.hpp"

#include <algorithm>
#include <chrono>

#include "probes/formats/rfc_date.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostKept = 256;  ///< URLs, times addresses, of one mirror
constexpr std::size_t kLargestBody = 1024 * 1024;
constexpr std::size_t kLongestValidator = 256;
constexpr int kAskOutrightEvery = 24;

bool is_plain_get(const Fetch& fetch) {
  const auto decides = [](const auto& field) {
    return equal_ignoring_case(field.first, "range") || equal_ignoring_case(field.first, "if-none-match") ||
           equal_ignoring_case(field.first, "if-modified-since");
  };
  return fetch.method == "GET" && fetch.body.empty() &&
         std::none_of(fetch.headers.begin(), fetch.headers.end(), decides);
}

std::string validator(const Reply& reply, std::string_view name) {
  std::string value = header(reply, name).value_or("");
  return value.size() <= kLongestValidator ? value : std::string();
}

/// A date tells changes apart only once the second it names is over (RFC 9110 §8.8.2.2).
std::string settled_date(const Reply& reply) {
  const std::string text = validator(reply, "last-modified");
  const auto modified = parse_rfc_date(text);
  const auto sent = parse_rfc_date(header(reply, "date").value_or(""));
  const bool settled = modified && sent && *sent - *modified > std::chrono::seconds(1);
  return settled ? text : std::string();
}

/// Fields of a 304 replace those remembered (RFC 9111 §3.2).
Headers updated(Headers headers, const Headers& news) {
  std::erase_if(headers, [&](const auto& old) {
    return std::any_of(news.begin(), news.end(), [&](const auto& field) { return field.first == old.first; });
  });
  headers.insert(headers.end(), news.begin(), news.end());
  return headers;
}

}  // namespace

std::shared_ptr<const std::string> Bodies::keep(const std::string& sha256, const std::string& body) {
  const auto known = shelf_->bodies.find(sha256);
  if (known != shelf_->bodies.end()) return known->second.lock();
  if (shelf_->held + body.size() > limit_) return nullptr;
  const auto take_down = [shelf = shelf_, sha256](const std::string* gone) {
    shelf->held -= gone->size();
    shelf->bodies.erase(sha256);
    delete gone;
  };
  const std::shared_ptr<const std::string> kept(new std::string(body), take_down);
  shelf_->held += body.size();
  shelf_->bodies.emplace(sha256, kept);
  return kept;
}

Headers Validators::conditions(const Fetch& fetch, Reuse reuse) {
  const auto found = kept_.find(key_of(fetch));
  if (reuse == Reuse::none || found == kept_.end() || !is_plain_get(fetch)) return {};
  Kept& kept = found->second;
  kept.used = ++uses_;
  const bool complete = reuse == Reuse::digest || (!fetch.spool && (kept.body || !fetch.keep_body));
  if (!complete || kept.confirmed + 1 >= kAskOutrightEvery) return {};
  // A server that understands the first ignores the second; a tag is the better of the two, so it goes alone.
  if (!kept.etag.empty()) return {{"If-None-Match", kept.etag}};
  return {{"If-Modified-Since", kept.last_modified}};
}

void Validators::take_answer(const Fetch& fetch, const Headers& conditions, Reply& reply) {
  const auto found = kept_.find(key_of(fetch));
  if (!reply.failure && reply.status == 304 && !conditions.empty() && found != kept_.end()) {
    Kept& kept = found->second;
    ++kept.confirmed;
    kept.headers = updated(std::move(kept.headers), reply.headers);
    reply.status = 200;
    reply.headers = kept.headers;
    if (kept.body && fetch.keep_body) reply.body = *kept.body;
    reply.body_bytes = kept.body_bytes;
    reply.sha256 = kept.sha256;
    reply.not_modified = true;
  } else if (!reply.failure) {
    remember(fetch, reply);
  }
}

/// What is anything but a whole file with a validator ends what was remembered.
void Validators::remember(const Fetch& fetch, const Reply& reply) {
  const Key key = key_of(fetch);
  kept_.erase(key);
  if (!is_plain_get(fetch) || reply.status != 200) return;
  Kept kept;
  kept.etag = validator(reply, "etag");
  if (kept.etag.empty()) kept.last_modified = settled_date(reply);
  if (kept.etag.empty() && kept.last_modified.empty()) return;
  const bool small = reply.body.size() <= kLargestBody;
  if (fetch.keep_body && !fetch.spool && small) kept.body = bodies_->keep(reply.sha256, reply.body);
  kept.headers = reply.headers;
  kept.body_bytes = reply.body_bytes;
  kept.sha256 = reply.sha256;
  kept.used = ++uses_;
  make_room();
  kept_.emplace(key, std::move(kept));
}

void Validators::make_room() {
  if (kept_.size() < kMostKept) return;
  kept_.erase(std::min_element(kept_.begin(), kept_.end(),
                               [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
}

}  // namespace mw
