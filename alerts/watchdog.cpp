// Four ways to be stuck.
#include "alerts/watchdog.hpp"

#include <array>

namespace mw {

std::string_view name(Vouched outcome) {
  constexpr std::array kNames = {"sent", "withheld", "failed"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::optional<std::string> why_silent(const Progress& progress, SteadyTime now, Duration every) {
  const auto too_long = [&](const std::optional<SteadyTime>& since) { return since && now - *since > 2 * every; };
  if (too_long(progress.evaluated)) return "the rules are not evaluated";
  if (too_long(progress.overdue)) return "checks do not begin";
  if (too_long(progress.save_fails)) return "the state cannot be saved";
  if (too_long(progress.delivery_fails)) return "a receiver accepts nothing";
  return std::nullopt;
}

}  // namespace mw
