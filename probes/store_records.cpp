// What of the store survives a restart, and back. A record that cannot be read is passed over, never believed in part.
#include <algorithm>

#include "probes/formats/text.hpp"
#include "probes/store.hpp"

namespace mw {

namespace {

using Texts = std::vector<std::string>;

std::string text_of(SysTime time) { return std::to_string(time.time_since_epoch().count()); }

std::optional<std::int64_t> number_in(const std::string& text) {
  const bool negative = text.starts_with('-');
  const auto magnitude = parse_decimal(std::string_view(text).substr(negative ? 1 : 0));
  if (!magnitude || *magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*magnitude);
  return negative ? -value : value;
}

std::optional<SysTime> time_in(const std::string& text) {
  const auto number = number_in(text);
  return number ? std::optional(SysTime(Duration(*number))) : std::nullopt;
}

template <class Enum>
std::optional<Enum> named(std::string_view word, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  return std::nullopt;
}

void put(Texts& out, const std::optional<Failure>& failure) {
  if (!failure) return out.insert(out.end(), {"", "", ""}), void();
  out.insert(out.end(), {std::string(name(failure->layer)), std::string(name(failure->reason)), failure->detail});
}

void put(Texts& out, const Version& version) {
  out.push_back(version.id);
  out.push_back(version.order ? std::to_string(*version.order) : "");
  out.push_back(version.time ? text_of(*version.time) : "");
}

/// Reads texts in the order in which they were put; remembers whether one was missing or wrong.
class Taker {
 public:
  explicit Taker(const std::optional<Texts>& texts) : ok_(texts.has_value()) {
    if (texts) texts_ = *texts;
  }
  bool ok() const { return ok_; }
  bool more() const { return ok_ && next_ < texts_.size(); }

  std::string text() {
    if (!more()) ok_ = false;
    return ok_ ? texts_[next_++] : "";
  }
  SysTime time() { return checked(time_in(text())); }
  std::uint64_t count() { return static_cast<std::uint64_t>(std::max<std::int64_t>(checked(number_in(text())), 0)); }
  std::optional<SysTime> maybe_time() {
    const std::string word = text();
    return word.empty() ? std::nullopt : std::optional(checked(time_in(word)));
  }
  Version version() {
    Version version;
    version.id = text();
    const std::string order = text();
    if (!order.empty()) version.order = checked(number_in(order));
    version.time = maybe_time();
    return version;
  }
  std::optional<Failure> failure() {
    const std::string layer = text();
    const std::string reason = text();
    std::string detail = text();
    if (layer.empty()) return std::nullopt;
    return Failure{checked(named(layer, Layer::integrity)), checked(named(reason, Reason::fork)), std::move(detail)};
  }
  template <class T>
  T checked(std::optional<T> value) {
    if (!value) ok_ = false;
    return value.value_or(T{});
  }

 private:
  bool ok_;
  Texts texts_;
  std::size_t next_ = 0;
};

// ---- histories: the newest entry changes with every look, so it has a record of its own ------------------------

void put(Texts& out, const Seen& seen) {
  put(out, seen.version);
  out.push_back(text_of(seen.first_seen));
  out.push_back(text_of(seen.last_seen));
}

Seen take_seen(Taker& taker) {
  Seen seen;
  seen.version = taker.version();
  seen.first_seen = taker.time();
  seen.last_seen = taker.time();
  return seen;
}

Abandoned take_abandoned(Taker& taker) {
  Abandoned abandoned;
  abandoned.id = taker.text();
  abandoned.restored = taker.text();
  return abandoned;
}

std::string past_of(const History& history) {
  Texts out{std::to_string(history.regressions), std::to_string(history.abandoned.size())};
  for (const Abandoned& each : history.abandoned) out.insert(out.end(), {each.id, each.restored});
  for (std::size_t i = 0; i + 1 < history.seen.size(); ++i) put(out, history.seen[i]);
  return pack(out);
}

std::string newest_of(const History& history) {
  Texts out;
  if (!history.seen.empty()) put(out, history.seen.back());
  return pack(out);
}

bool take_past(const std::string& value, History& history) {
  Taker taker(unpack(value));
  History past;
  past.regressions = taker.count();
  for (std::uint64_t i = taker.count(); i > 0 && taker.ok() && past.abandoned.size() < kAbandonedLimit; --i)
    past.abandoned.push_back(take_abandoned(taker));
  while (taker.more() && past.seen.size() + 1 < kHistoryLimit) past.seen.push_back(take_seen(taker));
  if (!taker.ok()) return false;
  past.seen.insert(past.seen.end(), history.seen.begin(), history.seen.end());
  history = std::move(past);
  return true;
}

bool take_newest(const std::string& value, History& history) {
  Taker taker(unpack(value));
  Seen seen = take_seen(taker);
  if (taker.ok()) history.seen.push_back(std::move(seen));
  return taker.ok();
}

// ---- checks ---------------------------------------------------------------------------------------------------

std::string check_text(const CheckState& state) {
  Texts out;
  put(out, state.settled);
  put(out, state.last ? state.last->failure : std::nullopt);
  out.push_back(state.last ? text_of(state.last->at) : "");
  out.push_back(state.last_good ? text_of(state.last_good->at) : "");
  for (const std::uint64_t count :
       {state.runs, state.failures, state.traffic.bytes_received, static_cast<std::uint64_t>(state.streak)})
    out.push_back(std::to_string(count));
  const auto until = state.last ? state.last->valid_until : std::nullopt;
  out.push_back(until ? text_of(*until) : "");
  out.push_back(text_of(state.last_failed_at));
  if (state.last_failed) {
    put(out, state.last_failed->failure);
    out.insert(out.end(), {text_of(state.last_failed->at), std::to_string(state.last_failed->took.count())});
  }
  return pack(out);
}

/// Of the last failure, what it was.
std::shared_ptr<const Finding> take_failed(Taker& taker, CheckKind kind) {
  if (!taker.more()) return nullptr;
  auto failed = std::make_shared<Finding>();
  failed->check = kind;
  failed->failure = taker.failure();
  failed->at = taker.time();
  failed->took = Duration(static_cast<std::int64_t>(taker.count()));
  return failed->failure ? failed : nullptr;
}

/// The last findings come back as what mattered of them: when, and with what failure.
bool take_check(const std::string& value, CheckKind kind, std::map<CheckKind, CheckState>& checks) {
  Taker taker(unpack(value));
  CheckState state;
  state.settled = taker.failure();
  Finding last;
  last.check = kind;
  last.failure = taker.failure();
  const auto at = taker.maybe_time();
  const auto good_at = taker.maybe_time();
  state.runs = taker.count();
  state.failures = taker.count();
  state.traffic.bytes_received = taker.count();
  state.streak = static_cast<int>(std::min<std::uint64_t>(taker.count(), 1000));
  last.valid_until = taker.maybe_time();
  state.last_failed_at = taker.time();
  state.last_failed = take_failed(taker, kind);
  if (!taker.ok() || !at) return false;
  last.at = *at;
  state.last = std::make_shared<const Finding>(last);
  if (good_at && (last.failure || *good_at != *at)) {
    last.failure.reset();
    last.at = *good_at;
    state.last_good = std::make_shared<const Finding>(std::move(last));
  } else if (good_at) {
    state.last_good = state.last;
  }
  checks[kind] = std::move(state);
  return true;
}

// ---- sightings: with the lag as last known, which stands while the upstream has yet to be read again ------------

const Lag* known_lag(const std::vector<FeedLag>& lags, const std::string& feed) {
  for (const FeedLag& each : lags)
    if (each.feed == feed && each.lag.known) return &each.lag;
  return nullptr;
}

void put(Texts& out, const Lag& lag) {
  out.push_back(std::to_string(lag.lower.count()));
  out.push_back(lag.upper ? std::to_string(lag.upper->count()) : "");
  out.emplace_back(lag.ahead ? "ahead" : "");
}

std::string sighting_text(const Sighting& sighting, const Lag* lag) {
  Texts out{text_of(sighting.at)};
  put(out, sighting.version);
  if (lag != nullptr) put(out, *lag);
  return pack(out);
}

std::optional<Lag> take_lag(Taker& taker) {
  if (!taker.more()) return std::nullopt;
  Lag lag;
  lag.known = true;
  lag.lower = Duration(taker.checked(number_in(taker.text())));
  const std::string upper = taker.text();
  if (!upper.empty()) lag.upper = Duration(taker.checked(number_in(upper)));
  lag.ahead = taker.text() == "ahead";
  return lag;
}

// ---- what each address behind the name served, or a mirror that was inconsistent would be fresh until it is read ----

std::string addresses_text(const std::vector<AddressLook>& looks, const std::vector<AddressLag>& lags) {
  Texts out;
  for (const AddressLook& look : looks) {
    const Versions versions = versions_of(look.version, look.feeds);
    const auto lag = std::find_if(lags.begin(), lags.end(), [&](const AddressLag& each) {
      return each.address == look.address && each.lag.known;
    });
    out.insert(out.end(), {to_string(look.address), std::to_string(versions.size())});
    for (const auto& [feed, version] : versions) {
      out.push_back(feed);
      put(out, version);
    }
    out.emplace_back(lag == lags.end() ? "" : "known");
    if (lag != lags.end()) put(out, lag->lag);
  }
  return pack(out);
}

AddressLook take_address(Taker& taker) {
  AddressLook look;
  look.address = taker.checked(parse_address(taker.text()));
  for (std::uint64_t i = taker.count(); i > 0 && taker.ok(); --i) {
    std::string feed = taker.text();
    Version version = taker.version();
    if (feed.empty())
      look.version = std::move(version);
    else
      look.feeds.push_back({std::move(feed), std::move(version), std::nullopt});
  }
  return look;
}

bool take_addresses(const std::string& value, std::vector<AddressLook>& looks, std::vector<AddressLag>& lags) {
  Taker taker(unpack(value));
  while (taker.more()) {
    AddressLook look = take_address(taker);
    const bool known = taker.text() == "known";
    const auto lag = known ? take_lag(taker) : std::nullopt;
    if (!taker.ok()) return false;
    if (lag) lags.push_back({look.address, *lag});
    looks.push_back(std::move(look));
  }
  return taker.ok();
}

/// What everything learned of a pool rests on. Another meaning makes it worthless.
std::string meaning_of(const Pool& pool) {
  Texts out{pool.ecosystem, std::to_string(pool.quorum)};
  for (const auto& [key, value] : pool.options) out.push_back(key + "=" + value);
  for (const Canary& canary : pool.canaries) out.push_back(canary.name + "=" + canary.sha256);
  out.insert(out.end(), pool.sample.begin(), pool.sample.end());
  for (const Mirror& mirror : pool.mirrors)
    if (mirror.reference) out.push_back(mirror.url.str());
  return pack(out);
}

}  // namespace

void Store::save_pool(std::vector<Record>& out, PoolState& state) const {
  const std::string& pool = state.pool->name;
  for (const std::string& feed : std::exchange(state.changed_feeds, {})) {
    const History& history = state.histories.at(feed);
    out.push_back({"newest", pool, feed, "", newest_of(history)});
    if (state.changed_pasts.erase(feed) > 0) out.push_back({"past", pool, feed, "", past_of(history)});
  }
  for (const std::string& artefact : std::exchange(state.changed_artefacts, {})) {
    for (const auto& [mirror, served] : state.artefacts[artefact]) {
      const Texts texts{served.first, text_of(served.first_at), served.last, text_of(served.last_at)};
      out.push_back({"artefact", pool, artefact, mirror, pack(texts)});
    }
  }
}

void Store::save_mirror(std::vector<Record>& out, const MirrorKey& key, MirrorState& state) const {
  Texts verdict{state.mirror->url.str(), std::string(name(state.verdict.state)), state.verdict.blame};
  put(verdict, state.verdict.failure);
  verdict.push_back(text_of(state.since));
  verdict.push_back(state.told ? text_of(*state.told) : "");
  verdict.push_back(std::to_string(state.version_regressions));
  out.push_back({"mirror", key.pool, key.mirror, "", pack(verdict)});
  for (const auto& [kind, check] : state.checks)
    out.push_back({"check", key.pool, key.mirror, std::string(name(kind)), check_text(check)});
  for (const auto& [feed, sighting] : state.sightings)
    out.push_back({"sighting", key.pool, key.mirror, feed, sighting_text(sighting, known_lag(state.lags, feed))});
  const auto freshness = state.checks.find(CheckKind::freshness);
  if (freshness != state.checks.end() && freshness->second.last)
    out.push_back(
        {"addresses", key.pool, key.mirror, "", addresses_text(freshness->second.last->addresses, state.addresses)});
  for (const auto& [item, value] : *state.remembered) out.push_back({"remembered", key.pool, key.mirror, item, value});
}

std::vector<Record> Store::unsaved() {
  std::vector<Record> out;
  for (PoolState& pool : pools_) {
    if (!std::exchange(pool.saved, true)) out.push_back({"pool", pool.pool->name, "", "", meaning_of(*pool.pool)});
    save_pool(out, pool);
  }
  for (auto& [key, state] : mirrors_)
    if (std::exchange(state.changed, false)) save_mirror(out, key, state);
  if (self_fault_until_ && std::exchange(saved_self_fault_, self_fault_until_) != self_fault_until_)
    out.push_back({"self_fault", "", "", "", text_of(*self_fault_until_)});
  return out;
}

namespace {

bool take_served(const std::string& value, Served& served) {
  Taker taker(unpack(value));
  Served taken;
  taken.first = taker.text();
  taken.first_at = taker.time();
  taken.last = taker.text();
  taken.last_at = taker.time();
  if (taker.ok()) served = std::move(taken);
  return taker.ok();
}

}  // namespace

bool Store::restore_pool(const Record& record, PoolState& pool) {
  if (record.kind == "past") return take_past(*record.value, pool.histories[record.subject]);
  if (record.kind == "newest") return take_newest(*record.value, pool.histories[record.subject]);
  if (pool.artefacts.size() >= kMostArtefacts) return false;
  return take_served(*record.value, pool.artefacts[record.subject][record.item]);
}

bool Store::restore_mirror(const Record& record, MirrorState& state) {
  Taker taker(unpack(*record.value));
  const std::string url = taker.text();
  Verdict verdict;
  verdict.state = taker.checked(named(taker.text(), State::unknown));
  verdict.blame = taker.text();
  verdict.failure = taker.failure();
  const SysTime since = taker.time();
  const auto told = taker.maybe_time();
  const std::uint64_t regressions = taker.count();
  if (!taker.ok() || url != state.mirror->url.str()) return false;
  state.verdict = std::move(verdict);
  state.since = since;
  state.told = told;
  state.version_regressions = regressions;
  state.restored = true;
  return true;
}

/// Only after the mirror's own record, which says whether it is still the same mirror.
bool Store::restore_detail(const Record& record, MirrorState& state) {
  if (!state.restored) return false;
  if (record.kind == "remembered") {
    auto all = std::make_shared<std::map<std::string, std::string>>(*state.remembered);
    (*all)[record.item] = *record.value;
    state.remembered = std::move(all);
    return true;
  }
  if (record.kind == "check") {
    const auto kind = named(record.item, CheckKind::integrity);
    const auto& checks = state.pool->checks;
    const bool asked = kind && std::find(checks.begin(), checks.end(), *kind) != checks.end();
    return asked && take_check(*record.value, *kind, state.checks);
  }
  if (record.kind == "addresses") {
    const auto freshness = state.checks.find(CheckKind::freshness);
    if (freshness == state.checks.end()) return false;
    auto last = std::make_shared<Finding>(*freshness->second.last);
    const bool taken = take_addresses(*record.value, last->addresses, state.addresses);
    freshness->second.last = std::move(last);
    return taken;
  }
  Taker taker(unpack(*record.value));
  Sighting sighting;
  sighting.at = taker.time();
  sighting.version = taker.version();
  const auto lag = take_lag(taker);
  if (!taker.ok()) return false;
  state.sightings[record.item] = std::move(sighting);
  if (lag) state.lags.push_back({record.item, *lag});
  return true;
}

bool Store::restore_self_fault(const Record& record) {
  self_fault_until_ = record.value ? time_in(*record.value) : std::nullopt;
  saved_self_fault_ = self_fault_until_;
  return self_fault_until_.has_value();
}

bool Store::restore_one(const Record& record) {
  if (record.kind == "self_fault") return restore_self_fault(record);
  PoolState* pool = find_pool(record.pool);
  if (pool == nullptr || !record.value || !pool->saved) return false;
  const bool of_pool = record.kind == "past" || record.kind == "newest" || record.kind == "artefact";
  if (of_pool) return restore_pool(record, *pool);
  const auto mirror = mirrors_.find({record.pool, record.subject});
  if (mirror == mirrors_.end()) return false;
  return record.kind == "mirror" ? restore_mirror(record, mirror->second) : restore_detail(record, mirror->second);
}

std::size_t Store::restore(const std::vector<Record>& records) {
  for (const Record& record : records) {
    PoolState* pool = record.kind == "pool" ? find_pool(record.pool) : nullptr;
    if (pool != nullptr) pool->saved = record.value == meaning_of(*pool->pool);
  }
  std::size_t passed_over = 0;
  // In this order: what a mirror's details belong to, before them; a history's newest entry before its past.
  for (const std::string_view kind :
       {"newest", "past", "artefact", "mirror", "check", "sighting", "addresses", "remembered", "self_fault"}) {
    for (const Record& record : records)
      if (record.kind == kind && !restore_one(record)) ++passed_over;
  }
  return passed_over;
}

}  // namespace mw
