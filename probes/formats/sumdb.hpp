// What a Go checksum database answers: the reply to a lookup and the go.sum lines in it; and how people name a
// database (GOSUMDB). Pure; proves nothing: tree_proof.hpp does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "probes/formats/module_path.hpp"
#include "probes/formats/note.hpp"
#include "probes/url.hpp"

namespace mw {

inline constexpr std::size_t kMaxLookup = 1024 * 1024;

/// "lookup/…", escaped as the module proxy protocol says. Nothing when no such module can be asked for.
std::optional<std::string> lookup_path(const ModuleVersion&);

struct Lookup {
  std::uint64_t id = 0;  ///< the record's number in the log
  std::string record;
  std::string note;  ///< the signed tree head, not yet verified
};

enum class LookupTrouble : std::uint8_t { no_record, too_large, bad_id, bad_record };
std::string_view name(LookupTrouble);

std::variant<Lookup, LookupTrouble> parse_lookup(std::string_view reply);

/// The two hashes of go.sum, with their "h1:" in front.
struct Sums {
  std::string zip;
  std::string go_mod;
  bool operator==(const Sums&) const = default;
};

enum class RecordTrouble : std::uint8_t {
  unrelated,   ///< a line that is about another module or version
  extra_line,  ///< more than the two lines
  incomplete,  ///< one of the two lines is not there
  bad_line     ///< not "module version h1:…"
};
std::string_view name(RecordTrouble);

/// Exactly the line of the zip and that of go.mod, in any order, and nothing else.
std::variant<Sums, RecordTrouble> read_record(std::string_view record, const ModuleVersion&);

/// Whether text that no tree vouches for speaks of this module version as go.sum does: some clients believed it.
bool speaks_of(std::string_view text, const ModuleVersion&);

/// A database as the option names it.
struct NamedSumDatabase {
  VerifierKey key;
  Url url;  ///< of the database itself
  bool operator==(const NamedSumDatabase&) const = default;
};

/// As GOSUMDB: "name" of a known database, "name URL", "name+hash+key" or "name+hash+key URL"; "off" and nothing at
/// all are not for this function. The error says what is wrong.
std::variant<NamedSumDatabase, std::string> parse_sumdb(std::string_view option);

}  // namespace mw
