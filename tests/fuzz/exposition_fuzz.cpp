// Any bytes as names, labels, details and numbers: /metrics parses strictly and the status page keeps its markup.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/hostile_site.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string broken = mw::broken_by({reinterpret_cast<const char*>(data), size});
  if (!broken.empty()) {
    std::fprintf(stderr, "%s\n", broken.c_str());
    std::abort();
  }
  return 0;
}
