// Waits that servers ask for: never negative, never longer than anybody can talk us into.
#include "probes/formats/retry_after.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void must_be_bounded(const std::optional<Duration>& wait) {
  if (!wait) return;
  must(*wait >= Duration::zero());
  must(*wait <= kLongestRetryAfter);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const SysTime now(std::chrono::seconds(1'700'000'000));
  must_be_bounded(parse_retry_after(text, now));
  const std::size_t one = std::min(text.find('\n'), text.size());
  const std::string_view rest = text.substr(std::min(one + 1, text.size()));
  const std::size_t two = std::min(rest.find('\n'), rest.size());
  must_be_bounded(
      quota_wait({text.substr(0, one), rest.substr(0, two), rest.substr(std::min(two + 1, rest.size()))}, now));
  return 0;
}
