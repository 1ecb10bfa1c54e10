// The checksum database, asked. Every answer goes to sumdb_verdict.hpp; what comes back says what to ask next.
#include "probes/sumdb.hpp"

#include "probes/all.hpp"
#include "probes/follow.hpp"
#include "probes/sumdb_verdict.hpp"

namespace mw {

namespace {

constexpr std::size_t kTilesAtOnce = 4;
constexpr std::size_t kHashSize = 32;
/// A content coding that gains nothing may still add some bytes of its own.
constexpr std::size_t kCodingOverhead = 1024;

void count(SumsChecked& checked, const Got& got) { checked.traffic += got.traffic; }

void add_counters(SumsChecked& checked, const SumsChecked& counted) { checked.traffic += counted.traffic; }

Get get_of(const Url& base, const std::string& path, std::size_t limit) {
  Get get;
  get.url = join(base, path);
  get.body_limit = limit;
  return get;
}

struct TileGot {
  Tile tile;
  std::variant<std::string, Failure> bytes;
  SumsChecked counted;  ///< its counters only
};

Task<Got> fetch_tile(Net& net, Target target, Url base, Tile tile) {
  Get get = get_of(base, tile_path(tile), tile.width * kHashSize + kCodingOverhead);
  return follow(net, target, std::move(get));
}

/// Itself, or cut from the full one.
Task<TileGot> get_tile(Net& net, Target target, Url base, Tile tile) {
  TileGot answer{tile, {}, {}};
  Tile fetched = tile;
  Got got = co_await fetch_tile(net, target, base, fetched);
  count(answer.counted, got);
  if (try_full(tile, got)) {
    fetched = filled(tile);
    got = co_await fetch_tile(net, target, base, fetched);
    count(answer.counted, got);
  }
  answer.bytes = judge_tile(tile, fetched, got);
  co_return answer;
}

struct TilesGot {
  TileBytes bytes;
  std::optional<Failure> failure;
  SumsChecked counted;  ///< its counters only
};

void take(TilesGot& all_got, TileGot one) {
  add_counters(all_got.counted, one.counted);
  if (auto* failure = std::get_if<Failure>(&one.bytes))
    all_got.failure = std::move(*failure);
  else
    all_got.bytes[one.tile] = std::get<std::string>(std::move(one.bytes));
}

/// What tiles are asked for: those of the question that are not among `have`.
struct TileOrder {
  TreeQuestion question;
  TileBytes have;
};

Task<TilesGot> get_tiles(Net& net, Target target, Url base, TileOrder order) {
  TilesGot got;
  got.bytes = std::move(order.have);
  while (!got.failure) {
    const std::vector<Tile> wave = tiles_missing(order.question, got.bytes, kTilesAtOnce);
    if (wave.empty()) break;
    std::vector<Task<TileGot>> tasks;
    for (const Tile& tile : wave) tasks.push_back(get_tile(net, target, base, tile));
    Task<std::vector<TileGot>> gathered = all(std::move(tasks));
    std::vector<TileGot> results = co_await std::move(gathered);
    for (TileGot& one : results) take(got, std::move(one));
  }
  co_return got;
}

/// Only tiles that were authenticated get into the cache, and only those that the question used.
void keep(const SumDatabase& database, const TreeQuestion& asked, const TileBytes& bytes) {
  if (!database.cache) return;
  for (const Tile& tile : tiles_needed(asked)) database.cache->insert_or_assign(tile, bytes.at(tile));
}

using ProofTrouble = std::variant<Failure, Fork>;

struct Proved {
  std::optional<ProofTrouble> trouble;
  SumsChecked counted;  ///< its counters only
};

Task<Proved> prove_with(Net& net, Target target, SumDatabase database, HeadProof proof) {
  TileOrder order{question(proof, database.tile_height), database.cache ? *database.cache : TileBytes()};
  const TreeQuestion asked = order.question;
  Url base = database.base;
  TilesGot got = co_await get_tiles(net, target, std::move(base), std::move(order));
  Proved proved{std::nullopt, std::move(got.counted)};
  if (got.failure)
    proved.trouble = *got.failure;
  else
    proved.trouble = judge_proof(proof, database.tile_height, got.bytes);
  if (!proved.trouble) keep(database, asked, got.bytes);
  co_return proved;
}

bool is_checksum(const Proved& proved) {
  const auto* failure = proved.trouble ? std::get_if<Failure>(&*proved.trouble) : nullptr;
  return failure != nullptr && failure->reason == Reason::checksum;
}

/// Tiles kept from another head may be right there and wrong here: that is a fork, and shows with its own tiles only.
Task<Proved> prove_from(Net& net, Target target, SumDatabase database, HeadProof proof) {
  SumDatabase bare = database;
  bare.cache = nullptr;
  const bool from_cache = database.cache && !database.cache->empty();
  Proved proved = co_await prove_with(net, target, std::move(database), proof);
  if (!from_cache || !is_checksum(proved)) co_return proved;
  const SumsChecked before = proved.counted;
  proved = co_await prove_with(net, target, std::move(bare), std::move(proof));
  add_counters(proved.counted, before);
  co_return proved;
}

bool is_fork(const Proved& proved) { return proved.trouble && std::holds_alternative<Fork>(*proved.trouble); }

void fail(SumsChecked& checked, const VerifierKey& key, const ProofTrouble& trouble) {
  if (const auto* failure = std::get_if<Failure>(&trouble)) {
    checked.failure = *failure;
    return;
  }
  const auto& fork = std::get<Fork>(trouble);
  checked.failure = fork.failure;
  checked.remember[feed_name(key) + "/fork"] = fork.evidence;
}

/// A head of the reference's: its tiles are the reference's to serve, so only a contradiction is held against the
/// mirror. The mirror's own tiles are the last resort.
Task<SumsChecked> compare_with_reference(Net& net, Target target, SumDatabase database, HeadProof proof) {
  SumsChecked checked;
  std::vector<Url> bases = database.elsewhere;
  bases.push_back(database.base);
  for (const Url& base : bases) {
    SumDatabase source = database;
    source.base = base;
    const Proved proved = co_await prove_from(net, target, std::move(source), proof);
    add_counters(checked, proved.counted);
    checked.undecided.clear();
    if (!proved.trouble) break;
    if (is_fork(proved)) {
      fail(checked, database.key, *proved.trouble);
      break;
    }
    checked.undecided = "head " + shown(proof.head.head) + ": " + std::get<Failure>(*proved.trouble).detail;
  }
  co_return checked;
}

Task<SumsChecked> show(Net& net, Target target, SumDatabase database, HeadProof proof) {
  if (!proof.own) co_return co_await compare_with_reference(net, target, std::move(database), std::move(proof));
  SumsChecked checked;
  const VerifierKey key = database.key;
  const Proved proved = co_await prove_from(net, target, std::move(database), std::move(proof));
  add_counters(checked, proved.counted);
  if (proved.trouble) fail(checked, key, *proved.trouble);
  co_return checked;
}

/// Everything that the reply to a lookup must be shown to fit.
Task<SumsChecked> prove(Net& net, Target target, SumDatabase database, LookedUp looked_up) {
  SumsChecked checked;
  const std::vector<KnownHead> known = known_heads(target, database.key);
  if (const auto fork = contradiction(looked_up.head, known)) {
    fail(checked, database.key, *fork);
    co_return checked;
  }
  for (const HeadProof& proof : proofs(looked_up, known)) {
    SumsChecked part = co_await show(net, target, database, proof);
    add_counters(checked, part);
    checked.failure = std::move(part.failure);
    checked.remember.merge(part.remember);
    if (!part.undecided.empty()) checked.undecided = std::move(part.undecided);
    if (checked.failure) co_return checked;
  }
  checked.sums = looked_up.sums;
  checked.remember = remember_proved(target, database.key, looked_up.head);
  co_return checked;
}

SumsChecked failed(Failure failure) {
  SumsChecked checked;
  checked.failure = std::move(failure);
  return checked;
}

FeedLook feed_of(const VerifierKey& key, const TreeHead& head) {
  return {feed_name(key), Version{to_base64(head.root), static_cast<std::int64_t>(head.size), std::nullopt},
          std::nullopt};
}

}  // namespace

SumDatabase direct(const NamedSumDatabase& named) { return {named.key, named.url, 8, {}, nullptr}; }

SumDatabase through(const Url& mirror, const NamedSumDatabase& named) {
  return {named.key, join(mirror, "sumdb/" + named.key.name), 8, {}, nullptr};
}

std::string feed_name(const VerifierKey& key) { return "sumdb/" + key.name; }

Task<SumsChecked> check_sums(Net& net, Target target, SumDatabase database, ModuleVersion asked) {
  const auto path = lookup_path(asked);
  if (!path) co_return failed({Layer::integrity, Reason::local_resource, shown(asked) + ": no such module to ask for"});
  Get get = get_of(database.base, *path, kMaxLookup);
  const Got got = co_await follow(net, target, std::move(get));
  SumsChecked checked;
  auto judged = judge_lookup(got, database.key, asked);
  if (auto* failure = std::get_if<Failure>(&judged)) {
    checked.failure = std::move(*failure);
  } else {
    LookedUp looked_up = std::get<LookedUp>(std::move(judged));
    checked = co_await prove(net, target, std::move(database), std::move(looked_up));
  }
  count(checked, got);
  co_return checked;
}

Task<SumsChecked> look_at_head(Net& net, Target target, SumDatabase database) {
  Get get = get_of(database.base, "latest", kMaxHead);
  get.reuse = Reuse::body;
  const Got got = co_await follow(net, target, std::move(get));
  SumsChecked checked;
  count(checked, got);
  const auto judged = judge_latest(got, database.key);
  if (const auto* failure = std::get_if<Failure>(&judged)) {
    checked.failure = *failure;
    checked.feed = FeedLook{feed_name(database.key), std::nullopt, *failure};
    co_return checked;
  }
  const auto& head = std::get<SignedHead>(judged);
  checked.feed = feed_of(database.key, head.head);
  if (const auto fork = contradiction(head, known_heads(target, database.key))) {
    fail(checked, database.key, *fork);
    co_return checked;
  }
  LatestVerdict verdict = judge_course(target, database.key, head, net.wall());
  checked.failure = std::move(verdict.failure);
  checked.remember = std::move(verdict.remember);
  co_return checked;
}

void take_in(Finding& finding, const SumsChecked& checked) {
  finding.traffic += checked.traffic;
  if (checked.feed) finding.feeds.push_back(*checked.feed);
  for (const auto& [key, value] : checked.remember) finding.remember[key] = value;
  if (!finding.failure) finding.failure = checked.failure;
}

Target knowing(Target target, const std::map<std::string, std::string>& more) {
  auto remembered = std::make_shared<std::map<std::string, std::string>>(*target.remembered);
  for (const auto& [key, value] : more) remembered->insert_or_assign(key, value);
  target.remembered = std::move(remembered);
  return target;
}

}  // namespace mw
