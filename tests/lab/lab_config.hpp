// The mirrorwarden configuration that watches the lab. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "tests/lab/world.hpp"

namespace mw::lab {

inline constexpr const char* kCollectorAddress = "127.77.0.100";
inline constexpr const char* kControlAddress = "127.77.0.101";

std::string lab_config(const World&, std::uint16_t port);

}  // namespace mw::lab
