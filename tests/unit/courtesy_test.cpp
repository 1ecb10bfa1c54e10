// What hosts are spared, and for how long.
#include "probes/courtesy.hpp"

#include <catch2/catch.hpp>

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kDayBytes = 86'400;  // one a second
const std::string kHost = "mirrors.aliyun.com";
const SteadyTime kStart(1000s);

Courtesy courtesy() {
  Courtesy made;
  made.configure({100ms, kDayBytes}, {kHost});
  return made;
}

Traffic asking(std::optional<Duration> wait) { return {10, 1, 0, wait}; }

}  // namespace

TEST_CASE("courtesy: looks at one host start apart, others do not wait for them") {
  Courtesy made = courtesy();
  CHECK(made.free_at(kHost) <= kStart);
  made.started(kHost, kStart);
  CHECK(made.free_at(kHost) == kStart + 100ms);
  CHECK(made.free_at("goproxy.cn") <= kStart);
}

TEST_CASE("courtesy: a host that asks for a rest gets it, and DNS may still be asked") {
  Courtesy made = courtesy();
  made.finished(kHost, asking(120s), 30s, kStart);
  for (const CheckKind kind : {CheckKind::tcp, CheckKind::tls, CheckKind::http, CheckKind::freshness})
    CHECK(made.put_off(kHost, kind, kStart + 119s) == PutOff::asked_to_wait);
  CHECK_FALSE(made.put_off(kHost, CheckKind::dns, kStart));
  CHECK_FALSE(made.put_off("goproxy.cn", CheckKind::http, kStart));
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, kStart + 120s));
}

TEST_CASE("courtesy: a short wait is at least the usual one, a long one at most an hour") {
  Courtesy made = courtesy();
  made.finished(kHost, asking(1s), 30s, kStart);
  CHECK(made.put_off(kHost, CheckKind::http, kStart + 29s));
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, kStart + 30s));
  Courtesy other = courtesy();
  other.finished(kHost, asking(1000h), 30s, kStart);
  CHECK(other.put_off(kHost, CheckKind::http, kStart + 59min));
  CHECK_FALSE(other.put_off(kHost, CheckKind::http, kStart + 1h));
}

TEST_CASE("courtesy: the wait doubles while a host goes on asking, and one good answer ends that") {
  Courtesy made = courtesy();
  SteadyTime now = kStart;
  for (const Duration wait : {Duration(1min), Duration(2min), Duration(4min)}) {
    made.finished(kHost, asking(0s), 1min, now);
    CHECK(made.put_off(kHost, CheckKind::http, now + wait - 1s));
    now += wait;
    CHECK_FALSE(made.put_off(kHost, CheckKind::http, now));
  }
  for (int times = 0; times < 100; ++times) made.finished(kHost, asking(0s), 1min, now);
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, now + 1h));
  made.finished(kHost, asking({}), 1min, now + 1h);
  made.finished(kHost, asking(0s), 1min, now + 2h);
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, now + 2h + 1min));
}

TEST_CASE("courtesy: a look that asked nothing says nothing about the host's patience") {
  Courtesy made = courtesy();
  made.finished(kHost, asking(0s), 1min, kStart);
  made.finished(kHost, {}, 1min, kStart);
  made.finished(kHost, asking(0s), 1min, kStart + 1min);
  CHECK(made.put_off(kHost, CheckKind::http, kStart + 2min + 59s));
}

TEST_CASE("courtesy: a used up budget puts off what fetches, and refills over the day") {
  Courtesy made = courtesy();
  made.finished(kHost, {kDayBytes - 1, 1, 0, {}}, 1min, kStart);
  CHECK_FALSE(made.put_off(kHost, CheckKind::integrity, kStart));
  made.finished(kHost, {3601, 1, 0, {}}, 1min, kStart);
  for (const CheckKind kind : {CheckKind::http, CheckKind::freshness, CheckKind::integrity})
    CHECK(made.put_off(kHost, kind, kStart + 59min) == PutOff::budget);
  for (const CheckKind kind : {CheckKind::dns, CheckKind::tcp, CheckKind::tls})
    CHECK_FALSE(made.put_off(kHost, kind, kStart));
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, kStart + 1h + 1s));
}

TEST_CASE("courtesy: a reload keeps what is known of hosts that stay, and forgets the rest") {
  Courtesy made = courtesy();
  made.finished(kHost, asking(10min), 1min, kStart);
  made.configure({0ms, kDayBytes}, {kHost});
  CHECK(made.put_off(kHost, CheckKind::http, kStart + 1min));
  made.configure({0ms, kDayBytes}, {});
  CHECK_FALSE(made.put_off(kHost, CheckKind::http, kStart + 1min));
}
