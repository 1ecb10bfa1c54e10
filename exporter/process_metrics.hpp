// What the kernel says of this process, under the names that every Prometheus client library uses. What cannot be
// read is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/exposition.hpp"

namespace mw {

/// The fields we need of /proc/PID/stat, in its own units.
struct ProcessStat {
  std::uint64_t cpu_ticks = 0;  ///< user and system
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  ///< since boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};
std::optional<ProcessStat> parse_process_stat(std::string_view line);

std::vector<Family> process_families();

}  // namespace mw
