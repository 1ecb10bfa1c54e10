// Go module paths and versions: which are well-formed, and how they are written in a proxy's URLs. Pure; asks nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mw {

struct ModuleVersion {
  std::string module;   ///< as in go.mod, not escaped
  std::string version;  ///< with its v
  bool operator==(const ModuleVersion&) const = default;
};

/// "module@version", for people and for details.
std::string shown(const ModuleVersion&);

/// As the go command checks a path that it is asked for: ASCII, a dot in the first element, no element that a file
/// system would take amiss, and a last element "/vN" only for N >= 2.
bool is_module_path(std::string_view path);

/// A file within a module: clean, relative, and with no element that a file system would take amiss. Any valid UTF-8
/// beyond ASCII passes, where the go command wants letters: its tables of letters grow with every release.
bool is_module_file(std::string_view path);

/// Whether a semantic version may belong to this path: v2 and above to ".../v2", or marked "+incompatible".
bool version_fits(std::string_view path, std::string_view version);

/// "!a" for "A", so that file systems which ignore case can serve it. Nothing when the input is not well-formed.
std::optional<std::string> escape_path(std::string_view path);
std::optional<std::string> escape_version(std::string_view version);
std::optional<std::string> unescape_path(std::string_view escaped);
std::optional<std::string> unescape_version(std::string_view escaped);

/// The path below a proxy's URL, percent-encoded to the very bytes that the go command sends: caches key on them.
/// `what` is what follows the module: "@latest", "@v/list", "@v/VERSION.info". Nothing when the path is no module's.
std::optional<std::string> proxy_path(std::string_view path, std::string_view what);
/// The same for one file of a version; `suffix` is ".info", ".mod" or ".zip".
std::optional<std::string> proxy_path(const ModuleVersion&, std::string_view suffix);

}  // namespace mw
