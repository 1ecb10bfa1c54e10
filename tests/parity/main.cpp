// Puts a world that a test describes before the alert engine, step by step, and prints at each step what /metrics then
// says and which alerts the engine has: promql_parity_test.py gives the first to Prometheus and expects the second of
// it. Knows nothing of PromQL.
//
//   mirrorwarden_parity CONFIG <CASES     pools, mirrors and rules are CONFIG's
//
//   case NAME INTERVAL_SECONDS STEPS      the first step is at 1970-01-01, as promtool's clock begins there
//   STEP WHO WHAT VALUE…                  from that step on; WHO is "agent", POOL or POOL/MIRROR
//   end
#include <charconv>
#include <iostream>
#include <sstream>

#include "alerts/engine.hpp"
#include "exporter/metrics_page.hpp"
#include "exporter/rules_file.hpp"

using namespace mw;

namespace {

using Words = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& what) {
  std::cerr << "mirrorwarden_parity: " << what << '\n';
  std::exit(2);
}

Words words_of(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

double number_of(const std::string& word) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) refuse("'" + word + "' is not a number");
  return value;
}

bool is_yes(const std::string& word) {
  if (word != "yes" && word != "no") refuse("'" + word + "' is neither yes nor no");
  return word == "yes";
}

Duration seconds_of(const std::string& word) {
  return std::chrono::round<Duration>(std::chrono::duration<double>(number_of(word)));
}

std::optional<SysTime> time_of(const std::string& word) {
  return word == "none" ? std::nullopt : std::optional(SysTime(seconds_of(word)));
}

/// The one of that name in an enumeration whose names run from 0 to `last`.
template <class Enum>
Enum named(const std::string& word, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  refuse("'" + word + "' is no such name");
}

// ---- the world ----------------------------------------------------------------------------------------------

Finding& last_of(MirrorView& view, CheckKind kind) {
  CheckState& state = view.checks[kind];
  auto last = std::make_shared<Finding>(state.last ? *state.last : Finding{});
  last->check = kind;
  state.last = last;
  return *last;
}

void set_lag(MirrorView& view, const std::string& value) {
  view.lag = {};
  view.lag.known = value != "unknown";
  if (view.lag.known) view.lag.lower = seconds_of(value);
}

void set_feeds(MirrorView& view, double behind, double known) {
  view.feeds.clear();
  for (int i = 0; i < known; ++i) {
    FeedLag feed{"feed-" + std::to_string(i), {}};
    feed.lag.known = true;
    feed.lag.lower = i < behind ? std::chrono::hours(1) : std::chrono::hours(0);
    view.feeds.push_back(std::move(feed));
  }
}

void set_failure(MirrorView& view, const Words& line) {
  view.verdict.failure.reset();
  if (line.at(3) != "none")
    view.verdict.failure = Failure{named(line[3], Layer::integrity), named(line.at(4), Reason::fork), ""};
}

void set_looked(MirrorView& view, bool looked) {
  if (looked)
    last_of(view, CheckKind::freshness);
  else
    view.checks.erase(CheckKind::freshness);
}

void set_mirror(MirrorView& view, const Words& line, SysTime now) {
  const std::string& what = line.at(2);
  const std::string& value = line.at(3);
  if (what == "verdict")
    view.verdict.state = named(value, State::unknown);
  else if (what == "failure")
    set_failure(view, line);
  else if (what == "lag")
    set_lag(view, value);
  else if (what == "feeds")
    set_feeds(view, number_of(value), number_of(line.at(4)));
  else if (what == "looked")
    set_looked(view, is_yes(value));
  else if (what == "valid_until")
    last_of(view, CheckKind::freshness).valid_until = time_of(value);
  else if (what == "chain")
    last_of(view, CheckKind::tls).certificate.emplace().chain_not_after = time_of(value);
  else if (what == "run")
    view.runs.push_back({now, CheckKind::http, value == "failed", {}});
  else
    refuse("a mirror has no '" + what + "'");
}

/// Everything is well before the case says otherwise.
Snapshot healthy(const Config& config) {
  Snapshot snapshot;
  for (const auto& pool : config.pools) {
    snapshot.pools.push_back({pool, true, 0});
    for (const Mirror& mirror : pool->mirrors) {
      MirrorView view;
      view.pool = pool;
      view.mirror = std::shared_ptr<const Mirror>(pool, &mirror);
      view.verdict.state = State::fresh;
      set_lag(view, "0");
      set_feeds(view, 0, 5);
      set_looked(view, true);
      snapshot.mirrors.push_back(std::make_shared<const MirrorView>(std::move(view)));
    }
  }
  return snapshot;
}

void change(Snapshot& snapshot, const Words& line, SysTime now) {
  const std::string& who = line.at(1);
  if (who == "agent") {
    snapshot.self_fault = is_yes(line.at(3));
    return;
  }
  for (PoolView& pool : snapshot.pools)
    if (pool.pool->name == who) {
      pool.reference_up = is_yes(line.at(3));
      return;
    }
  for (auto& view : snapshot.mirrors)
    if (view->pool->name + "/" + view->mirror->name == who) {
      MirrorView changed = *view;
      set_mirror(changed, line, now);
      view = std::make_shared<const MirrorView>(std::move(changed));
      return;
    }
  refuse("nothing is called '" + who + "'");
}

// ---- one case -----------------------------------------------------------------------------------------------

void print(const Published& published, SysTime now) {
  std::cout << MetricsPages().page({Format::text, {}, now}, &published, {});
  for (const auto& [key, alert] : *published.alerts) {
    if (alert.phase == Phase::inactive) continue;
    Labels labels;
    for (const auto& [label, value] : alert.labels) labels.add(label, value);
    std::cout << "alert " << name(alert.phase) << " {" << labels.text() << "}\n";
  }
}

void play(const Config& config, const Words& title, const std::vector<Words>& changes) {
  const Duration interval = seconds_of(title.at(2));
  Alerts alerts;
  Snapshot snapshot = healthy(config);
  auto next = changes.begin();
  for (int step = 0; step < number_of(title.at(3)); ++step) {
    const SysTime now(step * interval);
    for (; next != changes.end() && number_of(next->at(0)) <= step; ++next) change(snapshot, *next, now);
    snapshot.at = now;
    alerts = evaluate(std::move(alerts), exported_rules(config), snapshot, {SteadyTime(step * interval), now});
    Published published;
    published.snapshot = std::make_shared<const Snapshot>(snapshot);
    published.alerts = std::make_shared<const Alerts>(alerts);
    std::cout << "step " << step << '\n';
    print(published, now);
  }
  if (next != changes.end()) refuse("case " + title.at(1) + " has changes after its last step, or out of order");
}

void play_all(const Config& config) {
  Words title;
  std::vector<Words> changes;
  for (std::string line; std::getline(std::cin, line);) {
    Words words = words_of(line);
    if (words.empty()) continue;
    if (words[0] == "case") {
      title = std::move(words);
      std::cout << "case " << title.at(1) << '\n';
    } else if (words[0] == "end") {
      play(config, title, std::exchange(changes, {}));
    } else {
      changes.push_back(std::move(words));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) refuse("expected a configuration");
  const auto loaded = load_config(argv[1]);
  const auto* config = std::get_if<Config>(&loaded);
  if (config == nullptr) refuse("the configuration is not valid");
  play_all(*config);
  return 0;
}
