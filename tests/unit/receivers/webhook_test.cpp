// The webhook's signature against the Standard Webhooks specification's own example.
#include <catch2/catch.hpp>

#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

std::string field(const Post& post, std::string_view name) {
  for (const auto& [key, value] : post.headers)
    if (key == name) return value;
  return "absent";
}

Post rendered(const Receiver& receiver) {
  return std::get<Post>(find_receiver_kind("webhook")->render(receiver, sample_messages()[0].message, kSampleAttempt));
}

}  // namespace

TEST_CASE("webhook: the published vector of Standard Webhooks") {
  const auto key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(key);
  const std::string text = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
  CHECK(base64(hmac_sha256(*key, text)) == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("webhook: the signature covers id, time and body; without a secret there is none") {
  Receiver receiver = sample_receiver(*find_receiver_kind("webhook"), Language::english);
  const Post post = rendered(receiver);
  const std::string text = field(post, "webhook-id") + "." + field(post, "webhook-timestamp") + "." + post.body;
  const auto key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  CHECK(field(post, "webhook-signature") == "v1," + base64(hmac_sha256(*key, text)));
  receiver.secrets.erase("secret");
  CHECK(field(rendered(receiver), "webhook-signature") == "absent");
  CHECK(field(rendered(receiver), "webhook-id") == field(post, "webhook-id"));
}

TEST_CASE("webhook: what is no signing secret is refused") {
  Receiver receiver = sample_receiver(*find_receiver_kind("webhook"), Language::english);
  for (const char* bad : {"hunter2", "whsec_", "whsec_AAAA", "whsec_%%%"}) {
    receiver.secrets["secret"] = Secret(bad);
    CHECK(find_receiver_kind("webhook")->option_troubles(receiver).size() == 1);
  }
}
