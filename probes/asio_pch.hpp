// Precompiled for every target: the standard headers and the asio ones that cost seconds each.
// Nothing includes this file by name; each source still includes what it uses.
#pragma once

#include <algorithm>
#include <array>
#include <asio.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
