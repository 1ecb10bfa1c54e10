// What people read of probes: one with its log, and the list of late. Pure.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/probe_history.hpp"
#include "exporter/web/message.hpp"

namespace mw {

/// Log, metrics and module, as debug=true and /logs answer it.
WebReply probe_debug_page(const PastProbe&);

/// /probe/history.
WebReply probe_history_page(const std::vector<std::shared_ptr<const PastProbe>>&, SysTime now);

/// /logs?id=N or ?target=X&module=M.
WebReply probe_log_page(const WebRequest&, const ProbeHistory&);

}  // namespace mw
