// Mirrors of a small checksum database, right in every way until a test spoils one thing; and how a look ended.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/sums_run.hpp"

namespace mw {

inline const std::string kFeed = "sumdb/sum.example.org";

inline std::string words(const Failure& failure) {
  return std::string(name(failure.layer)) + "/" + std::string(name(failure.reason)) + ": " + failure.detail;
}

inline bool failed(const SumsChecked& checked, Layer layer, Reason reason) {
  if (checked.failure) UNSCOPED_INFO(words(*checked.failure));
  return checked.failure && checked.failure->layer == layer && checked.failure->reason == reason && !checked.sums;
}

inline bool good(const SumsChecked& checked) {
  if (checked.failure) UNSCOPED_INFO(words(*checked.failure));
  return !checked.failure;
}

inline bool proved(const SumsChecked& checked) { return good(checked) && checked.sums && checked.undecided.empty(); }

inline Sums sums_of(const SumTree& tree, std::uint64_t n) {
  return std::get<Sums>(read_record(tree.record(n), SumTree::module(n)));
}

inline SumTree tree_of(std::uint64_t size) {
  SumTree tree;
  tree.grow(size);
  return tree;
}

/// 40 records, and a mirror that serves them with tiles of height 2: four levels.
struct Small {
  SumTree tree = tree_of(40);
  SumsRun run{tree.key()};
  Small() { run.database.tile_height = 2; }
};

/// Two histories that differ from record 20 on.
struct Forked : Small {
  SumTree other = tree_of(20);
  Forked() {
    tree = other;
    tree.grow(20, "ours");
    other.grow(20, "other");
  }
};

}  // namespace mw
