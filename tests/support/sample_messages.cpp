#include "tests/support/sample_messages.hpp"

namespace mw {

namespace {

constexpr SysTime kStart = kSampleAttempt - std::chrono::minutes(65);

Notice stale(const std::string& mirror) {
  Notice notice;
  notice.alert = "MirrorStale";
  notice.labels = {{"alertname", "MirrorStale"}, {"severity", "warning"}, {"pool", "debian"}, {"mirror", mirror}};
  notice.title = "debian/" + mirror + " is 7h behind (sync_lag > 6h)";
  notice.annotations = {{"summary", notice.title},
                        {"description", "It serves the Release of 2023-11-14 15:00 UTC."},
                        {"runbook_url", "https://example.org/runbooks/MirrorStale"}};
  notice.starts_at = kStart;
  notice.facts = {{"Mirror", "debian/" + mirror},
                  {"Reason", "freshness/stale: it serves the Release of 2023-11-14 15:00 UTC"},
                  {"Since", "2023-11-14 21:08 UTC (1h5m ago)"},
                  {"Use instead", "deb https://mirrors.tuna.tsinghua.edu.cn/debian bookworm main"}};
  notice.runbook_url = "https://example.org/runbooks/MirrorStale";
  notice.generator_url = "https://example.org/mirrorwarden/";
  return notice;
}

/// What a mirror said, as markup that no receiver may fall for.
Notice hostile_resolved() {
  Notice notice = stale("a<b>&\"*_`|[x](https://evil.example.org)");
  notice.firing = false;
  notice.ends_at = kSampleAttempt - std::chrono::minutes(5);
  notice.title = "debian/<!channel> @everyone </font> 已恢复";
  notice.facts = {{"镜像", "a<b>&\"*_`|[x](https://evil.example.org)"},
                  {"原因", "@all <at id=all></at> {{x}} \\ \x1b"}};
  notice.labels["severity"] = "page";
  return notice;
}

Message message(std::vector<Notice> notices) {
  Message made;
  made.id = "b26b0b4f2d5c4f3e8f0e3a2d1c0b9a87";
  made.sequence = 7;
  made.receiver = "oncall";
  made.vantage = "shanghai-1";
  made.group_labels = {{"alertname", "MirrorStale"}, {"pool", "debian"}};
  made.group_key = "{}:{alertname=\"MirrorStale\", pool=\"debian\"}";
  made.notices = std::move(notices);
  made.external_url = "https://example.org/mirrorwarden";
  return made;
}

Message of_kind(MessageKind kind) {
  Message made = message({stale("tuna")});
  made.kind = kind;
  return made;
}

Message resolved() {
  Message made = message({stale("tuna")});
  made.notices[0].firing = false;
  made.notices[0].ends_at = kSampleAttempt;
  made.notices[0].title = "debian/tuna: MirrorStale is over";
  return made;
}

Message mixed_in_chinese() {
  Message made = message({stale("ustc"), stale("阿里云"), hostile_resolved()});
  made.language = Language::chinese;
  return made;
}

}  // namespace

std::vector<SampleMessage> sample_messages() {
  return {{"one alert", message({stale("tuna")})},
          {"its all-clear", resolved()},
          {"a mixed group in Chinese", mixed_in_chinese()},
          {"a reminder", of_kind(MessageKind::reminder)},
          {"a test", of_kind(MessageKind::test)}};
}

Message storm(std::size_t alerts) {
  std::vector<Notice> notices;
  for (std::size_t i = 0; i < alerts; ++i) notices.push_back(stale("m" + std::to_string(i)));
  return message(std::move(notices));
}

Receiver sample_receiver(const ReceiverKind& kind, Language language) {
  Receiver receiver;
  receiver.name = "oncall";
  receiver.kind = kind.name;
  receiver.language = language;
  for (const ReceiverOption& option : kind.options) {
    if (option.secret)
      receiver.secrets[std::string(option.key)] = Secret(std::string(option.example));
    else
      receiver.options[std::string(option.key)] = option.example.empty() ? option.fallback : option.example;
  }
  return receiver;
}

}  // namespace mw
