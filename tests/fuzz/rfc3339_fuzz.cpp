// Timestamps: whatever is read lies in the range that is promised.
#include "probes/formats/rfc3339.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (const auto moment = parse_rfc3339(text)) {
    must(text.size() >= 20 && text.size() <= 35);
    must(moment->time_since_epoch() >= Duration::zero());
    must(*moment < SysTime(std::chrono::sys_days(std::chrono::year(2262) / 1 / 1)));
  }
  return 0;
}
