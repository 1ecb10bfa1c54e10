// Trace files: what is read is a moment that can be told, and nothing long was read.
#include "probes/formats/trace.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = parse_trace(as_text(data, size));
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    must(!error->empty());
    return 0;
  }
  const auto& trace = std::get<Trace>(parsed);
  must(size <= kMaxTrace);
  must(trace.date >= SysTime{});
  must(!trace.serial || *trace.serial >= 0);
  return 0;
}
