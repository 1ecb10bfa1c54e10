// Signed heads and tiles, judged.
#include "probes/sumdb_verdict.hpp"

#include <algorithm>

#include "probes/formats/html.hpp"
#include "probes/formats/text.hpp"
#include "probes/sumdb.hpp"

namespace mw {

namespace {

constexpr std::size_t kHashSize = 32;

Failure content(Reason reason, std::string detail) { return {Layer::content, reason, std::move(detail)}; }
Failure integrity(Reason reason, std::string detail) { return {Layer::integrity, reason, std::move(detail)}; }

std::string latest_key(const VerifierKey& key) { return feed_name(key) + "/latest"; }

const std::string* found(const Remembered& remembered, const std::string& key) {
  const auto entry = remembered->find(key);
  return entry == remembered->end() ? nullptr : &entry->second;
}

/// What is remembered of `latest`: when it was served last, in seconds since the epoch, and the note.
struct LatestSeen {
  SysTime at;
  SignedHead head;
};

std::optional<SignedHead> recalled_head(const std::string* note, const VerifierKey& key) {
  if (note == nullptr) return std::nullopt;
  auto head = read_head(*note, key, "");
  if (auto* good = std::get_if<SignedHead>(&head)) return std::move(*good);
  return std::nullopt;
}

std::optional<LatestSeen> recalled_latest(const Remembered& remembered, const VerifierKey& key) {
  const std::string* entry = found(remembered, latest_key(key));
  if (entry == nullptr) return std::nullopt;
  std::string_view rest = *entry;
  const auto seconds = parse_decimal(take_line(rest));
  const std::string note(rest);
  auto head = recalled_head(&note, key);
  // Beyond the year 2200 nanoseconds no longer fit.
  if (!seconds || *seconds > 7'000'000'000 || !head) return std::nullopt;
  return LatestSeen{SysTime(std::chrono::seconds(*seconds)), std::move(*head)};
}

std::string recorded(const LatestSeen& seen) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(seen.at.time_since_epoch()).count();
  return std::to_string(std::max<std::int64_t>(seconds, 0)) + "\n" + seen.head.note;
}

void add_known(std::vector<KnownHead>& heads, const Remembered& remembered, const VerifierKey& key, bool own) {
  const auto is_known = [&](const TreeHead& head) {
    return std::any_of(heads.begin(), heads.end(), [&](const KnownHead& one) { return one.head.head == head; });
  };
  auto proved = recalled_head(found(remembered, feed_name(key)), key);
  auto latest = recalled_latest(remembered, key);
  if (proved && !is_known(proved->head)) heads.push_back({std::move(*proved), own});
  if (latest && !is_known(latest->head.head)) heads.push_back({std::move(latest->head), own});
}

Fork fork_of(const SignedHead& one, const SignedHead& other) {
  const std::string detail =
      "two signed heads that cannot be of one log: " + shown(one.head) + " and " + shown(other.head);
  return {integrity(Reason::fork, detail), one.note + "\n" + other.note};
}

/// A body that can be a text from a database.
std::optional<Failure> no_text(const std::string& what, const Got& got) {
  if (auto failure = no_answer(what, got)) return failure;
  if (got.reply.body.empty()) return content(Reason::empty, what + ": empty");
  if (looks_like_html(got.reply.body)) return content(Reason::html, what + ": a web page instead");
  return std::nullopt;
}

/// To a lookup, no such page and an empty page are the same: there is no record.
std::optional<Failure> no_lookup(const std::string& what, const Got& got) {
  auto failure = no_text(what, got);
  if (failure && (failure->reason == Reason::not_found || failure->reason == Reason::empty))
    failure = integrity(Reason::missing_artifact, failure->detail);
  return failure;
}

Failure unreadable(LookupTrouble trouble, const std::string& what) {
  const std::string detail = what + ": " + std::string(name(trouble));
  if (trouble == LookupTrouble::no_record) return integrity(Reason::missing_artifact, detail);
  return content(trouble == LookupTrouble::too_large ? Reason::content_limit : Reason::parse, detail);
}

Failure unreadable(RecordTrouble trouble, const std::string& what) {
  const std::string detail = what + ": " + std::string(name(trouble));
  if (trouble == RecordTrouble::bad_line) return content(Reason::parse, detail);
  return integrity(Reason::wrong_object, detail);
}

std::optional<Failure> not_in_tree(const Lookup& lookup, const AuthenticTree& tree) {
  const auto hash = tree.record_hash(lookup.id);
  const std::string record = "record " + std::to_string(lookup.id);
  if (!hash) return integrity(Reason::missing_artifact, record + " is not in the tree of the head that came with it");
  if (*hash != hash_record(lookup.record))
    return integrity(Reason::checksum, record + " is not what the log has under this number");
  return std::nullopt;
}

Failure faulty(const TileFault& fault) {
  const std::string detail = tile_path(fault.tile) + ": " + std::string(name(fault.trouble));
  if (fault.trouble == TileTrouble::absent) return integrity(Reason::missing_artifact, detail);
  if (fault.trouble == TileTrouble::wrong_size) return content(Reason::parse, detail);
  return integrity(Reason::checksum, detail);
}

}  // namespace

std::variant<SignedHead, Failure> read_head(std::string note, const VerifierKey& key, const std::string& what) {
  if (note.size() > kMaxHead) return content(Reason::content_limit, what + ": a note of more than 64 KiB");
  const auto parsed = parse_note(note);
  if (const auto* trouble = std::get_if<NoteTrouble>(&parsed))
    return content(Reason::parse, what + ": " + std::string(name(*trouble)));
  const auto& good = std::get<Note>(parsed);
  const NoteVerdict verdict = verify(good, key);
  if (verdict == NoteVerdict::other_key) return integrity(Reason::signature, what + ": not signed by " + shown(key));
  if (verdict == NoteVerdict::bad_signature)
    return integrity(Reason::signature, what + ": a bad signature by " + shown(key));
  const auto head = parse_tree_text(good.text);
  if (!head) return content(Reason::parse, what + ": signed, but no tree head");
  return SignedHead{*head, std::move(note)};
}

std::vector<KnownHead> known_heads(const Target& target, const VerifierKey& key) {
  std::vector<KnownHead> heads;
  add_known(heads, target.remembered, key, true);
  add_known(heads, target.reference_remembered, key, false);
  return heads;
}

std::variant<LookedUp, Failure> judge_lookup(const Got& got, const VerifierKey& key, const ModuleVersion& asked) {
  const std::string what = "lookup of " + shown(asked);
  if (auto failure = no_lookup(what, got)) return *failure;
  auto parsed = parse_lookup(got.reply.body);
  if (const auto* trouble = std::get_if<LookupTrouble>(&parsed)) return unreadable(*trouble, what);
  auto& lookup = std::get<Lookup>(parsed);
  auto head = read_head(lookup.note, key, what);
  if (const auto* failure = std::get_if<Failure>(&head)) return *failure;
  const auto sums = read_record(lookup.record, asked);
  if (const auto* trouble = std::get_if<RecordTrouble>(&sums)) return unreadable(*trouble, what);
  if (speaks_of(lookup.note, asked))
    return integrity(Reason::wrong_object, what + ": hashes outside the record, where no tree vouches for them");
  return LookedUp{std::move(lookup), std::get<Sums>(sums), std::get<SignedHead>(std::move(head))};
}

std::variant<SignedHead, Failure> judge_latest(const Got& got, const VerifierKey& key) {
  if (auto failure = no_text("latest", got)) return *failure;
  return read_head(got.reply.body, key, "latest");
}

std::optional<Fork> contradiction(const SignedHead& served, const std::vector<KnownHead>& known) {
  for (const KnownHead& one : known)
    if (one.head.head.size == served.head.size && one.head.head.root != served.head.root)
      return fork_of(one.head, served);
  return std::nullopt;
}

TreeQuestion question(const HeadProof& proof, int tile_height) {
  TreeQuestion asked{proof.head.head, tile_height, {}, {}};
  if (proof.lookup) asked.records.push_back(proof.lookup->id);
  for (const SignedHead& one : proof.older) asked.sizes.push_back(one.head.size);
  return asked;
}

std::vector<HeadProof> proofs(const LookedUp& looked_up, const std::vector<KnownHead>& known) {
  std::vector<HeadProof> wanted = {{looked_up.head, {}, looked_up.lookup, true}};
  for (const KnownHead& one : known) {
    if (one.head.head.size < looked_up.head.head.size) wanted.front().older.push_back(one.head);
    if (one.head.head.size > looked_up.head.head.size)
      wanted.push_back({one.head, {looked_up.head}, std::nullopt, one.own});
  }
  return wanted;
}

std::optional<std::variant<Failure, Fork>> judge_proof(const HeadProof& proof, int tile_height,
                                                       const TileBytes& bytes) {
  const auto checked = AuthenticTree::authenticate(question(proof, tile_height), bytes);
  if (const auto* fault = std::get_if<TileFault>(&checked)) return faulty(*fault);
  const auto& tree = std::get<AuthenticTree>(checked);
  for (const SignedHead& one : proof.older)
    if (tree.root_at(one.head.size) != one.head.root) return fork_of(one, proof.head);
  if (!proof.lookup) return std::nullopt;
  if (auto failure = not_in_tree(*proof.lookup, tree)) return *failure;
  return std::nullopt;
}

std::variant<std::string, Failure> judge_tile(const Tile& wanted, const Tile& fetched, const Got& got) {
  const std::string path = tile_path(fetched);
  const auto failure = no_text(path, got);
  if (failure && failure->reason == Reason::not_found) return integrity(Reason::missing_artifact, failure->detail);
  if (failure) return *failure;
  const std::string& body = got.reply.body;
  if (body.size() != fetched.width * kHashSize)
    return content(Reason::parse, path + ": " + std::to_string(body.size()) + " bytes of " +
                                      std::to_string(fetched.width * kHashSize));
  return body.substr(0, wanted.width * kHashSize);
}

bool try_full(const Tile& tile, const Got& got) {
  return !is_full(tile) && !got.failure && got.reply.status >= 400 && got.reply.status != 429;
}

std::map<std::string, std::string> remember_proved(const Target& target, const VerifierKey& key,
                                                   const SignedHead& head) {
  const auto before = recalled_head(found(target.remembered, feed_name(key)), key);
  const bool larger = before && before->head.size > head.head.size;
  return {{feed_name(key), larger ? before->note : head.note}};
}

LatestVerdict judge_course(const Target& target, const VerifierKey& key, const SignedHead& served, SysTime now) {
  const auto before = recalled_latest(target.remembered, key);
  if (!before || served.head.size >= before->head.head.size)
    return {std::nullopt, {{latest_key(key), recorded({now, served})}}};
  LatestVerdict verdict{std::nullopt, {{latest_key(key), recorded(*before)}}};
  if (now - before->at > kLatestMayBeCached)
    verdict.failure = Failure{Layer::freshness, Reason::rollback,
                              "latest: went back from " + shown(before->head.head) + " to " + shown(served.head)};
  return verdict;
}

}  // namespace mw
