// What to use now, in which order, and in which words.
#include "exporter/advice.hpp"

#include <catch2/catch.hpp>

#include "alerts/choice.hpp"
#include "exporter/advise.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

const SysTime kNow(std::chrono::seconds(1'790'000'000));

struct Shown {
  std::string name;
  State state;
  int priority = 1;
  std::optional<bool> last_run_failed = std::nullopt;
};

/// A pool of these, behind a reference that is fresh.
Snapshot picture(const std::string& ecosystem, const std::vector<Shown>& mirrors) {
  Pool pool;
  pool.name = "p";
  pool.ecosystem = ecosystem;
  pool.options = {{"suite", "bookworm"}, {"component", "main"}};
  pool.mirrors.resize(mirrors.size() + 1);
  pool.mirrors[0].reference = true;
  pool.mirrors[0].name = "upstream";
  for (std::size_t i = 0; i < mirrors.size(); ++i) {
    pool.mirrors[i + 1].name = mirrors[i].name;
    pool.mirrors[i + 1].priority = mirrors[i].priority;
    pool.mirrors[i + 1].url = Url{"https", mirrors[i].name + ".example.org", 443, "/"};
  }
  const auto shared = std::make_shared<const Pool>(pool);
  Snapshot snapshot;
  snapshot.at = kNow;
  snapshot.pools = {{shared, true, 0}};
  for (std::size_t i = 0; i < shared->mirrors.size(); ++i) {
    MirrorView view;
    view.pool = shared;
    view.mirror = std::shared_ptr<const Mirror>(shared, &shared->mirrors[i]);
    view.verdict.state = i == 0 ? State::fresh : mirrors[i - 1].state;
    if (view.verdict.state == State::down) view.verdict.failure = Failure{Layer::connect, Reason::refused, "no\nway"};
    if (i > 0 && mirrors[i - 1].last_run_failed)
      view.runs = {{kNow - 1min, CheckKind::tcp, *mirrors[i - 1].last_run_failed, 1ms}};
    snapshot.mirrors.push_back(std::make_shared<const MirrorView>(std::move(view)));
  }
  return snapshot;
}

std::vector<std::string> names(const std::vector<const MirrorView*>& views) {
  std::vector<std::string> out;
  for (const MirrorView* view : views) out.push_back(view->mirror->name);
  return out;
}

std::string text_of(const Snapshot& snapshot) { return advice_text(snapshot, *snapshot.pools[0].pool); }

}  // namespace

TEST_CASE("by priority, then by errors, then as configured; only fresh mirrors, never a reference") {
  const Snapshot snapshot = picture("go", {{"slow", State::fresh, 2, false},
                                           {"failing", State::fresh, 1, true},
                                           {"well", State::fresh, 1, false},
                                           {"stale", State::stale, 1, false},
                                           {"well2", State::fresh, 1, false}});
  CHECK(names(safe_mirrors(snapshot, "p")) == std::vector<std::string>{"well", "well2", "failing", "slow"});
  CHECK(safest_mirror(snapshot, "p")->mirror->name == "well");
  CHECK(safe_mirrors(snapshot, "q").empty());
  CHECK(safest_mirror(snapshot, "q") == nullptr);
}

TEST_CASE("advice in words can be pasted as it is") {
  CHECK(text_of(picture("go", {{"a", State::fresh}, {"b", State::fresh, 2}, {"c", State::down}})) ==
        "# p (go): 2 of 3 mirrors are safe to use now\n"
        "# c is down, connect/refused: no\\x0away\n"
        "GOPROXY=https://a.example.org/,direct\n"
        "# or: GOPROXY=https://b.example.org/,direct\n");
  CHECK(text_of(picture("apt", {{"a", State::fresh}})) ==
        "# p (apt): 1 of 1 mirrors are safe to use now\ndeb https://a.example.org/ bookworm main\n");
  CHECK(text_of(picture("file", {{"a", State::fresh}})) ==
        "# p (file): 1 of 1 mirrors are safe to use now\nhttps://a.example.org/\n");
}

TEST_CASE("when none is safe there is no line, and the reason") {
  CHECK(text_of(picture("go", {{"a", State::down}, {"b", State::stale}, {"c", State::stale}})) ==
        "# p (go): no mirror of this pool is safe to use now: 2 stale, 1 down\n"
        "# a is down, connect/refused: no\\x0away\n# b is stale\n# c is stale\n");
  CHECK(text_of(picture("go", {})) == "# p (go): no mirror of this pool is safe to use now: it has none\n");
  Snapshot ours = picture("go", {{"a", State::unknown}});
  ours.self_fault = true;
  CHECK(advise(ours, *ours.pools[0].pool).why ==
        "no mirror of this pool is safe to use now: most mirrors failed at once, so our own network is suspected");
}

TEST_CASE("where to ask an agent") {
  CHECK(agent_url("127.0.0.1:19791") == "http://127.0.0.1:19791");
  CHECK(agent_url(":19791") == "http://127.0.0.1:19791");
  CHECK(agent_url("0.0.0.0:19791") == "http://127.0.0.1:19791");
  CHECK(agent_url("localhost:19791") == "http://127.0.0.1:19791");
  CHECK(agent_url("[::]:19791") == "http://[::1]:19791");
  CHECK(agent_url("192.0.2.7:80") == "http://192.0.2.7:80");
}
