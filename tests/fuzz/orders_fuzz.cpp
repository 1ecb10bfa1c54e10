// What people send to the API. What is read is the same twice, bounded, and can be laid; its own list can be read
// again.
#include "exporter/web/orders.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = as_text(data, size);
  const SysTime now(std::chrono::seconds(1'700'000'000));
  const auto read = read_silence(body, now);
  must(read.index() == read_silence(body, now).index());
  const auto order = read_acknowledgement(body);
  if (const auto* good = std::get_if<AcknowledgeOrder>(&order)) must(!good->matchers.empty() && !good->by.by.empty());
  const auto* silence = std::get_if<Silence>(&read);
  if (silence == nullptr) return 0;
  must(!trouble_with(*silence, now));
  must(silence->ends_at > now && !all_match(silence->matchers, {}));
  for (const Matcher& matcher : silence->matchers) must(!trouble_with(matcher));
  must(silences_json({{"id", *silence}}, now).starts_with("["));
  return 0;
}
