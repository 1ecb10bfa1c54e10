// What a request for /probe asks for, and how long it may take. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/web/message.hpp"
#include "probes/module.hpp"

namespace mw {

struct ProbeOrder {
  std::shared_ptr<const Module> module;
  std::string target;
  std::string hostname;
  bool debug = false;
  Duration timeout{};
};

/// Why a request is no order: the reply to it.
struct NoProbe {
  WebReply reply;
  bool module_unknown = false;
};

std::variant<ProbeOrder, NoProbe> read_probe_order(const WebRequest&, const ProbeConfig&);

/// `header` is X-Prometheus-Scrape-Timeout-Seconds. As blackbox_exporter does: what the scrape allows, less `offset`,
/// or the module's timeout where that is shorter; but always more than nothing and at most an hour. The error says why
/// the header is no number.
std::variant<Duration, std::string> probe_timeout(std::string_view header, Duration offset, Duration module_timeout);

}  // namespace mw
