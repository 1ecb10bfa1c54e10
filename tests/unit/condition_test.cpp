// The condition language: what is read, what is refused and where, and what unknown means.
#include <catch2/catch.hpp>

#include "alerts/measure.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kNow(std::chrono::seconds(1'700'000'000));

Expression read(const std::string& text) {
  const auto parsed = parse_expression(text);
  const auto* error = std::get_if<ConditionError>(&parsed);
  INFO(text << ": " << (error == nullptr ? "" : error->what));
  REQUIRE(error == nullptr);
  return std::get<Expression>(parsed);
}

Measured of_mirror(const std::string& text, const MirrorView& view) {
  const Snapshot snapshot;
  return measure(read(text), {&snapshot, nullptr, nullptr, &view}, kNow);
}

MirrorView lagging(Duration lag) {
  MirrorView view;
  view.lag.known = true;
  view.lag.lower = lag;
  view.verdict.state = State::stale;
  return view;
}

}  // namespace

TEST_CASE("conditions are read and written") {
  for (const auto* text : {"sync_lag > 6h",
                           "error_ratio[5m] > 50%",
                           "cert_expires_in < 14d",
                           "metadata_expires_in <= 1d",
                           "error_ratio[10s] >= 12.5%",
                           "failures[5] >= 3",
                           "failures[10m] >= 3",
                           "latency_p95[10m] > 2s500ms",
                           "throughput < 512KiB",
                           "throughput < 1.5MiB",
                           "corrupt",
                           "not corrupt",
                           "pool_fresh < 2",
                           "pool_down >= 50%",
                           "upstream_down",
                           "self_fault",
                           "stale_ratio > 20%",
                           "sync_lag > 6h and failures[5] >= 3 or corrupt",
                           "down or stale and pool_fresh < 1",
                           "metadata_expires_in < -1h"}) {
    CAPTURE(text);
    CHECK(to_string(read(text)) == text);
    CHECK(read(to_string(read(text))) == read(text));
  }
  CHECK(read(" error_ratio>0.5 ").any_of[0][0].threshold == 0.5);
  CHECK(read("sync_lag>90m").any_of[0][0].threshold == 5400);
  CHECK(read("sync_lag>1h  or\tdown").any_of.size() == 2);
}

TEST_CASE("errors point at the column") {
  const std::pair<const char*, std::size_t> table[] = {{"", 0},
                                                       {"lag > 6h", 0},
                                                       {"sync_lag", 8},
                                                       {"sync_lag = 6h", 9},
                                                       {"sync_lag > 6", 11},
                                                       {"sync_lag > ", 11},
                                                       {"sync_lag[5m] > 6h", 8},
                                                       {"error_ratio[x] > 1%", 12},
                                                       {"error_ratio[3] > 1%", 12},
                                                       {"error_ratio[2h] > 1%", 12},
                                                       {"error_ratio[5m > 1%", 12},
                                                       {"failures[0] > 1", 9},
                                                       {"failures[11] > 1", 9},
                                                       {"failures > 1.5", 11},
                                                       {"failures > -1", 11},
                                                       {"error_ratio > 150%", 14},
                                                       {"error_ratio > nan", 14},
                                                       {"pool_down > 150%", 12},
                                                       {"throughput < 5", 13},
                                                       {"corrupt > 1", 8},
                                                       {"not sync_lag > 6h", 4},
                                                       {"sync_lag > 6h extra", 14},
                                                       {"sync_lag > 6h and", 17},
                                                       {"sync_lag > 6h or or down", 17},
                                                       {"sync_lag > 6h andy down", 14},
                                                       {"(down)", 0}};
  for (const auto& [text, column] : table) {
    CAPTURE(text);
    const auto parsed = parse_expression(text);
    REQUIRE(std::holds_alternative<ConditionError>(parsed));
    CHECK(std::get<ConditionError>(parsed).column == column);
  }
  std::string long_one = "down";
  for (int i = 0; i < 16; ++i) long_one += " or down";
  CHECK(std::holds_alternative<ConditionError>(parse_expression(long_one)));
}

TEST_CASE("every signal has a row of its own, is read by its name, and says something of itself") {
  for (std::size_t i = 0; i < signals().size(); ++i) {
    const SignalFacts& each = signals()[i];
    CAPTURE(each.name);
    CHECK(static_cast<std::size_t>(each.signal) == i);
    CHECK_FALSE(each.doc.empty());
    if (each.unit == Unit::flag) CHECK(read(std::string(each.name)).any_of[0][0].signal == each.signal);
  }
}

TEST_CASE("what is not known is neither true nor false") {
  for (const auto* text : {"sync_lag > 1h", "error_ratio > 1%", "cert_expires_in < 1d", "failures > 0", "corrupt",
                           "not corrupt", "down", "checksum_mismatch", "stale_ratio > 0", "latency_p99 > 1s"}) {
    CAPTURE(text);
    CHECK(of_mirror(text, MirrorView{}).truth == Truth::unknown);
  }
  CHECK(of_mirror("unknown", MirrorView{}).truth == Truth::yes);
  MirrorView view = lagging(2h);
  CHECK(of_mirror("sync_lag > 1h", view).truth == Truth::yes);
  CHECK(of_mirror("stale", view).truth == Truth::yes);
  CHECK(of_mirror("not stale", view).truth == Truth::no);
  view.verdict.state = State::unknown;
  CHECK(of_mirror("sync_lag > 1h", view).truth == Truth::unknown);
}

TEST_CASE("and is no when any part is, or is yes when any part is; else unknown prevails") {
  const MirrorView view = lagging(2h);  // error_ratio is not known of it
  const std::pair<const char*, Truth> table[] = {{"sync_lag > 1h and stale", Truth::yes},
                                                 {"sync_lag > 1h and error_ratio > 1%", Truth::unknown},
                                                 {"sync_lag > 9h and error_ratio > 1%", Truth::no},
                                                 {"error_ratio > 1% and sync_lag > 9h", Truth::no},
                                                 {"sync_lag > 1h or error_ratio > 1%", Truth::yes},
                                                 {"error_ratio > 1% or sync_lag > 1h", Truth::yes},
                                                 {"sync_lag > 9h or error_ratio > 1%", Truth::unknown},
                                                 {"error_ratio > 1% or sync_lag > 9h", Truth::unknown},
                                                 {"sync_lag > 9h or down", Truth::no},
                                                 {"down and stale or stale and sync_lag > 1h", Truth::yes}};
  for (const auto& [text, truth] : table) {
    CAPTURE(text);
    CHECK(of_mirror(text, view).truth == truth);
  }
  CHECK(of_mirror("down or sync_lag > 1h", view).which.signal == Signal::sync_lag);
  CHECK(of_mirror("down or sync_lag > 1h", view).value == 7200);
}

TEST_CASE("the error ratio is that of the worst check in the window, and so are failures") {
  MirrorView view;
  view.runs.push_back({kNow - 1h, CheckKind::dns, true});
  for (int i = 9; i >= 0; --i) view.runs.push_back({kNow - i * 10s, CheckKind::http, false});
  for (int i = 3; i >= 0; --i) view.runs.push_back({kNow - i * 1s, CheckKind::integrity, i != 0});
  CHECK(error_ratio(view, 5min, kNow).value == 0.75);
  CHECK(error_ratio(view, 500ms, kNow).value == 0);
  CHECK_FALSE(error_ratio(MirrorView{}, 5min, kNow).known);
  CHECK(of_mirror("failures[5m] >= 3", view).truth == Truth::yes);
  CHECK(of_mirror("failures[5m] > 3", view).truth == Truth::no);
  CHECK(of_mirror("failures[3] >= 2", view).truth == Truth::yes);
  CHECK(of_mirror("failures[3] >= 3", view).truth == Truth::unknown);  // two more dns checks are not known
  CHECK(of_mirror("failures[1] >= 1", view).truth == Truth::yes);      // the last dns check, an hour ago
  view.runs.erase(view.runs.begin());
  CHECK(of_mirror("failures[3] >= 3", view).truth == Truth::no);
  CHECK(of_mirror("failures[1] >= 1", view).truth == Truth::no);
}

TEST_CASE("latency is that of good http checks, by nearest rank") {
  MirrorView view;
  for (int i = 1; i <= 100; ++i) view.runs.push_back({kNow - 1s, CheckKind::http, false, i * 1ms});
  view.runs.push_back({kNow, CheckKind::http, true, 10s});
  view.runs.push_back({kNow, CheckKind::dns, false, 10s});
  CHECK(of_mirror("latency_p50 > 0s", view).value == Approx(0.050));
  CHECK(of_mirror("latency_p95 > 0s", view).value == Approx(0.095));
  CHECK(of_mirror("latency_p99 > 0s", view).value == Approx(0.099));
}

TEST_CASE("pools are counted; what has no verdict may be anything") {
  Snapshot snapshot;
  const auto pool = std::make_shared<Pool>();
  pool->name = "p";
  const auto add = [&](State state, bool reference = false) {
    auto mirror = std::make_shared<Mirror>();
    mirror->reference = reference;
    auto view = std::make_shared<MirrorView>();
    view->pool = pool;
    view->mirror = mirror;
    view->verdict.state = state;
    snapshot.mirrors.push_back(view);
  };
  for (const State state : {State::fresh, State::fresh, State::down, State::unknown}) add(state);
  add(State::fresh, true);
  snapshot.pools = {{pool, true, 0}};
  const PoolCounts counts = count_mirrors(snapshot, "p");
  const auto truth = [&](const std::string& text) {
    return measure(read(text), {&snapshot, snapshot.pools.data(), &counts, nullptr}, kNow).truth;
  };
  CHECK(counts.mirrors == 4);
  CHECK(truth("pool_fresh < 2") == Truth::no);
  CHECK(truth("pool_fresh < 3") == Truth::unknown);
  CHECK(truth("pool_fresh < 4") == Truth::yes);
  CHECK(truth("pool_fresh >= 50%") == Truth::yes);
  CHECK(truth("pool_down >= 1") == Truth::yes);
  CHECK(truth("pool_down > 50%") == Truth::no);
  CHECK(truth("pool_corrupt > 0") == Truth::unknown);
  CHECK(truth("upstream_down") == Truth::no);
  snapshot.pools[0].reference_up = false;
  CHECK(truth("upstream_down") == Truth::unknown);  // not looked at yet
}

TEST_CASE("every lag, the threshold itself too, is on just one side of it") {
  for (const Duration lag : {Duration(24h - 1ns), Duration(24h), Duration(24h + 1ns)}) {
    const MirrorView view = lagging(lag);
    const auto holds = [&](const std::string& text) { return of_mirror(text, view).truth == Truth::yes; };
    CHECK(holds("sync_lag > 1d") == (lag > 24h));
    CHECK(holds("sync_lag >= 1d") == (lag >= 24h));
    CHECK(holds("sync_lag > 1d") != holds("sync_lag <= 1d"));
    CHECK(holds("sync_lag < 1d") != holds("sync_lag >= 1d"));
  }
}

TEST_CASE("dates are those that the gauges show, whichever check saw them, and of better days if need be") {
  MirrorView view;
  Finding seen;
  seen.valid_until = kNow + 1h;
  seen.certificate.emplace().chain_not_after = kNow + 2h;
  view.checks[CheckKind::integrity].last_good = std::make_shared<Finding>(seen);
  view.checks[CheckKind::integrity].last = std::make_shared<Finding>();
  CHECK(of_mirror("metadata_expires_in < 1d", view).value == 3600);
  CHECK(of_mirror("cert_expires_in < 1d", view).value == 7200);
  seen.valid_until = kNow + 3h;
  view.checks[CheckKind::freshness].last = std::make_shared<Finding>(seen);
  CHECK(of_mirror("metadata_expires_in < 1d", view).value == 3 * 3600);
}
