// What a mirror sent before, and the words to ask it by whether that still holds (RFC 9110 §8.8 and §13): while nothing
// changes, a look costs a header block instead of a file. One per mirror, for one thread; asks nobody itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "probes/net.hpp"

namespace mw {

/// What may stand for an answer that did not change since it was last sent.
enum class Reuse : std::uint8_t {
  none,   ///< nothing: the request is unconditional
  body,   ///< the body that was kept; what was not kept is asked for outright
  digest  ///< its digest and size: the caller knows what the file came to, and needs no body
};

/// Bodies by their digest: the mirrors of a pool serve the same bytes, which are kept once.
class Bodies {
 public:
  /// `limit` in bytes, of all bodies that somebody still holds.
  explicit Bodies(std::size_t limit = std::size_t{64} * 1024 * 1024) : limit_(limit) {}
  /// Null when there is no room. What the last holder lets go of is forgotten.
  std::shared_ptr<const std::string> keep(const std::string& sha256, const std::string& body);

 private:
  struct Shelf {
    std::map<std::string, std::weak_ptr<const std::string>> bodies;
    std::size_t held = 0;
  };
  std::size_t limit_;
  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();  ///< bodies may outlive this
};

class Validators {
 public:
  explicit Validators(std::shared_ptr<Bodies> bodies) : bodies_(std::move(bodies)) {}

  /// Header fields that make the request conditional. None when nothing is known of this URL at this address, when
  /// the answer would have to be complete, and every 24th time: a broken cache may say "not modified" for ever.
  Headers conditions(const Fetch&, Reuse);

  /// Takes the answer to a request that was sent with these conditions(): to remember it, or, when it is a 304, to
  /// complete it from what is remembered. It is then the 200 it stands for, with Reply::not_modified set.
  void take_answer(const Fetch&, const Headers& conditions, Reply&);

  /// What was found broken may be repaired under the same tag: size and date need not change with the bytes. To be
  /// called after a look that failed by what was served; the next one then asks outright.
  void forget() { kept_.clear(); }

 private:
  struct Kept {
    std::string etag;           ///< verbatim, with quotes and W/
    std::string last_modified;  ///< verbatim: the server's clock is its own
    Headers headers;
    std::shared_ptr<const std::string> body;  ///< null: not kept, or too large to be
    std::uint64_t body_bytes = 0;
    std::string sha256;
    int confirmed = 0;       ///< 304s since it was last sent whole
    std::uint64_t used = 0;  ///< larger = later
  };
  using Key = std::pair<std::string, Address>;

  static Key key_of(const Fetch& fetch) { return {fetch.url.str(), fetch.address}; }
  void remember(const Fetch&, const Reply&);
  void make_room();

  std::shared_ptr<Bodies> bodies_;
  std::map<Key, Kept> kept_;
  std::uint64_t uses_ = 0;
};

}  // namespace mw
