// What a probe learned as blackbox_exporter would have put it: names, labels, phases. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/exposition.hpp"
#include "probes/module.hpp"
#include "probes/probed.hpp"

namespace mw {

/// The text format 0.0.4.
std::string probe_page(const Module&, const Probed&, Duration timeout);

/// 32-bit FNV-1a of the address's bytes in network order.
std::uint32_t address_hash(const Address&);

/// What became of the requests for /probe so far, for /metrics.
struct ProbeCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t too_many = 0;  ///< not begun, because too many others were under way
  std::uint64_t refused = 0;   ///< by the policy, at once or at a redirect
  std::uint64_t module_unknown = 0;
};
std::vector<Family> probe_families(const ProbeCounts&);

}  // namespace mw
