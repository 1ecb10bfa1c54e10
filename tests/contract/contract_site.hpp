// What an ecosystem brings to the contract test: one healthy site, the two files that matter most on it, and where it
// rightly answers otherwise than the table of troubles says. Knows no trouble.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/ecosystem_run.hpp"

namespace mw {

/// An answer that is right although the table says another; empty outcomes mean what the table means.
struct Differs {
  std::string_view trouble;
  std::string_view freshness;
  std::string_view integrity;
  std::string_view why;
};

struct ContractSite {
  std::string base;                       ///< the path of the mirror's URL
  std::map<std::string, FakePage> pages;  ///< by request target
  /// Options, canaries and programs of the run; its mirror is already there.
  std::function<void(EcosystemRun&)> arrange;
  std::string marker;         ///< the target that tells freshness the version
  std::string artefact;       ///< the target whose bytes integrity compares
  std::size_t flip = 0;       ///< a byte of the artefact that means something
  std::string future_marker;  ///< the marker with a date a day ahead of kContractNow; empty: it bears no date
  std::vector<Differs> differs;
};

inline constexpr SysTime kContractNow(std::chrono::seconds(1'754'733'900));  // Sat, 09 Aug 2025 10:05:00 UTC

struct NamedSite {
  std::string_view ecosystem;
  ContractSite (*make)();
};

/// One for each file in tests/contract/sites, named as the ecosystem.
const std::vector<NamedSite>& contract_sites();

}  // namespace mw
