// What of the store survives, and what damaged or foreign records do to it: nothing.
#include <catch2/catch.hpp>

#include "probes/store.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

SysTime at(Duration since) { return SysTime(std::chrono::seconds(1'700'000'000)) + since; }

std::shared_ptr<const Pool> pool_of(const std::string& canary = "VERSION") {
  Pool pool;
  pool.name = "p";
  pool.ecosystem = "file";
  pool.canaries = {{canary, ""}};
  pool.checks = {CheckKind::freshness};
  for (const char* name : {"ref", "m"}) {
    Mirror mirror;
    mirror.name = name;
    mirror.url.scheme = "http";
    mirror.url.host = std::string(name) + ".example";
    mirror.reference = mirror.name == "ref";
    pool.mirrors.push_back(mirror);
  }
  return std::make_shared<const Pool>(pool);
}

Finding saw(const std::string& id, Duration when) {
  Finding finding;
  finding.check = CheckKind::freshness;
  finding.at = at(when);
  finding.version = Version{id, std::nullopt, std::nullopt};
  finding.artefacts = {{"a-1.0", "sha256:x"}};
  finding.remember = {{"k", "v" + id}};
  return finding;
}

/// The reference moved from a to b after an hour; the mirror did not.
Store lagging() {
  Store store;
  store.configure({pool_of()}, at(0s));
  store.apply({"p", "ref"}, saw("a", 0s));
  store.apply({"p", "ref"}, saw("b", 1h));
  store.apply({"p", "m"}, saw("a", 2h));
  return store;
}

std::shared_ptr<const MirrorView> view_of(Store& store, SysTime now) {
  std::vector<VerdictChange> changes;
  return store.publish(now, changes)->mirrors[1];
}

}  // namespace

TEST_CASE("a lag goes on over a restart, and nothing is news") {
  Store before = lagging();
  const auto seen = view_of(before, at(2h));
  Store after;
  after.configure({pool_of()}, at(3h));
  CHECK(after.restore(before.unsaved()) == 0);
  std::vector<VerdictChange> changes;
  const auto snapshot = after.publish(at(3h), changes);
  CHECK(changes.empty());
  const auto& view = *snapshot->mirrors[1];
  CHECK(view.verdict.state == State::stale);
  CHECK(view.lag.lower == 2h);
  CHECK(view.lag.upper == Duration(3h));
  CHECK(view.since == seen->since);
  CHECK(after.remembered({"p", "m"})->at("k") == "va");
  CHECK(after.reference_remembered("p")->at("k") == "vb");
}

TEST_CASE("what did not change is not saved again") {
  Store store = lagging();
  CHECK_FALSE(store.unsaved().empty());
  CHECK(store.unsaved().empty());
  store.apply({"p", "ref"}, saw("b", 3h));
  for (const Record& record : store.unsaved()) CHECK(record.kind != "past");
}

TEST_CASE("a history saved piece by piece comes back whole") {
  Store before;
  std::vector<Record> disk;
  before.configure({pool_of()}, at(0s));
  for (const char* id : {"a", "b", "c", "d"}) {
    before.apply({"p", "ref"}, saw(id, std::chrono::hours(*id - 'a')));
    for (Record& record : before.unsaved()) {
      std::erase_if(disk, [&](const Record& old) {
        return old.kind == record.kind && old.subject == record.subject && old.item == record.item;
      });
      disk.push_back(std::move(record));
    }
  }
  Store after;
  after.configure({pool_of()}, at(4h));
  CHECK(after.restore(disk) == 0);
  after.apply({"p", "m"}, saw("a", 5h));
  CHECK(view_of(after, at(5h))->lag.lower == 4h);
  after.apply({"p", "m"}, saw("c", 5h));
  CHECK(view_of(after, at(5h))->lag.lower == 2h);
}

TEST_CASE("records of another meaning or of another mirror are passed over") {
  Store before = lagging();
  const auto records = before.unsaved();
  Store other_canary;
  other_canary.configure({pool_of("OTHER")}, at(3h));
  CHECK(other_canary.restore(records) > 0);
  CHECK(view_of(other_canary, at(3h))->verdict.state == State::unknown);
  Store elsewhere;
  Pool moved = *pool_of();
  moved.mirrors[1].url.host = "elsewhere.example";
  elsewhere.configure({std::make_shared<const Pool>(moved)}, at(3h));
  elsewhere.restore(records);
  CHECK(elsewhere.check({"p", "m"}, CheckKind::freshness) == nullptr);
}

TEST_CASE("damaged records are passed over, one by one, and never crash") {
  Store before = lagging();
  const auto records = before.unsaved();
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const std::size_t cut :
         {std::size_t{0}, std::size_t{1}, records[i].value->size() / 2, records[i].value->size()}) {
      auto damaged = records;
      damaged[i].value = damaged[i].value->substr(0, cut) + (cut % 2 == 0 ? "9:x" : "");
      Store after;
      after.configure({pool_of()}, at(3h));
      after.restore(damaged);
      view_of(after, at(3h));
    }
  }
  CHECK(records.size() >= 8);
}

TEST_CASE("texts are packed and unpacked whatever they hold") {
  const std::vector<std::string> texts{"", "a", std::string("\0,:\n", 4), std::string(1000, 'x')};
  CHECK(unpack(pack(texts)) == texts);
  CHECK(unpack("")->empty());
  for (const char* bad : {"1", "1:", "1:a", "2:a,", "x:a,", "-1:a,", "99999999999999999999:a,", "1:ab,", "01:a,x"})
    CHECK_FALSE(unpack(bad));
}

TEST_CASE("the ledger survives: a changed artefact is still known after a restart") {
  Store before = lagging();
  Store after;
  after.configure({pool_of()}, at(3h));
  after.restore(before.unsaved());
  Finding other = saw("b", 3h);
  other.artefacts = {{"a-1.0", "sha256:z"}};
  after.apply({"p", "m"}, other);
  const auto view = view_of(after, at(3h));
  CHECK(view->verdict.state == State::corrupt);
  CHECK(view->verdict.failure->reason == Reason::changed);
}

TEST_CASE("who failed while our own network was suspected is not called down after a restart") {
  const auto timed_out = [](Duration when) {
    Finding finding;
    finding.check = CheckKind::freshness;
    finding.at = at(when);
    finding.failure = Failure{Layer::connect, Reason::timeout, "x"};
    return finding;
  };
  Pool pool = *pool_of();
  for (const char* name : {"m2", "m3"}) {
    pool.mirrors.push_back(pool.mirrors[1]);
    pool.mirrors.back().name = name;
    pool.mirrors.back().url.host = std::string(name) + "." + name + ".example";
  }
  const auto shared = std::make_shared<const Pool>(pool);
  Store before;
  before.configure({shared}, at(0s));
  for (const Mirror& mirror : pool.mirrors) before.apply({"p", mirror.name}, timed_out(1h));
  view_of(before, at(1h));
  for (const char* name : {"ref", "m2", "m3"}) before.apply({"p", name}, saw("a", 2h));
  REQUIRE(view_of(before, at(2h))->verdict.failure->reason == Reason::local_resource);
  Store after;
  after.configure({shared}, at(3h));
  CHECK(after.restore(before.unsaved()) == 0);
  CHECK(view_of(after, at(3h))->verdict.state == State::unknown);
  after.apply({"p", "m"}, timed_out(4h));
  CHECK(view_of(after, at(4h))->verdict.state == State::down);
}

TEST_CASE("a mirror read before the upstream that it copied keeps its lag over a restart, too") {
  Store before = lagging();
  view_of(before, at(2h));
  before.apply({"p", "m"}, saw("c", 3h));
  REQUIRE(view_of(before, at(3h))->lag.known);
  Store after;
  after.configure({pool_of()}, at(4h));
  CHECK(after.restore(before.unsaved()) == 0);
  std::vector<VerdictChange> changes;
  const auto view = after.publish(at(4h), changes)->mirrors[1];
  CHECK(changes.empty());
  CHECK(view->lag == view_of(before, at(4h))->lag);
  after.apply({"p", "ref"}, saw("c", 5h));
  CHECK(view_of(after, at(5h))->verdict.state == State::fresh);
}
