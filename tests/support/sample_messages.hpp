// Messages made by hand, for whatever lays them out: one alert; a mixed group in Chinese with text that wants to be
// markup; a storm; a reminder; a test.
#pragma once

#include <string>
#include <vector>

#include "alerts/receiver.hpp"

namespace mw {

struct SampleMessage {
  std::string what;
  Message message;
};

std::vector<SampleMessage> sample_messages();
/// A whole region gone: so many alerts in one group.
Message storm(std::size_t alerts);
/// All options set to the kind's own examples.
Receiver sample_receiver(const ReceiverKind&, Language);

/// When the sample requests are made.
inline constexpr SysTime kSampleAttempt{std::chrono::seconds(1'700'000'000)};

}  // namespace mw
