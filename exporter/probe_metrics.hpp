// What a probe learned as blackbox_exporter would have put it: names, labels, phases. Pure.
#pragma once

#include <string>

#include "probes/module.hpp"
#include "probes/probed.hpp"

namespace mw {

/// The text format 0.0.4.
std::string probe_page(const Module&, const Probed&, Duration timeout);

/// 32-bit FNV-1a of the address's bytes in network order.
std::uint32_t address_hash(const Address&);

}  // namespace mw
