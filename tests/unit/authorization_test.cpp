// What an HTTP receiver says of who we are, and what cannot be said.
#include "alerts/authorization.hpp"

#include <catch2/catch.hpp>

#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

constexpr const char* kKinds[] = {"alertmanager", "webhook"};

/// Of that kind, with nothing but an address and these.
Receiver receiver_of(const std::string& kind, const std::string& user, const std::string& password,
                     const std::string& bearer) {
  Receiver receiver = sample_receiver(*find_receiver_kind(kind), Language::english);
  receiver.options["user"] = user;
  receiver.secrets["password"] = Secret(password);
  receiver.secrets["bearer"] = Secret(bearer);
  return receiver;
}

/// Every Authorization field of its request.
std::vector<std::string> said_by(const Receiver& receiver) {
  const Outgoing outgoing =
      find_receiver_kind(receiver.kind)->render(receiver, sample_messages()[0].message, kSampleAttempt);
  std::vector<std::string> said;
  for (const auto& [name, value] : std::get<Post>(outgoing).headers)
    if (name == "Authorization") said.push_back(value);
  return said;
}

std::string troubles_of(const Receiver& receiver) {
  std::string all;
  for (const OptionTrouble& trouble : find_receiver_kind(receiver.kind)->option_troubles(receiver))
    all += std::string(trouble.key) + " " + trouble.what + "\n";
  return all;
}

}  // namespace

TEST_CASE("authorization: a user with a password, a token, or nothing") {
  using Said = std::vector<std::string>;
  for (const char* kind : kKinds) {
    CAPTURE(kind);
    // RFC 7617 §2 and §2.1 (its own vectors), RFC 6750 §2.1
    CHECK(said_by(receiver_of(kind, "Aladdin", "open sesame", "")) == Said{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="});
    CHECK(said_by(receiver_of(kind, "test", "123£", "")) == Said{"Basic dGVzdDoxMjPCow=="});
    CHECK(said_by(receiver_of(kind, "", "", "mF_9.B5f-4.1JqM")) == Said{"Bearer mF_9.B5f-4.1JqM"});
    CHECK(said_by(receiver_of(kind, "", "", "")).empty());
  }
}

TEST_CASE("authorization: what cannot be said is refused, and no secret is quoted") {
  struct Case {
    std::string user, password, bearer, trouble;
  };
  const std::string both = "is missing beside the other of the two\n";
  const std::vector<Case> cases = {
      {"me", "hunter2", "", ""},
      {"", "", "hunter2", ""},
      {"", "", "", ""},
      {"me", "hun:ter 2", "", ""},
      {"me", "", "", "password " + both},
      {"", "hunter2", "", "user " + both},
      {"m:e", "hunter2", "", "user holds a colon, which basic authentication cannot carry, expected none\n"},
      {"m\ne", "hunter2", "", "user holds a control character, expected none\n"},
      {"me", "hunter2\r\nX: y", "", "password holds a control character, expected none\n"},
      {"me", "hunter2", "x", "bearer excludes user and password, expected only one kind of credentials\n"},
      {"", "", "hunter2 ", "bearer holds what cannot stand in a header field\n"},
      {"", "", "hunter2\r\nX: y", "bearer holds what cannot stand in a header field\n"},
      {"", "", "hünter2", "bearer holds what cannot stand in a header field\n"},
  };
  for (const char* kind : kKinds)
    for (const Case& each : cases) {
      CAPTURE(kind, each.user, each.password, each.bearer);
      CHECK(troubles_of(receiver_of(kind, each.user, each.password, each.bearer)) == each.trouble);
    }
}
