// What a checksum database's answers come to: which heads may be believed, what is to be proved from which, and
// what an answer that proves something else means. Pure: asks nobody.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "probes/evidence.hpp"
#include "probes/formats/sumdb.hpp"
#include "probes/formats/tree_proof.hpp"
#include "probes/target.hpp"

namespace mw {

/// What `latest` serves may come from a cache, and from one of several caches: that long it may go back and forth.
inline constexpr Duration kLatestMayBeCached = std::chrono::hours(2);

/// Of a signed note only this much is kept; a real head has some 200 bytes.
inline constexpr std::size_t kMaxHead = 64 * 1024;

struct SignedHead {
  TreeHead head;
  std::string note;  ///< what says so, signature included
};

/// A head whose signature holds; nothing of the note is believed before. `what` is for the detail.
std::variant<SignedHead, Failure> read_head(std::string note, const VerifierKey&, const std::string& what);

/// A head from before. `own`: this mirror served it; else the acting reference did.
struct KnownHead {
  SignedHead head;
  bool own = true;
};

/// Those remembered of the mirror and of the reference whose signature (still) holds.
std::vector<KnownHead> known_heads(const Target&, const VerifierKey&);

/// A reply to a lookup, as far as it can be judged without tiles.
struct LookedUp {
  Lookup lookup;
  Sums sums;  ///< not proved yet
  SignedHead head;
};

std::variant<LookedUp, Failure> judge_lookup(const Got&, const VerifierKey&, const ModuleVersion&);
std::variant<SignedHead, Failure> judge_latest(const Got&, const VerifierKey&);

/// Two signed heads that cannot be of one log.
struct Fork {
  Failure failure;
  std::string evidence;  ///< both notes
};

/// Heads of the same size with other roots.
std::optional<Fork> contradiction(const SignedHead&, const std::vector<KnownHead>&);

/// What the tiles of one head are to show.
struct HeadProof {
  SignedHead head;
  std::vector<SignedHead> older;  ///< each must be the beginning of `head`
  std::optional<Lookup> lookup;   ///< whose record must be in it
  bool own = true;                ///< the mirror served the head itself, so it must have the tiles
};

TreeQuestion question(const HeadProof&, int tile_height);

/// The record and all smaller heads in the head that came with it; that head in each larger one.
std::vector<HeadProof> proofs(const LookedUp&, const std::vector<KnownHead>&);

/// Nothing when all of it is shown.
std::optional<std::variant<Failure, Fork>> judge_proof(const HeadProof&, int tile_height, const TileBytes&);

/// The bytes of one tile, or why they are none. A full tile that was fetched in place of a partial one is cut.
std::variant<std::string, Failure> judge_tile(const Tile& wanted, const Tile& fetched, const Got&);

/// Whether the full tile may stand in: partial ones are dropped once the tile is full.
bool try_full(const Tile&, const Got&);

/// The larger of the head and what the mirror served before, for Finding::remember.
std::map<std::string, std::string> remember_proved(const Target&, const VerifierKey&, const SignedHead&);

/// What `latest` showed, against what it showed before.
struct LatestVerdict {
  std::optional<Failure> failure;
  std::map<std::string, std::string> remember;
};

LatestVerdict judge_course(const Target&, const VerifierKey&, const SignedHead&, SysTime now);

}  // namespace mw
