// Hysteresis and verdicts: tables of evidence and what must be said of it.
#include "probes/judge.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

Finding good(CheckKind kind) {
  Finding finding;
  finding.check = kind;
  return finding;
}

Finding bad(CheckKind kind, Layer layer, Reason reason) {
  Finding finding = good(kind);
  finding.failure = Failure{layer, reason, "x"};
  return finding;
}

Pool pool(int fail_after, int recover_after) {
  Pool pool;
  pool.fail_after = fail_after;
  pool.recover_after = recover_after;
  return pool;
}

Lag known(Duration lower) {
  Lag lag;
  lag.known = true;
  lag.lower = lower;
  return lag;
}

struct Case {
  std::vector<Finding> findings;
  Lag lag = known(0s);
  bool reference_known = true;
  bool reference_down = false;
  bool is_reference = false;
  Duration grace{};

  Verdict verdict() const {
    std::map<CheckKind, CheckState> checks;
    for (const Finding& finding : findings) checks[finding.check] = settle({}, finding, pool(1, 1));
    Evidence evidence;
    evidence.checks = &checks;
    evidence.lag = lag;
    evidence.reference_known = reference_known;
    evidence.reference_down = reference_down;
    evidence.is_reference = is_reference;
    evidence.grace = grace;
    return judge(evidence);
  }
};

std::string said(const Verdict& verdict) {
  std::string text(name(verdict.state));
  if (verdict.failure)
    text += " " + std::string(name(verdict.failure->layer)) + "/" + std::string(name(verdict.failure->reason));
  return text;
}

}  // namespace

TEST_CASE("one odd run is not news, as many as configured are") {
  CheckState state = settle({}, good(CheckKind::http), pool(3, 2));
  const Finding failed = bad(CheckKind::http, Layer::http, Reason::server_error);
  for (int i = 0; i < 2; ++i) {
    state = settle(state, failed, pool(3, 2));
    CHECK_FALSE(state.settled);
    CHECK(state.change_pending());
  }
  state = settle(state, failed, pool(3, 2));
  CHECK(state.settled);
  CHECK_FALSE(state.change_pending());
  state = settle(state, good(CheckKind::http), pool(3, 2));
  CHECK(state.settled);
  state = settle(state, good(CheckKind::http), pool(3, 2));
  CHECK_FALSE(state.settled);
  CHECK(state.runs == 6);
  CHECK(state.failures == 3);
}

TEST_CASE("a success in between starts the count anew") {
  CheckState state = settle({}, good(CheckKind::tcp), pool(2, 1));
  const Finding failed = bad(CheckKind::tcp, Layer::connect, Reason::refused);
  for (int i = 0; i < 10; ++i) {
    state = settle(state, failed, pool(2, 1));
    state = settle(state, good(CheckKind::tcp), pool(2, 1));
  }
  CHECK_FALSE(state.settled);
}

TEST_CASE("the first run counts at once, and our own host's trouble never") {
  const Finding refused = bad(CheckKind::tcp, Layer::connect, Reason::refused);
  CHECK(settle({}, refused, pool(3, 3)).settled);
  const Finding ours = bad(CheckKind::tcp, Layer::connect, Reason::local_resource);
  CheckState state = settle({}, good(CheckKind::tcp), pool(1, 1));
  for (int i = 0; i < 5; ++i) state = settle(state, ours, pool(1, 1));
  CHECK_FALSE(state.settled);
}

TEST_CASE("what was last good stays after a failure") {
  Finding first = good(CheckKind::freshness);
  first.version = Version{"v1", {}, {}};
  CheckState state = settle({}, first, pool(1, 1));
  state = settle(state, bad(CheckKind::freshness, Layer::http, Reason::timeout), pool(1, 1));
  REQUIRE(state.last_good);
  CHECK(state.last_good->version->id == "v1");
}

TEST_CASE("verdicts") {
  const Finding tcp = good(CheckKind::tcp);
  const Finding fresh = good(CheckKind::freshness);
  const auto down = bad(CheckKind::tcp, Layer::connect, Reason::refused);
  const auto html = bad(CheckKind::freshness, Layer::content, Reason::html);
  const auto expired = bad(CheckKind::freshness, Layer::freshness, Reason::metadata_expired);
  const auto tampered = bad(CheckKind::integrity, Layer::integrity, Reason::checksum);
  const auto gone = bad(CheckKind::integrity, Layer::http, Reason::timeout);

  CHECK(said(Case{{tcp, fresh}}.verdict()) == "fresh");
  CHECK(said(Case{{tcp, fresh}, known(1h)}.verdict()) == "stale freshness/stale");
  CHECK(said(Case{{tcp, expired}}.verdict()) == "stale freshness/metadata_expired");
  CHECK(said(Case{{tcp, fresh, tampered}}.verdict()) == "corrupt integrity/checksum");
  CHECK(said(Case{{tcp, expired, tampered}}.verdict()) == "corrupt integrity/checksum");
  CHECK(said(Case{{down, gone}}.verdict()) == "down connect/refused");
  CHECK(said(Case{{down, tampered}}.verdict()) == "down connect/refused");
  CHECK(said(Case{{tcp, html}}.verdict()) == "down content/html");
  CHECK(said(Case{{tcp, fresh, gone}}.verdict()) == "down http/timeout");
  CHECK(said(Case{{}}.verdict()) == "unknown freshness/not_checked_yet");
}

TEST_CASE("a mirror is never stale because the upstream is down") {
  const Finding fresh = good(CheckKind::freshness);
  CHECK(said(Case{{fresh}, known(1h), true, true}.verdict()) == "unknown freshness/reference_down");
  CHECK(said(Case{{fresh}, Lag{}, false, false}.verdict()) == "unknown freshness/not_checked_yet");
  CHECK(said(Case{{fresh}, Lag{}, false, true}.verdict()) == "unknown freshness/reference_down");
  const auto expired = bad(CheckKind::freshness, Layer::freshness, Reason::metadata_expired);
  CHECK(said(Case{{expired}, Lag{}, false, true}.verdict()) == "stale freshness/metadata_expired");
  Lag strange;
  strange.why = Reason::version_unknown;
  CHECK(said(Case{{fresh}, strange}.verdict()) == "unknown freshness/version_unknown");
  CHECK(said(Case{{fresh}, Lag{}, false, false, true}.verdict()) == "fresh");
}

TEST_CASE("a failure of our own host does not turn an excused failure into the mirror's") {
  Finding timeout = bad(CheckKind::http, Layer::connect, Reason::timeout);
  Finding ours = bad(CheckKind::http, Layer::connect, Reason::local_resource);
  timeout.at = SysTime(1h);
  ours.at = SysTime(3h);
  std::map<CheckKind, CheckState> checks;
  checks[CheckKind::http] = settle(settle({}, timeout, pool(1, 1)), ours, pool(1, 1));
  Evidence evidence;
  evidence.checks = &checks;
  evidence.self_fault_until = SysTime(2h);
  CHECK(said(judge(evidence)) == "unknown connect/local_resource");
}

TEST_CASE("a lag of exactly the grace is within it, a nanosecond more is not") {
  const auto with_grace = [](Duration lag, Duration grace) {
    Case one{{good(CheckKind::freshness)}, known(lag)};
    one.grace = grace;
    return said(one.verdict());
  };
  CHECK(with_grace(2h - 1ns, 2h) == "fresh");
  CHECK(with_grace(2h, 2h) == "fresh");
  CHECK(with_grace(2h + 1ns, 2h) == "stale freshness/stale");
  CHECK(with_grace(0ns, 0ns) == "fresh");
  CHECK(with_grace(1ns, 0ns) == "stale freshness/stale");
}
