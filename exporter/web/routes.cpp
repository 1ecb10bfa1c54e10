// The table of paths and the replies behind them.
#include "exporter/web/routes.hpp"

#include <iterator>

#include "exporter/mirror_metrics.hpp"
#include "exporter/web/api.hpp"
#include "exporter/web/pages.hpp"

namespace mw {

namespace {

WebReply status(const Site& site) {
  WebReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers = {
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Refresh", "10"}};
  reply.body = status_page({site.published, site.now, site.build.version, site.metrics_path});
  return reply;
}

WebReply metrics(const Site& site) {
  auto families = site.published ? published_families(*site.published, site.now) : std::vector<Family>();
  if (site.own_families) std::ranges::move(site.own_families(), std::back_inserter(families));
  WebReply reply;
  reply.content_type = kTextContentType;
  reply.body = write_text(families);
  return reply;
}

WebReply mirrors(const Site& site) {
  if (!site.published) return plain(503, "nothing has been published yet");
  WebReply reply;
  reply.content_type = "application/json; charset=utf-8";
  reply.body = mirrors_json(*site.published, site.now);
  return reply;
}

WebReply style(const Site& /*site*/) {
  WebReply reply;
  reply.content_type = "text/css; charset=utf-8";
  reply.body = style_sheet();
  return reply;
}

WebReply healthy(const Site& /*site*/) { return plain(200, "mirrorwarden is healthy."); }

WebReply ready(const Site& site) {
  const bool is_ready = site.published && site.published->ready;
  return is_ready ? plain(200, "mirrorwarden is ready.")
                  : plain(503, "mirrorwarden is not ready: not every mirror has been looked at yet.");
}

WebReply config(const Site& site) {
  if (!site.published || !site.published->config) return plain(503, "no configuration yet");
  WebReply reply;
  reply.body = print_config(*site.published->config);
  return reply;
}

WebReply reload(const Site& site) {
  const auto error = site.reload ? site.reload() : std::optional<std::string>("not possible here");
  if (error) return plain(500, "the configuration was not reloaded, the previous one stays in force:\n" + *error);
  return plain(200, "the configuration was reloaded");
}

struct Route {
  std::string_view path;
  bool is_action = false;  ///< changes something: POST only. Everything else: GET and HEAD
  WebReply (*reply)(const Site&);
};

constexpr Route kRoutes[] = {
    {"/", false, status},        {"/style.css", false, style}, {"/-/healthy", false, healthy},
    {"/-/ready", false, ready},  {"/config", false, config},   {"/api/v1/mirrors", false, mirrors},
    {"/-/reload", true, reload},
};

const Route* find_route(std::string_view path, const Site& site) {
  static constexpr Route kMetrics{"", false, metrics};
  if (path == site.metrics_path) return &kMetrics;
  for (const Route& route : kRoutes) {
    if (route.path == path) return &route;
  }
  return nullptr;
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

}  // namespace

WebReply answer(const WebRequest& request, const Site& site) {
  const Route* const route = find_route(request.path, site);
  if (route == nullptr) return plain(404, "not found");
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!route->is_action) return is_read ? route->reply(site) : not_allowed("GET, HEAD");
  if (request.method != "POST") return not_allowed("POST");
  return is_cross_site(request) ? plain(403, "not from another site") : route->reply(site);
}

}  // namespace mw
