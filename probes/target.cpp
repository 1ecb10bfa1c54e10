// Whose turn it is among the names that are looked at in rotation. Pure.
#include "probes/target.hpp"

#include <algorithm>

namespace mw {

std::vector<std::string> sampled(const Pool& pool, std::uint64_t round) {
  std::vector<std::string> names;
  const std::size_t size = pool.sample.size();
  const std::size_t count = std::min(pool.sample_size, size);
  for (std::size_t i = 0; i < count; ++i) names.push_back(pool.sample[(round * count + i) % size]);
  return names;
}

}  // namespace mw
