// The table of paths and the replies behind them.
#include "exporter/web/routes.hpp"

#include "alerts/runbook.hpp"
#include "exporter/web/api.hpp"
#include "exporter/web/api_routes.hpp"
#include "exporter/web/gzip.hpp"
#include "exporter/web/negotiation.hpp"
#include "exporter/web/pages.hpp"
#include "exporter/web/query.hpp"

namespace mw {

namespace {

WebReply status(const WebRequest& /*request*/, const Site& site) {
  WebReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Refresh", "10"}};
  reply.body = status_page({site.published, site.now, site.build.version, site.metrics_path});
  return reply;
}

WebReply metrics(const WebRequest& request, const Site& site) {
  Scrape scrape;
  scrape.format = format_for(request.accept);
  scrape.only = {query_values(request.query, "pool"), query_values(request.query, "mirror")};
  scrape.now = site.now;
  const auto own = site.own_families ? site.own_families() : std::vector<Family>();
  MetricsPages fresh;
  WebReply reply;
  reply.content_type = content_type(scrape.format);
  reply.headers = {{"Vary", "Accept, Accept-Encoding"}};
  reply.body = (site.pages != nullptr ? *site.pages : fresh).page(scrape, site.published.get(), own);
  if (!accepts_gzip(request.accept_encoding)) return reply;
  reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.body = gzip(reply.body);
  return reply;
}

WebReply mirrors(const WebRequest& /*request*/, const Site& site) {
  if (!site.published) return plain(503, "nothing has been published yet");
  return json_reply(mirrors_json(*site.published, site.now));
}

WebReply alerts(const WebRequest& /*request*/, const Site& site) {
  if (!site.published || !site.published->alerts) return plain(503, "nothing has been published yet");
  return json_reply(alerts_json(*site.published, site.now));
}

WebReply receivers(const WebRequest& /*request*/, const Site& site) {
  if (!site.published) return plain(503, "nothing has been published yet");
  return json_reply(receivers_json(*site.published, site.now));
}

/// As it was written, in Markdown.
WebReply runbook_of(const WebRequest& request, const Site& /*site*/) {
  const std::string_view text = runbook(std::string_view(request.path).substr(request.path.rfind('/') + 1));
  if (text.empty()) return plain(404, "there is no such runbook");
  WebReply reply;
  reply.body = text;
  return reply;
}

WebReply style(const WebRequest& /*request*/, const Site& /*site*/) {
  WebReply reply;
  reply.content_type = "text/css; charset=utf-8";
  reply.body = style_sheet();
  return reply;
}

WebReply healthy(const WebRequest& /*request*/, const Site& /*site*/) { return plain(200, "mirrorwarden is healthy."); }

WebReply ready(const WebRequest& /*request*/, const Site& site) {
  const bool is_ready = site.published && site.published->ready;
  return is_ready ? plain(200, "mirrorwarden is ready.")
                  : plain(503, "mirrorwarden is not ready: not every mirror has been looked at yet.");
}

WebReply config(const WebRequest& /*request*/, const Site& site) {
  if (!site.published || !site.published->config) return plain(503, "no configuration yet");
  WebReply reply;
  reply.body = print_config(*site.published->config);
  return reply;
}

WebReply reload(const WebRequest& /*request*/, const Site& site) {
  const auto error = site.reload ? site.reload() : std::optional<std::string>("not possible here");
  if (error) return plain(500, "the configuration was not reloaded, the previous one stays in force:\n" + *error);
  return plain(200, "the configuration was reloaded");
}

// ---- orders -------------------------------------------------------------------------------------------------

/// In a time that does not tell how much of it was right.
bool is_same(const std::string& a, const std::string& b) {
  unsigned char differ = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    differ = static_cast<unsigned char>(differ | (a[i] ^ b[b.empty() ? 0 : i % b.size()]));
  return differ == 0;
}

/// Nothing: whoever asks may give orders. (RFC 6750)
std::optional<WebReply> not_authorised(const WebRequest& request, const Site& site) {
  if (!site.published || !site.published->config) return plain(503, "no configuration yet");
  const Secret& token = site.published->config->agent.api_token;
  if (token.empty()) return plain(403, "not possible: the configuration has no agent.api_token_file or api_token_env");
  const bool is_known = is_same(request.authorization.reveal(), "Bearer " + token.reveal()) ||
                        is_same(request.token.reveal(), token.reveal());
  if (is_known) return std::nullopt;
  WebReply reply =
      plain(401, "the header Authorization: Bearer TOKEN (or X-Mirrorwarden-Token: TOKEN) is missing or wrong");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"mirrorwarden\"");
  return reply;
}

WebReply too_busy() { return plain(503, "the agent did not answer in time"); }

WebReply lay_silence(const WebRequest& request, const Site& site) {
  const auto wanted = read_silence(request.body, site.now);
  if (const auto* why = std::get_if<std::string>(&wanted)) return plain(400, *why);
  if (!site.orders.lay) return too_busy();
  const auto laid = site.orders.lay(std::get<Silence>(wanted));
  if (const auto* refused = std::get_if<NotLaid>(&laid)) return plain(409, "the silence " + refused->why);
  return json_reply("{\"silenceID\":\"" + std::get<std::string>(laid) + "\"}\n");
}

WebReply silences(const WebRequest& request, const Site& site) {
  if (!site.published) return plain(503, "nothing has been published yet");
  if (request.method != "POST") return json_reply(silences_json(site.published->silences, site.now));
  if (auto refused = not_authorised(request, site)) return std::move(*refused);
  return lay_silence(request, site);
}

WebReply lift_silence(const WebRequest& request, const Site& site) {
  if (auto refused = not_authorised(request, site)) return std::move(*refused);
  const auto lifted =
      site.orders.lift ? site.orders.lift(request.path.substr(request.path.rfind('/') + 1)) : std::nullopt;
  if (!lifted) return too_busy();
  return *lifted ? plain(200, "the silence has ended") : plain(404, "there is no such silence");
}

WebReply acknowledge(const WebRequest& request, const Site& site) {
  if (auto refused = not_authorised(request, site)) return std::move(*refused);
  const auto order = read_acknowledgement(request.body);
  if (const auto* why = std::get_if<std::string>(&order)) return plain(400, *why);
  const auto count =
      site.orders.acknowledge ? site.orders.acknowledge(std::get<AcknowledgeOrder>(order)) : std::nullopt;
  if (!count) return too_busy();
  return json_reply("{\"acknowledged\":" + std::to_string(*count) + "}\n");
}

// ---- the table ----------------------------------------------------------------------------------------------

constexpr std::string_view kRead = "GET, HEAD";

struct Route {
  std::string_view path;  ///< ends in "/*": everything below it
  std::string_view methods;
  WebReply (*reply)(const WebRequest&, const Site&);
};

constexpr Route kRoutes[] = {
    {"/", kRead, status},
    {"/style.css", kRead, style},
    {"/-/healthy", kRead, healthy},
    {"/-/ready", kRead, ready},
    {"/-/reload", "POST", reload},
    {"/config", kRead, config},
    {"/api/v1/openapi.json", kRead, reply_openapi},
    {"/api/v1/pools", kRead, reply_pools},
    {"/api/v1/pools/*", kRead, reply_pool},
    {"/api/v1/mirrors", kRead, mirrors},
    {"/api/v1/mirrors/*", kRead, reply_mirror},
    {"/api/v1/history/*", kRead, reply_history},
    {"/api/v1/advice", kRead, reply_advice},
    {"/api/v1/advice/*", kRead, reply_advice_on},
    {"/sd/prometheus", kRead, reply_targets},
    {"/api/v1/alerts", kRead, alerts},
    {"/api/v1/receivers", kRead, receivers},
    {"/runbooks/*", kRead, runbook_of},
    {"/api/v1/alerts/acknowledge", "POST", acknowledge},
    {"/api/v1/silences", "GET, HEAD, POST", silences},
    {"/api/v1/silence/*", "DELETE", lift_silence},
};

bool leads_to(const Route& route, std::string_view path) {
  if (!route.path.ends_with("/*")) return path == route.path;
  return path.starts_with(route.path.substr(0, route.path.size() - 1));
}

const Route* find_route(std::string_view path, const Site& site) {
  static constexpr Route kMetrics{"", kRead, metrics};
  if (path == site.metrics_path) return &kMetrics;
  for (const Route& route : kRoutes) {
    if (leads_to(route, path)) return &route;
  }
  return nullptr;
}

/// `method` is one that the server lets pass; none of these is a part of another.
bool allows(const Route& route, std::string_view method) {
  return route.methods.find(method) != std::string_view::npos;
}

WebReply not_allowed(std::string_view allowed) {
  WebReply reply = plain(405, "method not allowed");
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

/// A page elsewhere made the browser send this. People and programs who reload on purpose send neither header.
bool is_cross_site(const WebRequest& request) {
  const bool is_own = request.fetch_site.empty() || request.fetch_site == "same-origin" || request.fetch_site == "none";
  return !request.origin.empty() || !is_own;
}

WebReply routed(const WebRequest& request, const Site& site) {
  const Route* const route = find_route(request.path, site);
  if (route == nullptr) return plain(404, "not found");
  if (!allows(*route, request.method)) return not_allowed(route->methods);
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read && is_cross_site(request)) return plain(403, "not from another site");
  return route->reply(request, site);
}

}  // namespace

WebReply answer(const WebRequest& request, const Site& site) { return fit_for(request.path, routed(request, site)); }

}  // namespace mw
