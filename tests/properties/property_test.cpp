// Random lives of an agent under the eyes of oracles: as many as MW_SEQUENCES says, from seed MW_SEED (1) on, on
// MW_JOBS threads. Every so many lives are lived again in another way, and must come out the same. What fails is made
// as short as it goes and printed, and is to be had again by its seed.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "probes/duration.hpp"
#include "tests/properties/agent_run.hpp"

using namespace mw;
using namespace mw::property;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kSequences = 2'000;
#else
constexpr std::uint64_t kSequences = 100'000;
#endif

std::uint64_t setting(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? fallback : std::strtoull(text, nullptr, 10);
}

/// Whether a plan breaks a law, and which.
using Trial = std::function<Outcome(const Plan&)>;

void drop(Plan& plan, std::initializer_list<OpKind> kinds) {
  std::erase_if(plan.ops, [&](const Op& op) { return std::find(kinds.begin(), kinds.end(), op.kind) != kinds.end(); });
}

std::string text_of(const Arrival& arrival) {
  std::string text = std::to_string(arrival.receiver) + ":";
  for (const Owed& owed : arrival.items) {
    text += std::string(" ") + (owed.firing ? owed.news ? "+" : "=" : "-") + owed.key.rule + "/" + owed.key.mirror;
  }
  return text;
}

Outcome differ(Outcome first, const Outcome& second, const char* law, Duration tolerance) {
  if (first.broken || second.broken) return first.broken ? std::move(first) : second;
  if (first.history != second.history)
    first.broken = std::string(law) + ": other alerts: " + first.history + " and " + second.history;
  std::vector<const Arrival*> ones;
  std::vector<const Arrival*> others;
  for (const Arrival& each : first.arrivals) ones.push_back(&each);
  for (const Arrival& each : second.arrivals) others.push_back(&each);
  if (ones.size() != others.size()) first.broken = std::string(law) + ": another number of messages";
  for (std::size_t i = 0; i < ones.size() && !first.broken; ++i) {
    const Duration apart = ones[i]->at - others[i]->at;
    if (text_of(*ones[i]) != text_of(*others[i]))
      first.broken = std::string(law) + ": " + text_of(*ones[i]) + " and " + text_of(*others[i]);
    else if (apart > tolerance || apart < -tolerance)
      first.broken = std::string(law) + ": at another time (" + text_of(*ones[i]) + ", " +
                     format_duration(std::max(apart, -apart)) + " apart)";
  }
  return first;
}

/// I19: the same again, to the byte.
Outcome same_again(const Plan& plan) {
  Outcome first = live(plan, {}, true);
  const Outcome second = live(plan, {}, true);
  for (std::size_t i = 0; i < first.arrivals.size() && i < second.arrivals.size(); ++i)
    if (first.arrivals[i].id != second.arrivals[i].id || first.arrivals[i].items != second.arrivals[i].items)
      first.broken = "I19: other bytes";
  return differ(std::move(first), second, "I19", {});
}

/// I12 and I19: the order of the configuration.
Outcome turned_round(const Plan& plan) {
  Variation variation;
  variation.turned_round = true;
  return differ(live(plan, {}, true), live(plan, variation, true), "I12 turned round", {});
}

/// I20: another wall clock.
Outcome shifted(const Plan& plan) {
  Variation variation;
  variation.wall_shift = std::chrono::hours(24 * 365);
  return differ(live(plan, {}, true), live(plan, variation, true), "I20 shifted", {});
}

/// I20: in one life, jumps of the wall clock change nothing. But looks are stamped by it: which of them came after what
/// had muted an alert cannot be told then.
Outcome without_jumps(const Plan& plan) {
  Plan one_life = plan;
  drop(one_life, {OpKind::crash, OpKind::arm, OpKind::restart});
  for (RuleSetup& rule : one_life.setup.rule) rule.inhibited_by = 0;
  Variation variation;
  variation.no_jumps = true;
  const auto one_save = std::chrono::seconds(5);  // at most: each minute of the wall clock is written down
  return differ(live(one_life, {}, true), live(one_life, variation, true), "I20 jumps", one_save);
}

/// I18: what one receiver does is nothing to the other.
Outcome independent(const Plan& plan) {
  Plan quiet = plan;
  drop(quiet, {OpKind::crash, OpKind::arm, OpKind::restart, OpKind::disk});
  Variation variation;
  variation.healthy_receiver_0 = true;
  Outcome one = live(quiet, {}, true);
  Outcome other = live(quiet, variation, true);
  for (Outcome* each : {&one, &other}) std::erase_if(each->arrivals, [](const Arrival& a) { return a.receiver == 0; });
  return differ(std::move(one), other, "I18", std::chrono::seconds(1));
}

Outcome plain(const Plan& plan) { return live(plan, {}); }

/// The ways to live plan number `seed`.
std::vector<Trial> trials_of(std::uint64_t seed) {
  static const Trial kOthers[] = {same_again, turned_round, shifted, without_jumps, independent};
  if (seed % 8 != 0) return {plain};
  return {plain, kOthers[seed / 8 % std::size(kOthers)]};
}

/// Drops operations, many at once, then fewer, while it still fails.
Plan shrink(Plan plan, const Trial& trial) {
  for (std::size_t chunk = std::max<std::size_t>(plan.ops.size() / 2, 1); chunk > 0; chunk /= 2) {
    for (std::size_t from = 0; from < plan.ops.size();) {
      Plan shorter = plan;
      const auto first = shorter.ops.begin() + static_cast<std::ptrdiff_t>(from);
      shorter.ops.erase(first, first + static_cast<std::ptrdiff_t>(std::min(chunk, shorter.ops.size() - from)));
      if (trial(shorter).broken)
        plan = std::move(shorter);
      else
        from += chunk;
    }
  }
  return plan;
}

void print_failure(const Plan& plan, const Trial& trial) {
  const Plan least = shrink(shrink(plan, trial), trial);
  const Outcome outcome = trial(least);
  std::printf("FAILED seed %llu: %s\n%s", static_cast<unsigned long long>(plan.seed),
              outcome.broken.value_or("?").c_str(), to_text(least.setup).c_str());
  for (std::size_t i = 0; i < least.ops.size(); ++i)
    std::printf("  %s%s\n", to_text(least.ops[i]).c_str(), i == outcome.op ? "   <- here" : "");
  if (outcome.op >= least.ops.size()) std::printf("  and then all is well   <- here\n");
}

struct Score {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> evaluations{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> shown{0};
  std::mutex printing;
  std::set<std::string> laws;  ///< that were broken; each is shown once
};

/// Without the names of alerts and receivers, which differ.
std::string law_of(const std::string& broken) {
  std::string law = broken.substr(0, broken.find(" ("));
  std::erase_if(law, [](char c) { return c >= '0' && c <= '9'; });
  return law;
}

void work(Score& score, std::uint64_t first, std::uint64_t count, std::uint64_t most) {
  for (;;) {
    const std::uint64_t i = score.next++;
    if (i >= count || score.shown >= most) return;
    const Plan plan = make_plan(first + i);
    score.operations += plan.ops.size();
    for (const Trial& trial : trials_of(plan.seed)) {
      const Outcome outcome = trial(plan);
      score.evaluations += outcome.evaluations;
      if (!outcome.broken) continue;
      const std::lock_guard lock(score.printing);
      ++score.failures;
      if (score.shown >= most || !score.laws.insert(law_of(*outcome.broken)).second) break;
      print_failure(plan, trial);
      ++score.shown;
      break;
    }
  }
}

}  // namespace

int main() {
  const std::uint64_t count = setting("MW_SEQUENCES", kSequences);
  const std::uint64_t first = setting("MW_SEED", 1);
  const std::uint64_t jobs = setting("MW_JOBS", std::max(std::thread::hardware_concurrency(), 1U));
  const std::uint64_t most_failures = setting("MW_FAILURES", 1);
  const auto begun = std::chrono::steady_clock::now();
  Score score;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < jobs; ++i) threads.emplace_back(work, std::ref(score), first, count, most_failures);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%llu sequences, %llu operations, %llu evaluations, %.1f s: %llu failed\n",
              static_cast<unsigned long long>(std::min<std::uint64_t>(score.next, count)),
              static_cast<unsigned long long>(score.operations), static_cast<unsigned long long>(score.evaluations),
              took.count(), static_cast<unsigned long long>(score.failures));
  return score.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
