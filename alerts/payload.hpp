// Alertmanager's webhook payload, version 4: what programs are told, over HTTP or on their standard input. Pure.
// (Prometheus documentation, "Alertmanager: configuration, <webhook_config>".)
#pragma once

#include <string>

#include "alerts/message.hpp"

namespace mw {

/// As JSON of at most kLargestMessage; `truncatedAlerts` says how many did not fit.
std::string webhook_payload(const Message&);

}  // namespace mw
