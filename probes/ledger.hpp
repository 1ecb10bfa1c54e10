// The ledger of names that must never change their bytes: who served which digest, first and last. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "probes/model.hpp"

namespace mw {

/// What one mirror served under one name.
struct Served {
  std::string first;  ///< the digest it was first seen with
  SysTime first_at{};
  std::string last;
  SysTime last_at{};
  bool operator==(const Served&) const = default;
};

/// By artefact, then by mirror.
using Artefacts = std::map<std::string, std::map<std::string, Served>>;

inline constexpr std::size_t kMostArtefacts = 4096;

/// Takes in what a mirror served at `at`. Names beyond kMostArtefacts are not taken in.
Artefacts record(Artefacts, const std::string& mirror, const std::vector<Artefact>&, SysTime at);

/// Whether a mirror's bytes are other than they should be, and who says what. The references decide; without one
/// that knows the name, what the mirror served first and what a majority of the others serves.
std::optional<Failure> dissent(const Artefacts&, const std::string& mirror, const std::set<std::string>& references);

}  // namespace mw
