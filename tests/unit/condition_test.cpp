// The condition language: what is read, what is refused and where, and what unknown means.
#include <catch2/catch.hpp>

#include "alerts/rule.hpp"

using namespace mw;
using namespace std::chrono_literals;

TEST_CASE("conditions are read and written") {
  for (const auto* text : {"sync_lag > 6h", "error_ratio[5m] > 50%", "cert_expires_in < 14d",
                           "metadata_expires_in <= 1d", "error_ratio[10s] >= 12.5%"}) {
    const auto parsed = parse_condition(text);
    REQUIRE(std::holds_alternative<Condition>(parsed));
    CHECK(to_string(std::get<Condition>(parsed)) == text);
  }
  CHECK(std::get<Condition>(parse_condition(" error_ratio>0.5 ")).threshold == 0.5);
  CHECK(std::get<Condition>(parse_condition("sync_lag>90m")).threshold == 5400);
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
                                                       {"error_ratio[5m > 1%", 12},
                                                       {"error_ratio > 150%", 14},
                                                       {"error_ratio > nan", 14},
                                                       {"sync_lag > 6h extra", 11}};
  for (const auto& [text, column] : table) {
    CAPTURE(text);
    const auto parsed = parse_condition(text);
    REQUIRE(std::holds_alternative<ConditionError>(parsed));
    CHECK(std::get<ConditionError>(parsed).column == column);
  }
}

TEST_CASE("what is not known is neither true nor false") {
  const SysTime now(std::chrono::seconds(1'700'000'000));
  MirrorView view;
  CHECK(measure(std::get<Condition>(parse_condition("sync_lag > 1h")), view, now).truth == Truth::unknown);
  CHECK(measure(std::get<Condition>(parse_condition("error_ratio > 1%")), view, now).truth == Truth::unknown);
  CHECK(measure(std::get<Condition>(parse_condition("cert_expires_in < 1d")), view, now).truth == Truth::unknown);
  view.lag.known = true;
  view.lag.lower = 2h;
  view.verdict.state = State::stale;
  CHECK(measure(std::get<Condition>(parse_condition("sync_lag > 1h")), view, now).truth == Truth::yes);
  view.verdict.state = State::unknown;
  CHECK(measure(std::get<Condition>(parse_condition("sync_lag > 1h")), view, now).truth == Truth::unknown);
}

TEST_CASE("the error ratio is that of the worst check in the window") {
  const SysTime now(std::chrono::seconds(1'700'000'000));
  MirrorView view;
  view.runs.push_back({now - 1h, CheckKind::dns, true});
  for (int i = 9; i >= 0; --i) view.runs.push_back({now - i * 10s, CheckKind::http, false});
  for (int i = 3; i >= 0; --i) view.runs.push_back({now - i * 1s, CheckKind::integrity, i != 0});
  CHECK(error_ratio(view, 5min, now).value == 0.75);
  CHECK(error_ratio(view, 500ms, now).value == 0);
  CHECK_FALSE(error_ratio(MirrorView{}, 5min, now).known);
}

TEST_CASE("every lag, the threshold itself too, is on just one side of it") {
  const SysTime now(std::chrono::seconds(1'700'000'000));
  MirrorView view;
  view.lag.known = true;
  view.verdict.state = State::stale;
  const auto holds = [&](const std::string& text) {
    return measure(std::get<Condition>(parse_condition(text)), view, now).truth == Truth::yes;
  };
  for (const Duration lag : {Duration(24h - 1ns), Duration(24h), Duration(24h + 1ns)}) {
    view.lag.lower = lag;
    CHECK(holds("sync_lag > 1d") == (lag > 24h));
    CHECK(holds("sync_lag >= 1d") == (lag >= 24h));
    CHECK(holds("sync_lag > 1d") != holds("sync_lag <= 1d"));
    CHECK(holds("sync_lag < 1d") != holds("sync_lag >= 1d"));
  }
}
