// Lists kept elsewhere that name more mirrors of a pool, in the form that Prometheus discovers targets in. Plain
// values.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "probes/url.hpp"

namespace mw {

/// Files, looked at again every `refresh`.
struct FileList {
  std::vector<std::string> files;  ///< absolute paths; a '*' may stand in the last part
  std::chrono::nanoseconds refresh{};
  bool operator==(const FileList&) const = default;
};

/// A URL, asked again every `refresh`.
struct WebList {
  Url url;
  std::chrono::nanoseconds refresh{};
  bool operator==(const WebList&) const = default;
};

}  // namespace mw
