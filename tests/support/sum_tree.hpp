// A checksum database small enough for a test: records, a key, signed heads, tiles. Builds its hashes and tiles
// row by row and from the definition, not with the code that is under test.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "probes/formats/note.hpp"
#include "probes/formats/sumdb.hpp"
#include "probes/formats/tlog.hpp"

namespace mw {

/// "h1:" and 32 bytes that depend on the text.
std::string some_h1(const std::string& text);

/// The two go.sum lines of a module version; other hashes for another `salt`.
std::string some_record(const ModuleVersion&, const std::string& salt = "");

class SumTree {
 public:
  /// The key is made from the first byte of its seed: another seed, another key under the same name.
  explicit SumTree(std::string name = "sum.example.org", unsigned char seed = 7);

  std::uint64_t add(std::string record);
  /// `count` records of example.org/m@v1.N.0.
  void grow(std::uint64_t count, const std::string& salt = "");
  static ModuleVersion module(std::uint64_t n) { return {"example.org/m", "v1." + std::to_string(n) + ".0"}; }

  std::uint64_t size() const { return records_.size(); }
  const std::string& record(std::uint64_t id) const { return records_.at(id); }
  TreeHead head(std::uint64_t size) const;

  VerifierKey key() const;
  std::string key_text() const;
  /// Text and a signature line.
  std::string sign(const std::string& text) const;
  std::string signed_head(std::uint64_t size) const { return sign(tree_text(head(size))); }
  /// The reply to a lookup, with the head of a tree of this size.
  std::string lookup(std::uint64_t id, std::uint64_t size) const;

  /// By path: every tile, full or partial, that a server has for a tree of this size.
  std::map<std::string, std::string> tiles(std::uint64_t size, int height) const;

 private:
  TreeHash subtree(std::uint64_t begin, std::uint64_t end) const;

  std::string name_;
  std::array<unsigned char, 32> seed_{};
  std::vector<std::string> records_;
  std::vector<std::vector<TreeHash>> rows_;  ///< rows_[k][i]: root of the i-th 2^k records
};

}  // namespace mw
