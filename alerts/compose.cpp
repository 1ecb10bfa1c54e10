// The words.
#include "alerts/compose.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "alerts/choice.hpp"
#include "alerts/layout.hpp"
#include "alerts/runbook.hpp"
#include "alerts/template.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLongest = hours(24 * 3650);

/// Whoever speaks, and of what.
struct Speaker {
  const Owed& owed;
  const Alert& alert;
  const Scene& scene;
  const MirrorView* view;
  Language language;

  std::string say(const char* english, const char* chinese) const {
    return language == Language::chinese ? chinese : english;
  }
};

const MirrorView* find_view(const Scene& scene, const AlertKey& key) {
  const auto found = scene.views.find({key.pool, key.mirror});
  return found == scene.views.end() ? nullptr : found->second;
}

// ---- times --------------------------------------------------------------------------------------------------

/// To the second below an hour, to the minute above.
std::string rough(Duration duration) {
  const Duration bounded = std::clamp(duration, -kLongest, kLongest);
  const bool brief = bounded < hours(1) && bounded > -hours(1);
  return format_duration(brief ? Duration(std::chrono::round<seconds>(bounded))
                               : Duration(std::chrono::round<minutes>(bounded)));
}

/// "2026-03-01 08:15:00 UTC".
std::string clock_time(SysTime time) {
  const std::time_t since_epoch = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&since_epoch, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string ago(const Speaker& speaker, SysTime time) {
  const std::string distance = rough(std::max(speaker.scene.now - time, Duration::zero()));
  return clock_time(time) + speaker.say(" (", "（") + distance + speaker.say(" ago)", "前）");
}

// ---- title --------------------------------------------------------------------------------------------------

std::string subject(const Speaker& speaker) {
  const AlertKey& key = speaker.owed.key;
  if (!key.mirror.empty()) return printable(key.pool) + "/" + printable(key.mirror);
  if (!key.pool.empty()) return speaker.say("pool ", "镜像池 ") + printable(key.pool);
  return speaker.say("mirrorwarden", "mirrorwarden") +
         (speaker.scene.vantage.empty() ? "" : " " + printable(speaker.scene.vantage));
}

std::string value_text(const Alert& alert) {
  const SignalFacts& what = facts(alert.which.signal);
  if (what.unit == Unit::duration)
    return rough(
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::clamp(alert.value, -3e8, 3e8))));
  return format_value(alert.which.signal, alert.value);
}

/// "sync_lag is 7h2m (> 6h)", or just "corrupt".
std::string measured(const Speaker& speaker) {
  const Condition& which = speaker.alert.which;
  const std::string text = to_string(which);
  const auto space = text.find(' ');
  if (facts(which.signal).unit == Unit::flag || space == std::string::npos) return text;
  return text.substr(0, space) + speaker.say(" is ", " 为 ") + value_text(speaker.alert) + speaker.say(" (", "（") +
         text.substr(space + 1) + speaker.say(")", "）");
}

std::string state_of(const Speaker& speaker) {
  return std::string(name(speaker.view == nullptr ? State::unknown : speaker.view->verdict.state));
}

std::string firing_title(const Speaker& speaker) {
  const std::string who = subject(speaker);
  if (speaker.view == nullptr) return who + speaker.say(": ", "：") + measured(speaker);
  return who + speaker.say(" is ", " 状态 ") + state_of(speaker) + speaker.say(": ", "：") + measured(speaker);
}

std::string resolved_title(const Speaker& speaker) {
  const std::string rule = printable(speaker.owed.key.rule);
  const std::string lasted = rough(speaker.owed.ends_at - speaker.owed.starts_at);
  const std::string who = subject(speaker) + speaker.say(": ", "：") + rule;
  if (speaker.alert.gone) return who + speaker.say(" is over, for it is no longer watched", " 结束，不再监测");
  return who + speaker.say(" is over after ", " 已恢复，历时 ") + lasted +
         (speaker.view == nullptr ? "" : speaker.say("; it is ", "，现为 ") + state_of(speaker));
}

// ---- facts --------------------------------------------------------------------------------------------------

void add_reason(const Speaker& speaker, std::vector<Fact>& facts) {
  const auto& failure = speaker.view->verdict.failure;
  if (!failure) return;
  facts.push_back({speaker.say("Reason", "原因"), std::string(name(failure->layer)) + "/" +
                                                      std::string(name(failure->reason)) + speaker.say(": ", "：") +
                                                      printable(failure->detail)});
}

/// Of the check that fails; of the one that looked last when none does.
void add_last_good(const Speaker& speaker, std::vector<Fact>& facts) {
  const Finding* good = nullptr;
  for (const auto& [kind, state] : speaker.view->checks)
    if (state.settled && state.last_good) good = &*state.last_good;
  if (good == nullptr) return;
  facts.push_back({speaker.say("Last good", "上次正常"),
                   std::string(name(good->check)) + speaker.say(", ", "，") + ago(speaker, good->at)});
}

/// How the rest of the pool is doing: the first question after "which one".
void add_others(const Speaker& speaker, const Scene::PoolFacts& pool, std::vector<Fact>& facts) {
  const bool one_of_them = speaker.view != nullptr;
  const int others = pool.counts.mirrors - (one_of_them ? 1 : 0);
  const int fresh = pool.counts.fresh - (one_of_them && speaker.view->verdict.state == State::fresh ? 1 : 0);
  if (others <= 0) return;
  facts.push_back({speaker.say("Rest of the pool", "池内其他镜像"), std::to_string(fresh) + speaker.say(" of ", " / ") +
                                                                        std::to_string(others) +
                                                                        speaker.say(" are fresh", " 正常")});
}

void add_instead(const Speaker& speaker, const Scene::PoolFacts& pool, std::vector<Fact>& facts) {
  const std::string name = speaker.say("Use instead", "可改用");
  if (pool.safest == nullptr)
    return facts.push_back({name, speaker.say("no mirror of this pool is safe now", "此池当前没有安全的镜像")});
  facts.push_back({name, client_line(*pool.safest)});
}

/// What whoever wrote the rule has to say to whoever is woken by it.
void add_notes(const Speaker& speaker, std::vector<Fact>& facts) {
  for (const char* key : {"summary", "description"}) {
    const auto found = speaker.alert.rule->annotations.find(key);
    if (found == speaker.alert.rule->annotations.end() || found->second.empty()) continue;
    const std::string text = filled_in(found->second, speaker.alert.labels, value_text(speaker.alert));
    facts.push_back({speaker.say("Note", "说明"), printable(text, 1024)});
  }
}

void add_place(const Speaker& speaker, std::vector<Fact>& facts) {
  if (!speaker.scene.vantage.empty())
    facts.push_back({speaker.say("Seen from", "观测点"), printable(speaker.scene.vantage)});
}

/// What a person on call needs first comes first: vendors show only so many.
std::vector<Fact> facts_of(const Speaker& speaker) {
  std::vector<Fact> facts;
  const auto pool = speaker.scene.pools.find(speaker.owed.key.pool);
  const bool of_pool = pool != speaker.scene.pools.end();
  const bool is_last = speaker.owed.episode == speaker.alert.episode;
  const SysTime began = is_last ? speaker.alert.active_at : speaker.owed.starts_at;
  if (speaker.view != nullptr) add_reason(speaker, facts);
  add_notes(speaker, facts);
  facts.push_back({speaker.say("Since", "开始于"), ago(speaker, began)});
  if (of_pool && speaker.owed.firing) add_instead(speaker, pool->second, facts);
  if (of_pool) add_others(speaker, pool->second, facts);
  if (speaker.view != nullptr) add_last_good(speaker, facts);
  if (speaker.view != nullptr) facts.push_back({speaker.say("Mirror", "镜像"), speaker.view->mirror->url.str()});
  facts.push_back({speaker.say("Rule", "规则"),
                   printable(speaker.owed.key.rule) + speaker.say(": ", "：") + to_string(speaker.alert.rule->when)});
  add_place(speaker, facts);
  return facts;
}

// ---- annotations --------------------------------------------------------------------------------------------

std::string described(const std::vector<Fact>& facts) {
  std::string text;
  for (const Fact& fact : facts) text += (text.empty() ? "" : "\n") + fact.name + ": " + fact.text;
  return text;
}

void annotate(const Speaker& speaker, Notice& notice) {
  auto& annotations = notice.annotations;
  annotations["summary"] = notice.title;
  annotations["description"] = described(notice.facts);
  if (!speaker.scene.vantage.empty()) annotations["vantage"] = speaker.scene.vantage;
  if (speaker.view != nullptr) {
    annotations["verdict"] = name(speaker.view->verdict.state);
    annotations["url"] = speaker.view->mirror->url.str();
    if (const auto& failure = speaker.view->verdict.failure) {
      annotations["layer"] = name(failure->layer);
      annotations["reason"] = name(failure->reason);
    }
  }
  if (!speaker.scene.external_url.empty() && !runbook(speaker.owed.key.rule).empty())
    annotations["runbook_url"] = speaker.scene.external_url + "/runbooks/" + speaker.owed.key.rule;
  for (const auto& [key, text] : speaker.alert.rule->annotations)
    annotations.insert_or_assign(key, filled_in(text, speaker.alert.labels, value_text(speaker.alert)));
}

// ---- whose turn it is ---------------------------------------------------------------------------------------

using Known = std::pair<const Owed*, const Alert*>;

/// In the order of the batch, unless not all get words.
std::vector<Known> worst_first(const Batch& batch, const Alerts& alerts) {
  std::vector<Known> known;
  for (const Owed& item : batch.items)
    if (const auto found = alerts.find(item.key); found != alerts.end()) known.emplace_back(&item, &found->second);
  if (known.size() <= kMostNotices) return known;
  const auto rank = [](const Known& each) { return std::pair(each.first->firing, severity_of(each.second->labels)); };
  std::stable_sort(known.begin(), known.end(), [&](const Known& a, const Known& b) { return rank(a) > rank(b); });
  return known;
}

}  // namespace

Notice compose(const Owed& owed, const Alert& alert, const Scene& scene, Language language) {
  const Speaker speaker{owed, alert, scene, find_view(scene, owed.key), language};
  Notice notice;
  notice.firing = owed.firing;
  notice.alert = owed.key.rule;
  notice.labels = alert.labels;
  notice.title = owed.firing ? firing_title(speaker) : resolved_title(speaker);
  notice.facts = facts_of(speaker);
  annotate(speaker, notice);
  if (const auto found = notice.annotations.find("runbook_url"); found != notice.annotations.end())
    notice.runbook_url = found->second;
  notice.starts_at = owed.starts_at;
  notice.ends_at = owed.ends_at;
  notice.generator_url = scene.external_url.empty() ? "" : scene.external_url + "/";
  return notice;
}

Message compose_message(const Batch& batch, const Alerts& alerts, const Receiver& receiver, const Scene& scene) {
  Message message;
  message.kind = batch.kind;
  message.language = receiver.language;
  message.receiver = receiver.name;
  message.vantage = scene.vantage;
  message.group_key = batch.group == kDigest ? "{}:{}" : batch.group;
  message.group_labels = batch.labels;
  message.external_url = scene.external_url;
  for (const auto& [item, alert] : worst_first(batch, alerts)) {
    if (message.notices.size() < kMostNotices)
      message.notices.push_back(compose(*item, *alert, scene, receiver.language));
    else
      ++(item->firing ? message.more_firing : message.more_resolved);
  }
  return message;
}

Scene make_scene(const Snapshot& snapshot, SysTime now) {
  Scene scene;
  scene.now = now;
  for (const PoolView& pool : snapshot.pools)
    scene.pools[pool.pool->name] = {count_mirrors(snapshot, pool.pool->name), safest_mirror(snapshot, pool.pool->name)};
  for (const auto& view : snapshot.mirrors) scene.views[{view->pool->name, view->mirror->name}] = view.get();
  return scene;
}

}  // namespace mw
