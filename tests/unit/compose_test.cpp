// A whole region gone: of ten thousand alerts nobody can be told all, and nobody is told less than the worst.
#include "alerts/compose.hpp"

#include <catch2/catch.hpp>

#include "alerts/layout.hpp"

using namespace mw;

namespace {

struct Region {
  Alerts alerts;
  Batch batch;

  void add(const std::string& mirror, const std::string& severity, bool firing) {
    const AlertKey key{"MirrorDown", "debian", mirror};
    Alert alert;
    alert.phase = firing ? Phase::firing : Phase::inactive;
    alert.labels = {{"alertname", "MirrorDown"}, {"mirror", mirror}, {"severity", severity}};
    alerts[key] = alert;
    batch.items.push_back({key, 1, firing});
  }
  Message message() const { return compose_message(batch, alerts, Receiver{}, Scene{}); }
};

}  // namespace

TEST_CASE("a message of more alerts than anybody has room for tells the worst and counts the others") {
  Region region;
  for (std::size_t i = 0; i < kMostNotices; ++i) region.add("a" + std::to_string(i), "warning", true);
  region.add("over", "page", false);
  region.add("gone", "page", true);
  region.add("late", "warning", true);
  const Message message = region.message();
  CHECK(message.notices.size() == kMostNotices);
  CHECK(message.notices.front().labels.at("mirror") == "gone");
  CHECK(message.notices.at(1).labels.at("mirror") == "a0");
  CHECK(message.more_firing == 2);
  CHECK(message.more_resolved == 1);
  CHECK(message.count() == region.batch.items.size());
  CHECK(severity_of(message) == Severity::critical);
  CHECK(headline(message) == "1002 firing, 1 resolved");
}

TEST_CASE("a message of as many as there is room for tells them in their order") {
  Region region;
  region.add("a", "warning", true);
  region.add("b", "page", true);
  const Message message = region.message();
  CHECK(message.count() == 2);
  CHECK(message.notices.front().labels.at("mirror") == "a");
}

TEST_CASE("what is only counted still makes a message fire") {
  Message message;
  message.notices.resize(1);
  message.notices[0].firing = false;
  CHECK_FALSE(message.firing());
  message.more_firing = 1;
  CHECK(message.firing());
}
