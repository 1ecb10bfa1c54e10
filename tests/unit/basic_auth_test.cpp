// Names and passwords: what is one, what fits which hash, what is remembered.
#include "exporter/web/basic_auth.hpp"

#include <catch2/catch.hpp>

#include "probes/formats/base64.hpp"

using namespace mw;

namespace {

// Of the password "correct", as `htpasswd -nbBC 4 alice correct` makes it.
const Secret kCorrect("$2y$04$abcdefghijklmnopqrstuu2Vo3TWutZSHUfluiaHt5gekKPzGepHC");

std::string read(const std::string& authorization) {
  const auto login = read_login(authorization);
  return login ? login->name + "|" + login->password.reveal() : "none";
}

Login login(const std::string& name, const std::string& password) { return {name, Secret(password)}; }

}  // namespace

TEST_CASE("a name and a password out of a header") {
  CHECK(read("Basic " + base64("alice:open sesame")) == "alice|open sesame");
  CHECK(read("basic  " + base64("alice:a:b")) == "alice|a:b");
  CHECK(read("BASIC " + base64(":")) == "|");
  for (const std::string& none :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer abc"), std::string("Basic !!!"),
        "Basic " + base64("alice"), "Basic" + base64("a:b"), "Basic " + base64(std::string("a:b\0c", 5))}) {
    INFO(none);
    CHECK(read(none) == "none");
  }
}

TEST_CASE("a password fits its hash") {
  CHECK(is_password(Secret("correct"), kCorrect));
  for (const char* wrong : {"", "Correct", "correc", "correct "}) CHECK_FALSE(is_password(Secret(wrong), kCorrect));
  for (const char* no_hash : {"", "*0", "x", "$2y$99$abc"})
    CHECK_FALSE(is_password(Secret("correct"), Secret(no_hash)));
}

TEST_CASE("a hash that nobody's password fits, for names that nobody has") {
  const std::vector<WebUser> users = {{"alice", kCorrect}, {"bob", Secret("$2y$12$x")}};
  CHECK(hash_for(users, "alice") == kCorrect);
  const Secret dummy = hash_for(users, "mallory");
  CHECK(dummy.reveal().starts_with("$2b$12$"));
  CHECK(dummy.reveal().size() == 60);
  const Secret cheap = hash_for({users[0]}, "mallory");
  for (const char* password : {"", "correct", "x"}) CHECK_FALSE(is_password(Secret(password), cheap));
}

TEST_CASE("a login that was right is remembered, and only that one") {
  KnownLogins known{Secret("key")};
  CHECK_FALSE(known.knows(login("alice", "a"), kCorrect));
  known.learn(login("alice", "a"), kCorrect);
  CHECK(known.knows(login("alice", "a"), kCorrect));
  CHECK_FALSE(known.knows(login("alice", "b"), kCorrect));
  CHECK_FALSE(known.knows(login("alic", "ea"), kCorrect));
  CHECK_FALSE(known.knows(login("alice", "a"), Secret("another hash: the password was changed")));
  for (int i = 0; i < 100; ++i) known.learn(login("bob", std::to_string(i)), kCorrect);
  CHECK_FALSE(known.knows(login("alice", "a"), kCorrect));  // a hundred newer ones
  CHECK(known.knows(login("bob", "99"), kCorrect));
}
