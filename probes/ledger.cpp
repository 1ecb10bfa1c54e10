// Comparing digests over time and across mirrors.
#include "probes/ledger.hpp"

#include <algorithm>

namespace mw {

namespace {

using Servings = std::map<std::string, Served>;

/// The digest that the references agree on; nothing when none knows the name or they disagree.
std::optional<std::string> official(const Servings& servings, const std::set<std::string>& references) {
  std::optional<std::string> digest;
  for (const std::string& reference : references) {
    const auto found = servings.find(reference);
    if (found == servings.end()) continue;
    if (digest && *digest != found->second.last) return std::nullopt;
    digest = found->second.last;
  }
  return digest;
}

/// How many of the others serve each digest now.
std::map<std::string, std::size_t> count_others(const Servings& servings, const std::string& mirror) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, served] : servings)
    if (name != mirror) ++counts[served.last];
  return counts;
}

std::string who_says_what(const Servings& servings) {
  std::map<std::string, std::string> says;
  for (const auto& [name, served] : servings) {
    std::string& who = says[served.last];
    who += (who.empty() ? "" : ", ") + name;
  }
  std::string text;
  for (const auto& [digest, who] : says) text += (text.empty() ? "" : "; ") + digest + " from " + who;
  return text;
}

Failure changed(const std::string& artefact, const std::string& what, const Servings& servings) {
  return {Layer::integrity, Reason::changed, artefact + ": " + what + ": " + who_says_what(servings)};
}

std::optional<Failure> judge_name(const std::string& artefact, const Servings& servings, const std::string& mirror,
                                  const std::set<std::string>& references) {
  const auto own = servings.find(mirror);
  if (own == servings.end()) return std::nullopt;
  const Served& served = own->second;
  if (const auto digest = official(servings, references); digest && !references.contains(mirror)) {
    if (*digest == served.last) return std::nullopt;
    return changed(artefact, "not the reference's bytes", servings);
  }
  if (served.first != served.last) return changed(artefact, "served " + served.first + " before", servings);
  const auto others = count_others(servings, mirror);
  const bool alone = others.size() == 1 && others.begin()->second >= 2 && !others.contains(served.last);
  if (alone) return changed(artefact, "all others serve other bytes", servings);
  return std::nullopt;
}

}  // namespace

Artefacts record(Artefacts ledger, const std::string& mirror, const std::vector<Artefact>& seen, SysTime at) {
  for (const Artefact& artefact : seen) {
    if (ledger.size() >= kMostArtefacts && !ledger.contains(artefact.name)) continue;
    Served& served = ledger[artefact.name][mirror];
    if (served.first.empty()) {
      served.first = artefact.digest;
      served.first_at = at;
    }
    served.last = artefact.digest;
    served.last_at = at;
  }
  return ledger;
}

std::optional<Failure> dissent(const Artefacts& ledger, const std::string& mirror,
                               const std::set<std::string>& references) {
  for (const auto& [artefact, servings] : ledger)
    if (auto failure = judge_name(artefact, servings, mirror, references)) return failure;
  return std::nullopt;
}

}  // namespace mw
