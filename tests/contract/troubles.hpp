// What can be wrong with a mirror and what it is called, whatever the mirror speaks: the one table that every
// ecosystem is held to. Knows no ecosystem.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/contract/contract_site.hpp"

namespace mw {

/// A site behind a FakeNet and a run against it; the mirror has been given secrets.
struct ContractWorld {
  /// `origin` is http or https, with an address or kMirrorName: "http://192.0.2.7".
  ContractWorld(std::string_view ecosystem, ContractSite made, std::string_view origin);

  FakePage& page(const std::string& target) { return host().pages[target]; }
  FakeHost& host() { return run.net.host(endpoint); }

  EcosystemRun run;
  ContractSite site;
  std::string endpoint;  ///< of the mirror, as FakeNet names it
};

inline constexpr std::string_view kMirrorName = "mirror.example.org";
inline constexpr std::string_view kPlainOrigin = "http://192.0.2.7";

struct ContractTrouble {
  std::string_view name;
  /// What freshness and integrity say when it befalls the marker and the artefact, each: "layer/reason", or "-" when
  /// it does not arise.
  std::string_view freshness;
  std::string_view integrity;
  /// Befalls this target, or the whole host, or the way to it.
  std::function<void(ContractWorld&, const std::string& target)> spoil;
  std::string_view origin = kPlainOrigin;
  bool one_page = true;  ///< of the target alone
};

inline std::ostream& operator<<(std::ostream& out, const ContractTrouble& trouble) { return out << trouble.name; }

const std::vector<ContractTrouble>& contract_troubles();

}  // namespace mw
