// What we owe the hosts we look at: a pause between looks, a bound on bytes per day, and to stay away when asked to.
// Pure: time is an argument. Asking less is schedule.*'s and validators.*'s business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "probes/model.hpp"

namespace mw {

/// Why a look does not begin although it is due.
enum class PutOff : std::uint8_t {
  asked_to_wait,  ///< Retry-After, or an exhausted quota
  budget          ///< the host's bytes of this day are used up
};
std::string_view name(PutOff);
inline constexpr PutOff kPutOffs[] = {PutOff::asked_to_wait, PutOff::budget};

class Courtesy {
 public:
  struct Terms {
    Duration gap{};                   ///< between the starts of two looks at one host
    std::uint64_t bytes_per_day = 0;  ///< of one host; refills evenly, and a day's worth is the most that is there
    bool operator==(const Terms&) const = default;
  };

  /// Keeps what is known of these hosts, forgets all others.
  void configure(Terms, const std::set<std::string>& hosts);

  /// The earliest a look at the host may start as far as the gap goes.
  SteadyTime free_at(const std::string& host) const;
  /// Whether a look of this kind at the host should not begin now. Questions to DNS trouble no mirror, and looks that
  /// fetch nothing cost no budget.
  std::optional<PutOff> put_off(const std::string& host, CheckKind, SteadyTime now) const;

  void started(const std::string& host, SteadyTime now);
  /// `usual` is the wait when the host does not say how long; it doubles while the host goes on asking, up to an hour.
  void finished(const std::string& host, const Traffic&, Duration usual, SteadyTime now);

 private:
  struct Host {
    std::optional<SteadyTime> last_start;
    std::optional<SteadyTime> rests_until;
    int asked = 0;    ///< times in a row
    double used = 0;  ///< bytes not yet refilled, as of `counted`
    SteadyTime counted{};
  };
  double used(const Host&, SteadyTime now) const;

  Terms terms_;
  std::map<std::string, Host> hosts_;
};

}  // namespace mw
