// From a URI to a page of the API.
#include "exporter/web/api_routes.hpp"

#include <algorithm>

#include "exporter/advice.hpp"
#include "exporter/web/api.hpp"
#include "exporter/web/query.hpp"
#include "probes/formats/rfc3339.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kApi = "/api/";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

/// What may be read: nothing of the picture is there before the first one was published.
const Snapshot* picture(const Site& site) { return site.published ? site.published->snapshot.get() : nullptr; }

WebReply nothing_yet() { return plain(503, "nothing has been published yet"); }

/// What follows the collection's own name: "b" and "c" of /api/v1/a/b/c.
std::vector<std::string> names_in(const WebRequest& request) {
  std::vector<std::string> parts = path_parts(request.path);
  constexpr std::size_t kOwn = 4;  // "", "api", "v1" and the collection
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(kOwn, parts.size())));
  return parts;
}

const PoolView* find_pool(const Snapshot& snapshot, const std::vector<std::string>& names) {
  if (names.size() != 1) return nullptr;
  const auto found = std::find_if(snapshot.pools.begin(), snapshot.pools.end(),
                                  [&](const PoolView& view) { return view.pool->name == names[0]; });
  return found == snapshot.pools.end() ? nullptr : &*found;
}

const MirrorView* find_mirror(const Snapshot& snapshot, const std::vector<std::string>& names) {
  if (names.size() != 2) return nullptr;
  for (const auto& view : snapshot.mirrors)
    if (view->pool->name == names[0] && view->mirror->name == names[1]) return view.get();
  return nullptr;
}

WebReply no_pool() { return plain(404, "there is no such pool; /api/v1/pools lists them"); }
WebReply no_mirror() { return plain(404, "there is no such mirror; /api/v1/mirrors lists them"); }

/// An RFC 3339 time, or whole seconds since 1970.
std::optional<SysTime> time_in(const std::string& text) {
  if (const auto number = parse_decimal(text); number && *number <= 9'000'000'000U)
    return SysTime(std::chrono::seconds(*number));
  return parse_rfc3339(text);
}

std::optional<CheckKind> check_in(const std::string& text) {
  for (const CheckKind kind : kCheckKinds)
    if (name(kind) == text) return kind;
  return std::nullopt;
}

/// Else what is wrong with the query.
std::variant<RunsWanted, std::string> runs_in(const std::string& query) {
  RunsWanted wanted;
  if (const auto check = query_value(query, "check")) {
    wanted.check = check_in(*check);
    if (!wanted.check) return "check is none of dns, tcp, tls, http, freshness, integrity";
  }
  if (const auto since = query_value(query, "since")) {
    const auto time = time_in(*since);
    if (!time) return "since is no time such as 2027-01-31T22:00:00Z or 1801519200";
    wanted.since = *time;
  }
  return wanted;
}

// ---- advice in words ----------------------------------------------------------------------------------------

/// `format` decides, else what the client would rather have: text only if it says so and does not take JSON.
std::variant<bool, std::string> wants_text(const WebRequest& request) {
  const auto format = query_value(request.query, "format");
  if (format && *format != "text" && *format != "json") return "format is neither text nor json";
  if (format) return *format == "text";
  const bool takes_json = request.accept.find("application/json") != std::string::npos;
  return !takes_json && request.accept.find("text/plain") != std::string::npos;
}

WebReply advice_reply(bool as_text, const Snapshot& snapshot, const Pool* pool, SysTime now) {
  WebReply reply;
  if (as_text)
    reply.body = pool == nullptr ? advice_text(snapshot) : advice_text(snapshot, *pool);
  else
    reply = json_reply(pool == nullptr ? advice_json(snapshot, now) : advice_page(snapshot, *pool, now));
  reply.headers.emplace_back("Vary", "Accept");
  return reply;
}

}  // namespace

WebReply json_reply(std::string body) {
  WebReply reply;
  reply.content_type = "application/json; charset=utf-8";
  reply.body = std::move(body);
  return reply;
}

WebReply fit_for(std::string_view path, WebReply reply) {
  if (reply.status < 400 || !path.starts_with(kApi) || reply.content_type != kPlain) return reply;
  std::string_view message = reply.body;
  while (message.ends_with('\n')) message.remove_suffix(1);
  reply.body = error_json(reply.status, message);
  reply.content_type = "application/json; charset=utf-8";
  return reply;
}

WebReply reply_pools(const WebRequest& /*request*/, const Site& site) {
  const Snapshot* snapshot = picture(site);
  return snapshot == nullptr ? nothing_yet() : json_reply(pools_json(*snapshot, site.now));
}

WebReply reply_pool(const WebRequest& request, const Site& site) {
  const Snapshot* snapshot = picture(site);
  if (snapshot == nullptr) return nothing_yet();
  const PoolView* pool = find_pool(*snapshot, names_in(request));
  return pool == nullptr ? no_pool() : json_reply(pool_page(*snapshot, *pool, site.now));
}

WebReply reply_mirror(const WebRequest& request, const Site& site) {
  const Snapshot* snapshot = picture(site);
  if (snapshot == nullptr) return nothing_yet();
  const MirrorView* mirror = find_mirror(*snapshot, names_in(request));
  return mirror == nullptr ? no_mirror() : json_reply(mirror_page(*mirror, site.now));
}

WebReply reply_history(const WebRequest& request, const Site& site) {
  const Snapshot* snapshot = picture(site);
  if (snapshot == nullptr) return nothing_yet();
  const MirrorView* mirror = find_mirror(*snapshot, names_in(request));
  if (mirror == nullptr) return no_mirror();
  const auto wanted = runs_in(request.query);
  if (const auto* why = std::get_if<std::string>(&wanted)) return plain(400, *why);
  return json_reply(history_json(*mirror, std::get<RunsWanted>(wanted), site.now));
}

WebReply reply_advice(const WebRequest& request, const Site& site) {
  const Snapshot* snapshot = picture(site);
  if (snapshot == nullptr) return nothing_yet();
  const auto text = wants_text(request);
  if (const auto* why = std::get_if<std::string>(&text)) return plain(400, *why);
  return advice_reply(std::get<bool>(text), *snapshot, nullptr, site.now);
}

WebReply reply_advice_on(const WebRequest& request, const Site& site) {
  const Snapshot* snapshot = picture(site);
  if (snapshot == nullptr) return nothing_yet();
  const PoolView* pool = find_pool(*snapshot, names_in(request));
  if (pool == nullptr) return no_pool();
  const auto text = wants_text(request);
  if (const auto* why = std::get_if<std::string>(&text)) return plain(400, *why);
  return advice_reply(std::get<bool>(text), *snapshot, pool->pool.get(), site.now);
}

/// Not below /api/: it speaks Prometheus' language, not ours.
WebReply reply_targets(const WebRequest& /*request*/, const Site& site) {
  const Snapshot* snapshot = picture(site);
  return snapshot == nullptr ? nothing_yet() : json_reply(targets_json(*snapshot));
}

WebReply reply_openapi(const WebRequest& /*request*/, const Site& /*site*/) {
  return json_reply(std::string(openapi_document()));
}

}  // namespace mw
