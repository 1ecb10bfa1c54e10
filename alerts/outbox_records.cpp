// Records of alerts and of what is owed, as JSON.
#include "alerts/outbox_records.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <tuple>

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr Duration kClockGrain = std::chrono::minutes(1);

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// ---- times --------------------------------------------------------------------------------------------------

std::int64_t number_of(SysTime time) { return time.time_since_epoch().count(); }
SysTime time_in(const Json& json) { return SysTime(Duration(json.get<std::int64_t>())); }

/// To the second: the two clocks do not run alike to the nanosecond, and the same state must give the same record.
SysTime on_the_wall(SteadyTime time, Instant now) {
  return std::chrono::round<std::chrono::seconds>(now.wall - (now.steady - time));
}
SteadyTime on_the_steady_clock(SysTime time, Instant now) {
  return now.steady - std::max(now.wall - time, Duration::zero());
}

// ---- alerts -------------------------------------------------------------------------------------------------

bool holds_on(const Alert& alert) { return alert.phase == Phase::pending && alert.last == Truth::yes; }
bool clears_on(const Alert& alert) { return alert.phase == Phase::firing && alert.last == Truth::no; }

/// What was last seen matters only while time counts from it.
Truth kept_last(const Alert& alert) { return holds_on(alert) || clears_on(alert) ? alert.last : Truth::unknown; }

/// When it was last evaluated, on the wall clock of now.
SysTime looked_at(const Alert& alert, Instant now) {
  return alert.evaluated ? now.wall - (now.steady - *alert.evaluated) : now.wall;
}

/// While time counts, when it would have begun to: that stays the same as it goes by. Else the time itself.
std::int64_t counted(Duration time, bool counting, SysTime looked) {
  return counting ? number_of(std::chrono::round<std::chrono::seconds>(looked - time)) : time.count();
}

Json counted_json(Duration time, bool counting, SysTime looked) {
  return {{counting ? "since" : "for", counted(time, counting, looked)}};
}

Duration counted_in(const Json& json, SysTime last_alive) {
  if (json.contains("for")) return Duration(json.at("for").get<std::int64_t>());
  return std::max(last_alive - time_in(json.at("since")), Duration::zero());
}

Json json_of(const std::optional<Acknowledgement>& by) {
  return by ? Json{{"by", by->by}, {"comment", by->comment}, {"at", number_of(by->at)}} : Json();
}

std::optional<Acknowledgement> acknowledgement_in(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Acknowledgement{json.at("by").get<std::string>(), json.at("comment").get<std::string>(),
                         time_in(json.at("at"))};
}

/// What counts did not begin before its own beginning: the clock is written less often than alerts are.
Duration credit_in(const Json& json, SysTime last_alive, SysTime now) {
  SysTime from = last_alive;
  for (const char* const what : {"held", "cleared"})
    if (json.at(what).contains("since")) from = std::max(from, time_in(json.at(what).at("since")));
  return std::max(now - from, Duration::zero());
}

Json json_of(const Alert& alert, Instant now) {
  return {{"phase", static_cast<int>(alert.phase)},
          {"held", counted_json(alert.held, holds_on(alert), looked_at(alert, now))},
          {"cleared", counted_json(alert.cleared, clears_on(alert), looked_at(alert, now))},
          {"last", static_cast<int>(kept_last(alert))},
          {"active_at", number_of(alert.active_at)},
          {"fired_at", number_of(alert.fired_at)},
          {"resolved_at", number_of(alert.resolved_at)},
          {"episode", alert.episode},
          {"muted_by", alert.muted_by},
          {"unmuted_at", alert.unmuted_at ? Json(number_of(*alert.unmuted_at)) : Json()},
          {"acknowledged", json_of(alert.acknowledged)},
          {"gone", alert.gone},
          {"value", std::isfinite(alert.value) ? alert.value : 0},
          {"which", to_string(alert.which)},
          {"when", to_string(alert.rule->when)},
          {"notify", alert.rule->notify},
          {"annotations", alert.rule->annotations},
          {"labels", alert.labels}};
}

template <class Enum>
Enum enumerated(const Json& json, Enum last) {
  const int value = json.get<int>();
  if (value < 0 || value > static_cast<int>(last)) throw std::out_of_range("no such value");
  return static_cast<Enum>(value);
}

Alert alert_in(const Json& json, const std::string& rule, SysTime last_alive) {
  Alert alert;
  alert.phase = enumerated(json.at("phase"), Phase::firing);
  alert.held = counted_in(json.at("held"), last_alive);
  alert.cleared = counted_in(json.at("cleared"), last_alive);
  alert.last = enumerated(json.at("last"), Truth::unknown);
  alert.active_at = time_in(json.at("active_at"));
  alert.fired_at = time_in(json.at("fired_at"));
  alert.resolved_at = time_in(json.at("resolved_at"));
  alert.episode = json.at("episode").get<std::uint64_t>();
  alert.muted_by = json.at("muted_by").get<std::string>();
  if (!json.at("unmuted_at").is_null()) alert.unmuted_at = time_in(json.at("unmuted_at"));
  alert.acknowledged = acknowledgement_in(json.value("acknowledged", Json()));
  alert.gone = json.at("gone").get<bool>();
  Rule kept;
  kept.name = rule;
  alert.value = json.at("value").get<double>();
  if (const auto which = parse_expression(json.at("which").get<std::string>());
      std::holds_alternative<Expression>(which))
    alert.which = std::get<Expression>(which).any_of.at(0).at(0);
  if (auto when = parse_expression(json.at("when").get<std::string>()); std::holds_alternative<Expression>(when))
    kept.when = std::get<Expression>(std::move(when));
  kept.notify = json.at("notify").get<std::vector<std::string>>();
  kept.annotations = json.at("annotations").get<std::map<std::string, std::string>>();
  alert.labels = json.at("labels").get<std::map<std::string, std::string>>();
  alert.rule = std::make_shared<const Rule>(std::move(kept));
  return alert;
}

// ---- what is owed -------------------------------------------------------------------------------------------

Json json_of(const AlertKey& key) { return {key.rule, key.pool, key.mirror}; }

AlertKey key_in(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::string>(), json.at(2).get<std::string>()};
}

Json json_of(const Owed& item) {
  return {json_of(item.key), item.episode, item.firing, item.news, number_of(item.starts_at), number_of(item.ends_at)};
}

Owed owed_in(const Json& json) {
  return {key_in(json.at(0)),     json.at(1).get<std::uint64_t>(),
          json.at(2).get<bool>(), json.at(3).get<bool>(),
          time_in(json.at(4)),    time_in(json.at(5))};
}

Json json_of(const Parcel& parcel, Instant /*now*/) {
  Json items = Json::array();
  for (const Owed& item : parcel.items) items.push_back(json_of(item));
  return {{"id", parcel.message.id},     {"sequence", parcel.message.sequence},
          {"labels", parcel.labels},     {"groups", parcel.groups},
          {"attempts", parcel.attempts}, {"kind", static_cast<int>(parcel.message.kind)},
          {"items", std::move(items)}};
}

/// Without its words: those are made anew.
Parcel parcel_in(const Json& json) {
  Parcel parcel;
  parcel.message.id = json.at("id").get<std::string>();
  parcel.message.sequence = json.at("sequence").get<std::uint64_t>();
  parcel.message.kind = enumerated(json.at("kind"), MessageKind::test);
  parcel.labels = json.at("labels").get<std::map<std::string, std::string>>();
  parcel.groups = json.at("groups").get<std::vector<std::string>>();
  parcel.attempts = json.at("attempts").get<int>();
  for (const Json& item : json.at("items")) parcel.items.push_back(owed_in(item));
  return parcel;
}

Json json_of(const Told& told, Instant /*now*/) {
  return {told.attempted, told.fired, told.resolved, number_of(told.started), number_of(told.ended), told.hushed};
}

/// Older records have four values, or five.
Told told_in(const Json& json) {
  return {json.at(0).get<std::uint64_t>(),
          json.at(1).get<std::uint64_t>(),
          json.at(2).get<std::uint64_t>(),
          json.size() > 5 ? json.at(5).get<std::uint64_t>() : 0,
          time_in(json.at(3)),
          json.size() > 4 ? time_in(json.at(4)) : SysTime{}};
}

Json json_of(const std::deque<DeadLetter>& dead) {
  Json all = Json::array();
  for (const DeadLetter& letter : dead) all.push_back({letter.id, number_of(letter.at), letter.error, letter.headline});
  return all;
}

std::deque<DeadLetter> dead_in(const Json& json) {
  std::deque<DeadLetter> dead;
  for (const Json& letter : json)
    dead.push_back({letter.at(0).get<std::string>(), time_in(letter.at(1)), letter.at(2).get<std::string>(),
                    letter.at(3).get<std::string>()});
  return dead;
}

Json receiver_json(const Ledger& ledger) { return {{"sequence", ledger.sequence}, {"dead", json_of(ledger.dead)}}; }

/// When its last message was made, and whether the next one is free.
using Flushed = std::pair<SteadyTime, bool>;

Json json_of(const Flushed& flushed, Instant now) {
  return {number_of(on_the_wall(flushed.first, now)), flushed.second};
}

/// Older records are the time alone.
Group group_in(const Json& json, Instant now) {
  const bool is_pair = json.is_array();
  const SysTime flushed = time_in(is_pair ? json.at(0) : json);
  return {std::nullopt, on_the_steady_clock(flushed, now), is_pair && json.at(1).get<bool>()};
}

std::map<std::string, Flushed> flushed_groups(const Ledger& ledger) {
  std::map<std::string, Flushed> flushed;
  for (const auto& [key, group] : ledger.groups)
    if (group.flushed) flushed.try_emplace(key, *group.flushed, group.free);
  return flushed;
}

// ---- silences -----------------------------------------------------------------------------------------------

Json json_of(const Silence& laid, Instant /*now*/) {
  Json matchers = Json::array();
  for (const Matcher& each : laid.matchers) matchers.push_back({each.name, each.value, each.is_regex, each.is_equal});
  return {{"matchers", std::move(matchers)},
          {"starts_at", number_of(laid.starts_at)},
          {"ends_at", number_of(laid.ends_at)},
          {"created_by", laid.created_by},
          {"comment", laid.comment}};
}

/// Its monotonic times are reckoned anew.
Silence silence_in(const Json& json, const std::string& id, Instant now) {
  Silence laid;
  laid.id = id;
  for (const Json& each : json.at("matchers"))
    laid.matchers.push_back(
        {each.at(0).get<std::string>(), each.at(1).get<std::string>(), each.at(2).get<bool>(), each.at(3).get<bool>()});
  laid.starts_at = time_in(json.at("starts_at"));
  laid.ends_at = time_in(json.at("ends_at"));
  laid.created_by = json.at("created_by").get<std::string>();
  laid.comment = json.at("comment").get<std::string>();
  return timed(std::move(laid), now);
}

// ---- what has changed ---------------------------------------------------------------------------------------

bool same_words(const Rule& a, const Rule& b) {
  return a.when == b.when && a.notify == b.notify && a.annotations == b.annotations;
}

bool same_row(const Alert& a, const Alert& b) {
  const auto small = [](const Alert& x) {
    return std::tuple(x.phase, kept_last(x), x.active_at, x.fired_at, x.resolved_at, x.episode, x.unmuted_at, x.gone,
                      x.acknowledged);
  };
  return small(a) == small(b) && a.muted_by == b.muted_by && a.labels == b.labels &&
         (a.rule == b.rule || same_words(*a.rule, *b.rule));
}

Record row(const char* kind, const std::string& receiver, std::string item, std::optional<std::string> value) {
  return {kind, "", receiver, std::move(item), std::move(value)};
}

std::string item_text(const AlertKey& key) { return written(json_of(key)); }
const std::string& item_text(const std::string& group) { return group; }

/// Makes rows of one kind: of a value, or of its end (null).
struct Rows {
  const char* kind;
  const std::string& receiver;
  Instant now;
  std::vector<Record>& out;

  template <class Key, class Value>
  void operator()(const Key& key, const Value* value) const {
    const auto text = value == nullptr ? std::nullopt : std::optional(written(json_of(*value, now)));
    out.push_back(row(kind, receiver, item_text(key), text));
  }
};

/// Writes what is new or other than it was kept, and nothing (null) for what is gone. Copies only what it writes.
/// `memory` is how to tell whether something is as it was kept, and how to keep it.
template <class Kept, class Fresh, class Memory, class Write>
void compare(std::map<typename Fresh::key_type, Kept>& kept, const Fresh& fresh, const Memory& memory, Write write) {
  const auto& [same, keep] = memory;
  for (auto it = kept.begin(); it != kept.end();) {
    const bool gone = !fresh.contains(it->first);
    if (gone) write(it->first, static_cast<const typename Fresh::mapped_type*>(nullptr));
    it = gone ? kept.erase(it) : std::next(it);
  }
  for (const auto& [key, value] : fresh) {
    const auto [known, is_new] = kept.try_emplace(key);
    if (!is_new && same(known->second, value)) continue;
    known->second = keep(value);
    write(key, &value);
  }
}

// ---- back ---------------------------------------------------------------------------------------------------

/// When the process that wrote the records was last seen alive.
SysTime last_alive(const std::vector<Record>& records, SysTime otherwise) {
  for (const Record& record : records) {
    if (record.kind != "clock" || !record.value) continue;
    const Json json = Json::parse(*record.value, nullptr, false);
    if (json.is_number_integer()) return time_in(json);
  }
  return otherwise;
}

/// Throws what JSON throws when the record is not what it should be.
void restore_one(const Record& record, Instant now, SysTime alive, Owing& into) {
  const Json json = Json::parse(record.value.value_or(""));
  if (record.kind == "alert") {
    const AlertKey key = key_in(Json::parse(record.item));
    Alert alert = alert_in(json, key.rule, alive);
    alert.credit = credit_in(json, alive, now.wall);
    into.alerts[key] = std::move(alert);
    return;
  }
  if (record.kind == "silence") {
    into.silences[record.item] = silence_in(json, record.item, now);
    return;
  }
  Ledger& ledger = into.outbox[record.subject];
  if (record.kind == "receiver") {
    ledger.sequence = json.at("sequence").get<std::uint64_t>();
    ledger.dead = dead_in(json.at("dead"));
  }
  if (record.kind == "told") ledger.told[key_in(Json::parse(record.item))] = told_in(json);
  if (record.kind == "parcel") ledger.parcels[record.item] = parcel_in(json);
  if (record.kind == "group") ledger.groups[record.item] = group_in(json, now);
}

}  // namespace

Owing restored(const std::vector<Record>& records, Instant now, std::size_t& passed_over) {
  constexpr std::string_view kKinds[] = {"alert", "receiver", "told", "parcel", "group", "silence"};
  const SysTime alive = last_alive(records, now.wall);  // after now, if the clock went back: what counted hangs on it
  Owing owing;
  for (const Record& record : records) {
    if (std::find(std::begin(kKinds), std::end(kKinds), record.kind) == std::end(kKinds)) continue;
    try {
      restore_one(record, now, alive, owing);
    } catch (const std::exception&) {
      ++passed_over;
    }
  }
  for (auto& [receiver, ledger] : owing.outbox) ledger.tally.made = ledger.parcels.size();
  return owing;
}

void OwingRecords::look_at_alerts(const Alerts& alerts, Instant now, std::vector<Record>& out) {
  const auto held = [now](const Alert& alert) { return counted(alert.held, holds_on(alert), looked_at(alert, now)); };
  const auto cleared = [now](const Alert& alert) {
    return counted(alert.cleared, clears_on(alert), looked_at(alert, now));
  };
  const auto same = [&](const KeptAlert& kept, const Alert& alert) {
    return kept.held == held(alert) && kept.cleared == cleared(alert) && same_row(kept.alert, alert);
  };
  const std::string nobody;
  const auto keep = [&](const Alert& alert) { return KeptAlert{alert, held(alert), cleared(alert)}; };
  compare(alerts_, alerts, std::pair(same, keep), Rows{"alert", nobody, now, out});
}

void OwingRecords::look_at_silences(const Silences& silences, Instant now, std::vector<Record>& out) {
  const std::string nobody;
  const auto end = [](const Silence& laid) { return laid.ends_at; };
  const auto same = [&](SysTime known, const Silence& laid) { return known == end(laid); };
  compare(silences_, silences, std::pair(same, end), Rows{"silence", nobody, now, out});
}

void OwingRecords::look_at_ledger(const std::string& receiver, const Ledger& ledger, Instant now,
                                  std::vector<Record>& out) {
  KeptLedger& kept = ledgers_[receiver];
  if (kept.sequence != ledger.sequence || kept.buried != ledger.tally.buried)
    out.push_back(row("receiver", receiver, "", written(receiver_json(ledger))));
  kept.sequence = ledger.sequence;
  kept.buried = ledger.tally.buried;
  const auto itself = [](const auto& value) { return value; };
  const auto trace = [](const Parcel& parcel) { return std::pair(parcel.message.id, parcel.attempts); };
  const auto same_trace = [&](const auto& known, const Parcel& parcel) { return known == trace(parcel); };
  compare(kept.told, ledger.told, std::pair(std::equal_to<>(), itself), Rows{"told", receiver, now, out});
  compare(kept.parcels, ledger.parcels, std::pair(same_trace, trace), Rows{"parcel", receiver, now, out});
  compare(kept.flushed, flushed_groups(ledger), std::pair(std::equal_to<>(), itself),
          Rows{"group", receiver, now, out});
}

std::vector<Record> OwingRecords::since_last(const Owing& owing, Instant now) {
  std::vector<Record> out;
  const SysTime clock(now.wall.time_since_epoch() / kClockGrain * kClockGrain);
  if (!owing.alerts.empty() && std::exchange(clock_, clock) != clock)
    out.push_back(row("clock", "", "", written(number_of(clock))));
  look_at_alerts(owing.alerts, now, out);
  look_at_silences(owing.silences, now, out);
  for (const auto& [receiver, ledger] : owing.outbox) look_at_ledger(receiver, ledger, now, out);
  for (auto& [receiver, kept] : ledgers_)
    if (!owing.outbox.contains(receiver)) look_at_ledger(receiver, Ledger{}, now, out);
  std::erase_if(ledgers_, [&](const auto& entry) { return !owing.outbox.contains(entry.first); });
  return out;
}

}  // namespace mw
