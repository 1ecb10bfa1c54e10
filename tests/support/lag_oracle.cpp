// The definitions, one a function: facts first (what the log says), then lag, then verdict. Slow on purpose.
#include "tests/support/lag_oracle.hpp"

#include <algorithm>
#include <set>

namespace mw {

namespace {

Expected level(bool ahead) {
  Expected expected;
  expected.known = true;
  expected.upper = Duration::zero();
  expected.ahead = ahead;
  return expected;
}

Duration since(SysTime then, SysTime now) { return now > then ? now - then : Duration::zero(); }

}  // namespace

LagOracle::LagOracle(OracleRules rules)
    : rules_(std::move(rules)), looks_(rules_.networks.size()), saved_looks_(rules_.networks.size()) {}

void LagOracle::saw(std::size_t mirror, const Finding& finding) {
  Look look{finding.at, finding.version, std::nullopt, {}};
  if (finding.failure) look.layer = finding.failure->layer, look.reason = finding.failure->reason;
  looks_[mirror].push_back(look);
}

void LagOracle::saved() {
  for (std::size_t i = 0; i < looks_.size(); ++i) saved_looks_[i] = looks_[i].size();
  saved_judgements_ = judgements_.size();
}

void LagOracle::crashed() {
  for (std::size_t i = 0; i < looks_.size(); ++i) looks_[i].resize(saved_looks_[i]);
  judgements_.resize(saved_judgements_);
}

// ---- what the log says ------------------------------------------------------------------------------------------

/// The upstream goes back to a lower number, or, where there are none, to what it served before: what came in between
/// was never meant to be.
bool LagOracle::takes_back(const Upstream& later, const std::vector<Upstream>& all, std::size_t earlier) {
  const Version& version = all[earlier].version;
  if (version.order && later.version.order) return *version.order > *later.version.order;
  if (version.id == later.version.id) return false;
  for (std::size_t i = 0; i < earlier; ++i)
    if (all[i].stands && all[i].version.id == later.version.id) return true;
  return false;
}

std::vector<LagOracle::Upstream> LagOracle::upstream() const {
  std::vector<Upstream> all;
  for (const Look& look : looks_[0]) {
    if (!look.version) continue;
    Upstream next{look.at, *look.version};
    const bool same = !all.empty() && all.back().version.id == next.version.id;
    for (std::size_t i = 0; !same && i < all.size(); ++i) {
      if (!all[i].stands || !takes_back(next, all, i)) continue;
      all[i].stands = false;
      next.went_back = true;
    }
    all.push_back(next);
  }
  return all;
}

std::uint64_t LagOracle::times_upstream_went_back() const {
  std::uint64_t times = 0;
  for (const Upstream& each : upstream_) times += each.went_back ? 1 : 0;
  return times;
}

/// Our own host's failures say nothing of a mirror. The first look counts at once, later ones when enough in a row
/// agree.
const LagOracle::Look* LagOracle::counted_failure(std::size_t mirror) const {
  bool failed = false;
  int in_a_row = 0;
  bool before = false;
  for (const Look& look : looks_[mirror]) {
    const bool fails = look.layer.has_value();
    if (fails && look.reason == Reason::local_resource) continue;
    in_a_row = fails == before ? in_a_row + 1 : 1;
    before = fails;
    if (&look == &looks_[mirror].front() || in_a_row >= (fails ? rules_.fail_after : rules_.recover_after))
      failed = fails;
  }
  return failed ? last_failure(mirror) : nullptr;
}

const LagOracle::Look* LagOracle::last_failure(std::size_t mirror) const {
  const Look* last = nullptr;
  for (const Look& look : looks_[mirror])
    if (look.layer && look.reason != Reason::local_resource) last = &look;
  return last;
}

const LagOracle::Look* LagOracle::last_told(std::size_t mirror) const {
  const Look* last = nullptr;
  for (const Look& look : looks_[mirror])
    if (look.version) last = &look;
  return last;
}

bool LagOracle::could_not_be_reached(const Look& look) {
  return look.layer && (*look.layer == Layer::dns || *look.layer == Layer::connect || look.reason == Reason::timeout);
}

/// More than 70 % of at least three mirrors, on at least two networks, could not be reached when last looked at.
bool LagOracle::is_self_fault() const {
  std::set<int> networks;
  std::size_t looked_at = 0;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < looks_.size(); ++i) {
    if (looks_[i].empty()) continue;
    ++looked_at;
    if (!could_not_be_reached(looks_[i].back())) continue;
    ++failed;
    networks.insert(rules_.networks[i]);
  }
  return looked_at >= 3 && networks.size() >= 2 && failed * 100 > looked_at * 70;
}

std::optional<SysTime> LagOracle::last_self_fault() const {
  std::optional<SysTime> last;
  for (const Judgement& judgement : judgements_)
    if (judgement.self_fault) last = judgement.at;
  return last;
}

// ---- lag ----------------------------------------------------------------------------------------------------------

std::optional<std::size_t> LagOracle::standing_after(std::size_t after, const std::string& other_than) const {
  for (std::size_t i = after + 1; i < upstream_.size(); ++i)
    if (upstream_[i].stands && upstream_[i].version.id != other_than) return i;
  return std::nullopt;
}

/// At least since the upstream was first seen to serve the next one, at most since it was last seen to serve another.
Expected LagOracle::superseded(std::size_t by, SysTime now) const {
  Expected expected;
  expected.known = true;
  expected.lower = since(upstream_[by].at, now);
  for (std::size_t i = 0; i < by; ++i)
    if (upstream_[i].stands) expected.upper = std::max(since(upstream_[i].at, now), expected.lower);
  return expected;
}

/// A version that the upstream took back is superseded by the first that is new after what it went back to.
Expected LagOracle::place(const Version& version, SysTime now) const {
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < upstream_.size(); ++i)
    if (upstream_[i].version.id == version.id) last = i;
  if (!last) return place_by_order(version, now);
  const bool taken_back = !upstream_[*last].stands;
  if (taken_back) last = standing_after(*last, "");
  const auto next = standing_after(*last, upstream_[*last].version.id);
  return next ? superseded(*next, now) : level(taken_back);
}

Expected LagOracle::place_by_order(const Version& version, SysTime now) const {
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < upstream_.size(); ++i) {
    if (!upstream_[i].stands) continue;
    if (!version.order || !upstream_[i].version.order) return {};
    if (*upstream_[i].version.order == *version.order) return {};
    if (*upstream_[i].version.order > *version.order && !next) next = i;
  }
  return next ? superseded(*next, now) : level(true);
}

/// A look that could not tell leaves the lag as of the look that could. What nobody can place stays as last said until
/// the upstream is read again: the mirror may just have been faster than we were.
Expected LagOracle::lag_of(std::size_t mirror, SysTime now) const {
  const Look* told = last_told(mirror);
  if (told == nullptr || upstream_.empty()) return {};
  const bool tells = told == &looks_[mirror].back();
  const Expected lag = place(*told->version, tells ? now : told->at);
  const bool too_early = !lag.known && upstream_.back().at < told->at;
  const bool stays = too_early && !judgements_.empty() && judgements_.back().said[mirror].known;
  return stays ? judgements_.back().said[mirror] : lag;
}

// ---- verdict --------------------------------------------------------------------------------------------------------

Expected LagOracle::judge_one(std::size_t mirror, SysTime now) const {
  Expected all = lag_of(mirror, now);
  const auto say = [&](State state, std::optional<Reason> reason = std::nullopt) {
    all.state = state;
    all.reason = reason;
    return all;
  };
  if (const Look* failure = counted_failure(mirror)) {
    const bool excused = ours_ && failure->at <= *ours_ && could_not_be_reached(*failure);
    return excused ? say(State::unknown, Reason::local_resource) : say(State::down, failure->reason);
  }
  if (looks_[mirror].empty()) return say(State::unknown, Reason::not_checked_yet);
  if (mirror == 0) return say(State::fresh);
  if (counted_failure(0) != nullptr) return say(State::unknown, Reason::reference_down);
  if (upstream_.empty() || last_told(mirror) == nullptr) return say(State::unknown, Reason::not_checked_yet);
  if (!all.known) return say(State::unknown, Reason::version_unknown);
  return all.lower > rules_.grace ? say(State::stale, Reason::stale) : say(State::fresh);
}

const std::vector<Expected>& LagOracle::judge(SysTime now) {
  upstream_ = upstream();
  self_fault_ = is_self_fault();
  ours_ = self_fault_ ? now : last_self_fault();
  Judgement judgement{{}, self_fault_, now};
  for (std::size_t i = 0; i < looks_.size(); ++i) judgement.said.push_back(judge_one(i, now));
  judgements_.push_back(std::move(judgement));
  return judgements_.back().said;
}

}  // namespace mw
