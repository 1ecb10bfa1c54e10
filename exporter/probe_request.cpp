// From a query and a header to an order.
#include "exporter/probe_request.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporter/web/query.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr double kUnsaid = 120;  // seconds, when the scraper does not say
constexpr double kLongest = 3600;
constexpr std::size_t kLongestTarget = 2048;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

NoProbe refused(int status, const std::string& line) { return {plain(status, line), false}; }

std::shared_ptr<const Module> find_module(const ProbeConfig& config, const std::string& name) {
  for (const auto& module : config.modules)
    if (module->name == name) return module;
  return nullptr;
}

/// The Host that the module sets; empty if it sets none.
std::string host_of(const Module& module) {
  for (const auto& [key, value] : module.http.headers)
    if (equal_ignoring_case(key, "host")) return value;
  return {};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x21 || c == 0x7F; });
}

/// What is wrong with target and hostname; nothing when they will do.
std::optional<std::string> trouble(const ProbeOrder& order) {
  if (order.target.empty()) return "the parameter target is missing";
  if (order.target.size() > kLongestTarget || order.hostname.size() > 255) return "target or hostname is too long";
  if (has_control(order.target) || has_control(order.hostname))
    return "target or hostname holds a blank or a control character";
  const std::string host = host_of(*order.module);
  const bool clash = order.module->prober == Prober::http && !host.empty() && !order.hostname.empty();
  if (clash && !equal_ignoring_case(host, order.hostname))
    return "the module sets the header Host, to something else than hostname";
  return std::nullopt;
}

}  // namespace

std::variant<Duration, std::string> probe_timeout(std::string_view header, Duration offset, Duration module_timeout) {
  double allowed = 0;
  const std::string_view text = trim(header);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), allowed);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && !std::isnan(allowed);
  if (!text.empty() && !is_number) return "X-Prometheus-Scrape-Timeout-Seconds is no number: " + printable(text, 64);
  const double own = seconds(module_timeout);
  if (allowed == 0 || (allowed < 0 && own <= 0)) allowed = kUnsaid;
  const double most = allowed - seconds(offset);
  double given = (own > 0 && own < most) || (most < 0 && own > 0) ? own : most;
  if (given <= 0) given = allowed / 2;  // shorter than the offset: half of it is better than nothing
  return duration(std::clamp(given, 0.001, kLongest));
}

std::variant<ProbeOrder, NoProbe> read_probe_order(const WebRequest& request, const ProbeConfig& config) {
  ProbeOrder order;
  std::string name = query_value(request.query, "module").value_or("");
  if (name.empty()) name = "http_2xx";
  order.module = find_module(config, name);
  if (!order.module) {
    NoProbe unknown = refused(400, "there is no module \"" + printable(name, 64) + "\" in the configuration");
    unknown.module_unknown = true;
    return unknown;
  }
  order.target = query_value(request.query, "target").value_or("");
  order.hostname = query_value(request.query, "hostname").value_or("");
  order.debug = query_value(request.query, "debug") == "true";
  if (const auto wrong = trouble(order)) return refused(400, *wrong);
  const auto timeout = probe_timeout(request.scrape_timeout, config.timeout_offset, order.module->timeout);
  if (const auto* wrong = std::get_if<std::string>(&timeout)) return refused(500, *wrong);
  order.timeout = std::get<Duration>(timeout);
  return order;
}

}  // namespace mw
