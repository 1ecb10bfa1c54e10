// Writing the Authorization field.
#include "alerts/authorization.hpp"

#include <algorithm>

#include "probes/formats/base64.hpp"

namespace mw {

namespace {

/// RFC 7617 §2: neither part holds a control character.
bool holds_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

/// Wider than RFC 6750's b64token, for what others hand out, and still one word of a header field.
bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::vector<ReceiverOption> with_credentials(std::vector<ReceiverOption> options) {
  options.push_back(
      {.key = "user", .doc = "for HTTP basic authentication, with a password", .example = "mirrorwarden"});
  options.push_back(
      {.key = "password", .secret = true, .doc = "the password that goes with user", .example = "made-up"});
  options.push_back({.key = "bearer", .secret = true, .doc = "a bearer token instead of user and password"});
  return options;
}

void authorize(Headers& headers, const Receiver& receiver) {
  const std::string& user = receiver.option("user");
  const Secret& bearer = receiver.secret("bearer");
  if (!bearer.empty())
    headers.emplace_back("Authorization", "Bearer " + bearer.reveal());
  else if (!user.empty())
    headers.emplace_back("Authorization", "Basic " + base64(user + ":" + receiver.secret("password").reveal()));
}

std::vector<OptionTrouble> credential_troubles(const Receiver& receiver) {
  const std::string& user = receiver.option("user");
  const Secret& password = receiver.secret("password");
  const Secret& bearer = receiver.secret("bearer");
  std::vector<OptionTrouble> found;
  if (user.empty() != password.empty())
    found.push_back({user.empty() ? "user" : "password", "is missing beside the other of the two"});
  if (user.find(':') != std::string::npos)
    found.push_back({"user", "holds a colon, which basic authentication cannot carry, expected none"});
  if (holds_control(user)) found.push_back({"user", "holds a control character, expected none"});
  if (holds_control(password.reveal())) found.push_back({"password", "holds a control character, expected none"});
  if (!bearer.empty() && !(user.empty() && password.empty()))
    found.push_back({"bearer", "excludes user and password, expected only one kind of credentials"});
  if (!is_word(bearer.reveal())) found.push_back({"bearer", "holds what cannot stand in a header field"});
  return found;
}

}  // namespace mw
