// Lists that name more mirrors of a pool, in the JSON that Prometheus' file_sd_configs and http_sd_configs read: what
// such a text says, and what comes of it. Pure: list_watch.* reads the files and asks the URLs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/config.hpp"

namespace mw {

inline constexpr std::size_t kListLimit = std::size_t{1024} * 1024;  ///< bytes of one list
inline constexpr std::size_t kMostListed = 10'000;                   ///< targets of one list

/// A target that is no mirror, and why; both are text from outside.
struct NotListed {
  std::string target;
  std::string why;
  bool operator==(const NotListed&) const = default;
};

struct ListedMirrors {
  std::vector<Mirror> mirrors;
  std::vector<NotListed> skipped;
  bool operator==(const ListedMirrors&) const = default;
};

/// [{"targets": [URL, …], "labels": {NAME: VALUE, …}}, …]. The label `mirror` names the mirror; without it the target's
/// URL does. Labels that begin with "__" are dropped, all others are the mirror's, by the rules of the configuration.
/// A target is skipped when it is no URL of a mirror, or breaks such a rule. Else why the text as a whole is no list.
std::variant<ListedMirrors, std::string> read_mirror_list(std::string_view json);

/// What is listed now, by the pool's name, then by where the list is: a file's path, or a URL.
using Listed = std::map<std::string, std::map<std::string, ListedMirrors>>;

struct WithLists {
  Config config;
  std::vector<std::pair<std::string, NotListed>> skipped;  ///< by pool: of a name that another mirror has
};

/// The configuration with the listed mirrors behind the pools' own. Whoever has a name keeps it: the configuration
/// before the lists, a list before the next.
WithLists with_listed(const Config&, const Listed&);

}  // namespace mw
