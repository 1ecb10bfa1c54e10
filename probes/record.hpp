// What survives a restart, as plain rows: the store writes and reads them, a state file keeps them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

/// One row, known by kind, pool, subject and item. Without a value: the row is to go.
struct Record {
  std::string kind;
  std::string pool;
  std::string subject;
  std::string item;
  std::optional<std::string> value;
  bool operator==(const Record&) const = default;
};

/// Several texts as one, whatever bytes they hold.
std::string pack(const std::vector<std::string>&);
/// Nothing when `packed` is damaged or holds more than 100,000 texts.
std::optional<std::vector<std::string>> unpack(std::string_view packed);

}  // namespace mw
