// Cutting, counting, signing: what every renderer relies on.
#include "alerts/layout.hpp"

#include <catch2/catch.hpp>

#include "probes/digest.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

TEST_CASE("layout: text is cut between code points") {
  CHECK(cut_bytes("abc", 3) == "abc");
  CHECK(cut_bytes("abcdef", 5) == "ab…");
  CHECK(cut_bytes("镜像镜像", 9) == "镜像…");
  CHECK(cut_bytes("镜像镜像", 11) == "镜像…");
  CHECK(cut_bytes("镜像镜像", 2).empty());
  CHECK(cut_runes("镜像", 2) == "镜像");
  CHECK(cut_runes("镜像镜像", 3) == "镜像…");
  CHECK(cut_runes("abc", 1) == "…");
  CHECK(cut_runes("abc", 0).empty());
}

TEST_CASE("layout: as many notices as fit, and one at least") {
  const Message message = storm(100);
  const auto ten_bytes_each = [](std::size_t shown) { return std::string(shown * 10, 'x'); };
  CHECK(fitting(message, 1000, ten_bytes_each).size() == 1000);
  CHECK(fitting(message, 999, ten_bytes_each).size() == 990);
  CHECK(fitting(message, 15, ten_bytes_each).size() == 10);
  CHECK(fitting(message, 5, ten_bytes_each).size() == 10);
  CHECK(fitting(storm(1), 5, ten_bytes_each).size() == 10);
}

TEST_CASE("layout: headlines count, and say what kind of message it is") {
  const auto samples = sample_messages();
  CHECK(headline(samples[0].message) == "debian/tuna is 7h behind (sync_lag > 6h)");
  CHECK(headline(samples[2].message) == "2 告警，1 恢复：MirrorStale, debian");
  CHECK(headline(samples[3].message) == "[STILL FIRING] debian/tuna is 7h behind (sync_lag > 6h)");
  CHECK(headline(samples[4].message) == "[TEST] debian/tuna is 7h behind (sync_lag > 6h)");
  CHECK(headline(storm(38)) == "38 firing: MirrorStale, debian");
  CHECK(and_more(Language::english, 37) == "and 37 more");
}

TEST_CASE("layout: HMAC-SHA256 of RFC 4231, test case 2") {
  std::string hex;
  for (const char c : hmac_sha256("Jefe", "what do ya want for nothing?")) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  CHECK(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("layout: what is no URL is told without a word of it") {
  Receiver receiver;
  const auto told = [&](const std::string& url) {
    receiver.secrets["url"] = Secret(url);
    const auto troubles = url_troubles(receiver, "url");
    return troubles.empty() ? std::string() : troubles[0].what;
  };
  CHECK(told("https://example.org/hook").empty());
  CHECK(told("").empty());
  CHECK(told("hunter2") == "is no http or https URL");
  CHECK(told("ftp://example.org/") == "is no http or https URL");
  CHECK(told("https:///hook") == "has no host");
  CHECK(told("https://u:hunter2@example.org/") == "holds a user name or password: put it into its own key instead");
}

TEST_CASE("an HTTP status says whether to try again") {
  const auto outcome = [](int status) { return judge_status({status, "", std::nullopt}).outcome; };
  for (const int status : {200, 201, 202, 204, 299}) CHECK(outcome(status) == Acceptance::accepted);
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599, 0, 100}) CHECK(outcome(status) == Acceptance::later);
  for (const int status : {301, 302, 307, 401, 403, 404, 405, 407, 410}) CHECK(outcome(status) == Acceptance::refused);
  for (const int status : {400, 409, 413, 415, 422}) CHECK(outcome(status) == Acceptance::rejected);
  CHECK(judge_status({429, "", std::chrono::seconds(7)}).retry_after == std::chrono::seconds(7));
}
