// What the lab's hosts serve, as values: who is how broken, what was published when, what a request gets.
// Pure: time is an argument; knows no socket.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lab/message.hpp"

namespace mw::lab {

/// Since the lab started.
using Elapsed = std::chrono::milliseconds;

enum class Fault { none, lagging, flipped_byte, refusing, silent, flapping, html, erroring };

/// What a host's port does before any byte of HTTP.
enum class Door { open, closed, deaf };

struct Host {
  std::string name;
  std::string address;
  std::string story;  ///< one line for people
  Fault fault = Fault::none;
  bool upstream = false;
  bool broken = true;  ///< whether the fault shows; repaired hosts serve what the upstream serves
};

inline constexpr Elapsed kSyncDelay{500};     ///< how long a healthy mirror takes to follow
inline constexpr Elapsed kFlapPhase{10'000};  ///< good this long, then bad this long

struct World {
  std::vector<Host> hosts;
  std::vector<Elapsed> publications;  ///< when each was made; the first at 0
  std::int64_t started_at = 0;        ///< wall, seconds since 1970
};

World make_world(std::int64_t started_at);
Host* find_host(World&, std::string_view name);

Door door_of(const Host&);
Response answer(const World&, const Host&, const Request&, Elapsed now);

/// The artefact's bytes: a few hundred KiB, the same in every run.
const std::string& artefact();

}  // namespace mw::lab
