// The test notice, and what may be shown of the answer.
#include "alerts/trial.hpp"

#include <algorithm>

#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/url.hpp"

namespace mw {

namespace {

constexpr const char* kAlert = "MirrorwardenTest";
constexpr std::size_t kShown = 500;
constexpr std::size_t kTellsNothing = 5;  ///< bytes in a row: anybody's words share so many with any secret

Notice trial_notice(const Receiver& receiver, const std::string& vantage, SysTime now, bool firing) {
  const bool chinese = receiver.language == Language::chinese;
  Notice notice;
  notice.firing = firing;
  notice.alert = kAlert;
  notice.labels = {{"alertname", kAlert}, {"severity", "info"}};
  notice.title = chinese ? "人工触发的测试通知，并无异常" : "A test that somebody asked for: nothing is wrong";
  notice.annotations = {{"summary", notice.title}};
  notice.starts_at = now;
  notice.ends_at = now;
  notice.facts.push_back({chinese ? "接收者" : "Receiver", receiver.name});
  if (!vantage.empty()) notice.facts.push_back({chinese ? "观测点" : "Seen from", vantage});
  return notice;
}

/// Of a URL, all but what a name server is told as well.
std::string private_part(const std::string& secret) {
  const auto url = parse_url(secret);
  const Url* parsed = std::get_if<Url>(&url);
  return parsed == nullptr ? secret : parsed->target;
}

std::vector<std::string> secrets_of(const Receiver& receiver, const Outgoing& outgoing) {
  std::vector<std::string> secrets;
  for (const auto& [key, secret] : receiver.secrets) secrets.push_back(private_part(secret.reveal()));
  const auto* post = std::get_if<Post>(&outgoing);
  if (post == nullptr) return secrets;
  const std::string& url = post->url.reveal();
  if (const auto query = url.find('?'); query != std::string::npos) secrets.push_back(url.substr(query));
  for (const auto& [name, value] : post->headers)
    if (name == "Authorization") secrets.push_back(value);
  return secrets;
}

/// How many bytes from `at` on are a piece of the secret; 0 if too few to tell anything of it.
std::size_t piece_of(const std::string& secret, const std::string& said, std::size_t at) {
  std::size_t length = std::min(kTellsNothing, secret.size() - 1) + 1;
  if (secret.find(said.substr(at, length)) == std::string::npos || at + length > said.size()) return 0;
  while (at + length < said.size() && secret.find(said.substr(at, length + 1)) != std::string::npos) ++length;
  return length;
}

}  // namespace

Message trial_message(const Receiver& receiver, const std::string& vantage, SysTime now, bool firing) {
  Message message;
  message.id = sha256_hex(receiver.name + std::to_string(now.time_since_epoch().count())).substr(0, 32);
  message.sequence = 1;
  message.kind = MessageKind::test;
  message.language = receiver.language;
  message.receiver = receiver.name;
  message.vantage = vantage;
  message.group_labels = {{"alertname", kAlert}};
  message.group_key = group_key(message.group_labels);
  message.notices = {trial_notice(receiver, vantage, now, firing)};
  return message;
}

std::string without_secrets(const std::string& said, const Receiver& receiver, const Outgoing& outgoing) {
  const std::vector<std::string> secrets = secrets_of(receiver, outgoing);
  std::string clean;
  for (std::size_t at = 0; at < said.size();) {
    std::size_t length = 0;
    for (const std::string& secret : secrets)
      if (!secret.empty()) length = std::max(length, piece_of(secret, said, at));
    clean += length == 0 ? std::string(1, said[at]) : std::string(kRedacted);
    at += std::max<std::size_t>(length, 1);
  }
  return printable(clean, kShown);
}

}  // namespace mw
