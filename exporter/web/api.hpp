// The HTTP API: the published picture as JSON. Pure. What each page holds is said in deploy/openapi.json, which a test
// compares with it. Text from outside is printable; what is not known is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/published.hpp"

namespace mw {

/// GET /api/v1/mirrors: every mirror with its verdict, its lag, and the parts and addresses that are behind.
std::string mirrors_json(const Published&, SysTime now);

/// GET /api/v1/mirrors/POOL/MIRROR: the same of one, and check by check what was seen last, what was seen last when it
/// was well, and the trace of the last failure, which stays after it is over.
std::string mirror_page(const MirrorView&, SysTime now);

/// GET /api/v1/pools, and /api/v1/pools/POOL with how the pool is looked at and how its mirrors are.
std::string pools_json(const Snapshot&, SysTime now);
std::string pool_page(const Snapshot&, const PoolView&, SysTime now);

/// Which runs of a mirror, of those that are kept.
struct RunsWanted {
  std::optional<CheckKind> check;  ///< nothing = all of them
  SysTime since{};
};
/// GET /api/v1/history/POOL/MIRROR: when runs ended, whether they failed and how long they took, oldest first.
std::string history_json(const MirrorView&, const RunsWanted&, SysTime now);

/// GET /api/v1/receivers: what each is owed, how the last attempt failed, and the messages it would never have taken.
std::string receivers_json(const Published&, SysTime now);

/// GET /api/v1/alerts: what is pending or firing, with who keeps it silent and who has seen to it.
std::string alerts_json(const Published&, SysTime now);

/// GET /api/v1/advice, and /api/v1/advice/POOL: what a client should use now, best first.
std::string advice_json(const Snapshot&, SysTime now);
std::string advice_page(const Snapshot&, const Pool&, SysTime now);

/// GET /sd/prometheus: every mirror as a target, in the form of Prometheus' http_sd_configs.
std::string targets_json(const Snapshot&);

/// What every path below /api/ says when it cannot do what it was asked.
std::string error_json(int status, std::string_view message);

/// deploy/openapi.json, embedded at build time.
std::string_view openapi_document();

}  // namespace mw
