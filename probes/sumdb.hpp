// Asking a Go checksum database, its own server or a mirror of it, for the hashes of one module version, and
// believing only what the signed log proves. What the answers mean is decided in formats/ and sumdb_verdict.hpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probes/formats/sumdb.hpp"
#include "probes/formats/tree_proof.hpp"
#include "probes/model.hpp"
#include "probes/net.hpp"
#include "probes/target.hpp"

namespace mw {

/// Where to ask, and whose signature counts.
struct SumDatabase {
  VerifierKey key;
  Url base;             ///< latest, lookup/ and tile/ are below it
  int tile_height = 8;  ///< what sum.golang.org serves
  /// Other bases with the same log (the acting reference's). Only for tiles of heads that `base` did not serve itself:
  /// a mirror that is behind need not have them.
  std::vector<Url> elsewhere;
  /// Tiles that this run has seen before; may be null. They are checked again for each head.
  std::shared_ptr<TileBytes> cache;
};

/// The database's own server.
SumDatabase direct(const NamedSumDatabase&);
/// Through a mirror: "<mirror>/sumdb/<name>".
SumDatabase through(const Url& mirror, const NamedSumDatabase&);

/// "sumdb/<name>": the feed, and the key of the largest head that was proved (its signed note) in Finding::remember.
/// Below it, "/latest" holds the largest that `latest` showed, "/fork" the two notes of the last fork.
std::string feed_name(const VerifierKey&);

/// What one look at a database learned.
struct SumsChecked {
  std::optional<Failure> failure;
  std::optional<Sums> sums;  ///< proved by the log; set only when there is no failure
  std::string undecided;     ///< why consistency with the reference's head could not be looked at; no failure
  std::optional<FeedLook> feed;
  std::map<std::string, std::string> remember;  ///< for Finding::remember, failure or not
  Traffic traffic;
};

/// lookup, signature, consistency with the heads in Target::remembered and Target::reference_remembered, tiles, proof.
/// Sums only when all of it holds.
Task<SumsChecked> check_sums(Net&, Target, SumDatabase, ModuleVersion);

/// `latest`: its signature, and that it neither goes back nor contradicts a remembered head of the same size. One
/// request; that an older head is in it is for check_sums to prove. Sets `feed`, never `sums`.
Task<SumsChecked> look_at_head(Net&, Target, SumDatabase);

/// The finding with what the look learned added: counters, feed, what to remember, and the failure if it has none yet.
void take_in(Finding&, const SumsChecked&);

/// The target with what a look of this run asked to remember: for the next look of the same run.
Target knowing(Target, const std::map<std::string, std::string>&);

}  // namespace mw
