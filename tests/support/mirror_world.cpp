// Everything is rolled before the first look, so that what the agent goes through cannot change the world.
#include "tests/support/mirror_world.hpp"

#include <algorithm>
#include <array>

namespace mw {

namespace {

using namespace std::chrono_literals;

struct Trouble {
  Layer layer;
  Reason reason;
};

constexpr std::array kTroubles = {
    Trouble{Layer::dns, Reason::servfail},      Trouble{Layer::connect, Reason::refused},
    Trouble{Layer::connect, Reason::timeout},   Trouble{Layer::http, Reason::timeout},
    Trouble{Layer::http, Reason::server_error}, Trouble{Layer::content, Reason::html},
};

}  // namespace

std::int64_t Dice::between(std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
}

Duration Dice::between(Duration least, Duration most) {
  const auto seconds = [](Duration d) { return std::chrono::duration_cast<std::chrono::seconds>(d).count(); };
  return std::chrono::seconds(between(seconds(least), seconds(most)));
}

MirrorWorld::MirrorWorld(std::uint64_t seed, Duration interval)
    : dice_(seed), ordered_(seed % 2 == 1), reuses_serials_(dice_.chance(50)), quiet_(dice_.chance(30)) {
  make_pool(interval);
  changes_.resize(kMirrors + 1);
  outages_.resize(kMirrors + 1);
  release_all();
  fail_sometimes(0, {24h, 24h * 9}, 30h);
  for (std::size_t mirror = 0; mirror <= kMirrors; ++mirror) {
    phases_.push_back(dice_.between(Duration(1s), interval - 1s));
    if (mirror == 0) continue;
    copy_all(mirror);
    fail_sometimes(mirror, {12h, 24h * 12}, 48h);
  }
  lose_our_network();
}

void MirrorWorld::make_pool(Duration interval) {
  Pool pool;
  pool.name = "p";
  pool.ecosystem = "file";
  pool.canaries = {{"VERSION", ""}};
  pool.checks = {CheckKind::freshness};
  pool.interval = interval;
  pool.fail_after = static_cast<int>(dice_.between(1, 3));
  pool.recover_after = static_cast<int>(dice_.between(1, 3));
  if (dice_.chance(40)) pool.grace = dice_.between(Duration(1h), Duration(36h));
  for (std::size_t i = 0; i <= kMirrors; ++i) {
    Mirror mirror;
    mirror.reference = i == 0;
    mirror.name = i == 0 ? "reference" : "m" + std::to_string(i);
    mirror.url.scheme = "http";
    mirror.url.host = mirror.name + ".site" + std::to_string(network_of(i)) + ".example";
    pool.mirrors.push_back(mirror);
  }
  pool_ = std::make_shared<const Pool>(std::move(pool));
}

/// From two between two looks to none for a week.
Duration MirrorWorld::until_release() {
  const Duration stretch = quiet_ && dice_.chance(50) ? Duration(24h) : Duration(0);
  if (dice_.chance(5)) return stretch + dice_.between(Duration(72h), Duration(24h * 7));
  if (dice_.chance(40)) return stretch + dice_.between(Duration(3h), Duration(24h));
  return stretch + dice_.between(Duration(10min), Duration(100min));
}

Version MirrorWorld::release(const Version& latest) {
  Version version;
  version.id = "v" + std::to_string(++released_);
  if (ordered_) version.order = reuses_serials_ && latest.order ? *latest.order + 1 : released_ * 10;
  return version;
}

void MirrorWorld::release_all() {
  std::vector<Version> line{release({})};
  SysTime at = start_;
  for (; at < start_ + kLength; at += until_release()) {
    changes_[0].push_back({at, line.back()});
    const bool restored = line.size() > 3 && dice_.chance(5);
    if (restored)
      line.resize(line.size() - static_cast<std::size_t>(dice_.between(1, 3)));
    else
      line.push_back(release(line.back()));
  }
}

/// Every so often, a while after it asked, a mirror serves what the upstream had when it asked.
void MirrorWorld::copy_all(std::size_t mirror) {
  Changes& changes = changes_[mirror];
  const Duration period = dice_.between(Duration(1h), Duration(24h));
  const SysTime stops = start_ + (dice_.chance(8) ? dice_.between(Duration(24h), kLength) : kLength);
  SysTime at = start_ - dice_.between(Duration(0s), period);
  changes.push_back({at, served(0, at)});
  while (at < stops) {
    const SysTime asked = at;
    at += dice_.between(Duration(1min), period);
    const bool broken = dice_.chance(2);
    const auto any = static_cast<std::size_t>(dice_.between(0, std::ssize(changes) - 1));
    if (broken)
      changes.push_back({at, Version(changes[any].version)});
    else if (!dice_.chance(15))
      changes.push_back({at, served(0, asked)});
    at += dice_.between(period / 2, period);
  }
}

void MirrorWorld::fail_sometimes(std::size_t mirror, Pauses pauses, Duration longest) {
  SysTime at = start_ + dice_.between(Duration(0s), pauses.most);
  while (at < start_ + kLength) {
    const Trouble& trouble = kTroubles.at(static_cast<std::size_t>(dice_.between(0, std::ssize(kTroubles) - 1)));
    const SysTime to = at + dice_.between(Duration(1h), longest);
    outages_[mirror].push_back({at, to, trouble.layer, trouble.reason});
    at = to + dice_.between(pauses.least, pauses.most);
  }
}

/// Most of everybody at once, of the upstream too; often just about the share that gives us away.
void MirrorWorld::lose_our_network() {
  SysTime at = start_ + dice_.between(Duration(0s), Duration(24h * 9));
  while (at < start_ + kLength) {
    const SysTime to = at + dice_.between(Duration(1h), Duration(20h));
    const int share = static_cast<int>(dice_.between(55, 100));
    for (auto& outages : outages_)
      if (dice_.chance(share)) outages.push_back({at, to, Layer::connect, Reason::timeout});
    at = to + dice_.between(Duration(24h), Duration(24h * 9));
  }
}

const Version& MirrorWorld::served(std::size_t mirror, SysTime at) const {
  const Changes& changes = changes_[mirror];
  const auto later = std::upper_bound(changes.begin(), changes.end(), at,
                                      [](SysTime time, const Change& change) { return time < change.at; });
  return later == changes.begin() ? later->version : std::prev(later)->version;
}

Finding MirrorWorld::look(std::size_t mirror, SysTime at) {
  Finding finding;
  finding.check = CheckKind::freshness;
  finding.at = at;
  for (const Outage& outage : outages_[mirror])
    if (outage.from <= at && at < outage.to) finding.failure = Failure{outage.layer, outage.reason, "out"};
  if (dice_.chance(1)) finding.failure = Failure{Layer::connect, Reason::local_resource, "no descriptor left"};
  if (dice_.chance(2)) finding.failure = Failure{Layer::http, Reason::reset, "once"};
  if (!finding.failure) finding.version = served(mirror, at);
  return finding;
}

}  // namespace mw
