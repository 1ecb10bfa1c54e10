// Signing and hashing for the small checksum database.
#include "tests/support/sum_tree.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <memory>

#include "probes/formats/base64.hpp"

namespace mw {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key private_key(const std::array<unsigned char, 32>& seed) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), EVP_PKEY_free};
}

TreeHash sha256(const std::string& bytes) {
  TreeHash hash{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

std::string bytes_of(const TreeHash& hash) { return {hash.begin(), hash.end()}; }

/// RFC 6962 §2.1: n > 1 leaves split at the largest power of two below n.
std::uint64_t split_point(std::uint64_t n) {
  std::uint64_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

TreeHash node(const TreeHash& left, const TreeHash& right) { return sha256("\1" + bytes_of(left) + bytes_of(right)); }

std::string number_path(std::uint64_t number) {
  std::string text = std::to_string(number);
  while (text.size() % 3 != 0) text.insert(0, 1, '0');
  std::string path;
  for (std::size_t i = 0; i + 3 < text.size(); i += 3) path += "x" + text.substr(i, 3) + "/";
  return path + text.substr(text.size() - 3);
}

}  // namespace

std::string some_h1(const std::string& text) { return "h1:" + base64(bytes_of(sha256(text))); }

std::string some_record(const ModuleVersion& one, const std::string& salt) {
  const std::string start = one.module + " " + one.version;
  return start + " " + some_h1(salt + "zip" + start) + "\n" + start + "/go.mod " + some_h1(salt + "mod" + start) + "\n";
}

SumTree::SumTree(std::string name, unsigned char seed) : name_(std::move(name)) { seed_.fill(seed); }

std::uint64_t SumTree::add(std::string record) {
  TreeHash hash = sha256(std::string(1, '\0') + record);
  for (std::size_t level = 0;; ++level) {
    if (rows_.size() == level) rows_.emplace_back();
    rows_[level].push_back(hash);
    if (rows_[level].size() % 2 != 0) break;
    hash = node(rows_[level][rows_[level].size() - 2], hash);
  }
  records_.push_back(std::move(record));
  return records_.size() - 1;
}

void SumTree::grow(std::uint64_t count, const std::string& salt) {
  for (; count > 0; --count) add(some_record(module(size()), salt));
}

TreeHash SumTree::subtree(std::uint64_t begin, std::uint64_t end) const {
  if (begin == end) return sha256("");
  const std::uint64_t n = end - begin;
  std::size_t level = 0;
  while ((std::uint64_t{1} << level) < n) ++level;
  if (n == std::uint64_t{1} << level && begin % n == 0) return rows_.at(level).at(begin / n);
  const std::uint64_t middle = begin + split_point(n);
  return node(subtree(begin, middle), subtree(middle, end));
}

TreeHead SumTree::head(std::uint64_t size) const { return {size, subtree(0, size)}; }

std::string SumTree::key_text() const {
  const Key key = private_key(seed_);
  std::string raw(33, '\1');
  std::size_t length = 32;
  EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()) + 1, &length);
  const TreeHash digest = sha256(name_ + "\n" + raw);
  std::string hex;
  for (std::size_t i = 0; i < 4; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4U];
    hex += "0123456789abcdef"[digest[i] & 15U];
  }
  return name_ + "+" + hex + "+" + base64(raw);
}

VerifierKey SumTree::key() const { return std::get<VerifierKey>(parse_verifier_key(key_text())); }

std::string SumTree::sign(const std::string& text) const {
  const Key key = private_key(seed_);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(64, '\0');
  std::size_t length = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                 reinterpret_cast<const unsigned char*>(text.data()), text.size());
  const std::uint32_t hash = this->key().hash;
  std::string front;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) front += static_cast<char>(hash >> shift & 255U);
  return text + "\n\xE2\x80\x94 " + name_ + " " + base64(front + signature) + "\n";
}

std::string SumTree::lookup(std::uint64_t id, std::uint64_t size) const {
  return std::to_string(id) + "\n" + record(id) + "\n" + signed_head(size);
}

std::map<std::string, std::string> SumTree::tiles(std::uint64_t size, int height) const {
  std::map<std::string, std::string> tiles;
  const std::uint64_t full = std::uint64_t{1} << static_cast<unsigned>(height);
  for (std::size_t level = 0; size >> level * static_cast<unsigned>(height) > 0; ++level) {
    const std::size_t row = level * static_cast<unsigned>(height);
    const std::uint64_t count = size >> row;
    for (std::uint64_t begin = 0; begin < count; begin += full) {
      const std::uint64_t width = std::min(full, count - begin);
      std::string path =
          "tile/" + std::to_string(height) + "/" + std::to_string(level) + "/" + number_path(begin / full);
      if (width < full) path += ".p/" + std::to_string(width);
      for (std::uint64_t i = begin; i < begin + width; ++i) tiles[path] += bytes_of(rows_.at(row).at(i));
    }
  }
  return tiles;
}

}  // namespace mw
