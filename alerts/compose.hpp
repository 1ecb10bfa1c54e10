// The words of a notice: what a person on call reads first, in English or Chinese. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "alerts/outbox.hpp"

namespace mw {

/// What notices are told against; made once for all those of a message.
struct Scene {
  struct PoolFacts {
    PoolCounts counts;
    const MirrorView* safest = nullptr;  ///< null: none is safe
  };
  std::map<std::pair<std::string_view, std::string_view>, const MirrorView*> views;  ///< by pool and mirror
  std::map<std::string_view, PoolFacts> pools;
  std::string external_url;  ///< may be empty
  std::string vantage;       ///< may be empty
  SysTime now{};
};
/// The scene points into the snapshot.
Scene make_scene(const Snapshot&, SysTime now);

Notice compose(const Owed&, const Alert&, const Scene&, Language);

/// More than any vendor has room for in kLargestMessage.
inline constexpr std::size_t kMostNotices = 1000;

/// The whole message of a batch. An alert that is not there any more is left out; of more than kMostNotices, those that
/// fire and are the most severe are told, and the others counted.
Message compose_message(const Batch&, const Alerts&, const Receiver&, const Scene&);

}  // namespace mw
