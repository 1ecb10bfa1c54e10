// An Alertmanager of one's own: its API v2 takes an array of alerts and does the grouping, silencing and telling.
// (Alertmanager documentation, "Alerts API"; POST /api/v2/alerts.) Success is 2xx without a page. Of a cluster each is
// told, never a balancer in front of them. An alert is its labels: no measured value is among them, and nothing of who
// sends it, so that agents which see the same send one alert. Where they look from stands in the annotations; whoever
// wants one alert for each vantage gives the rules a label for it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "alerts/authorization.hpp"
#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;
using Labels = std::map<std::string, std::string>;

constexpr Duration kUsualResend = std::chrono::minutes(1);
constexpr Duration kLeastResend = std::chrono::seconds(1);
constexpr Duration kMostResend = std::chrono::hours(1);
constexpr int kResendsMissed = 4;  ///< as Prometheus: an agent that died is not believed for longer than so many
constexpr std::size_t kMostNotices = 200;
constexpr std::size_t kLargestAlert = 5000;
constexpr std::size_t kLargestBody = kMostNotices * (kLargestAlert + 1) + 2;  ///< a proxy takes 1 MiB
constexpr std::string_view kPath = "/api/v2/alerts";

/// Alertmanager drops labels without a value, and would refuse an alert that has no others.
Labels with_values(Labels labels) {
  std::erase_if(labels, [](const auto& pair) { return pair.second.empty(); });
  return labels;
}

Duration resend_of(const Receiver& receiver) {
  return parse_duration(receiver.option("resend")).value_or(kUsualResend);
}

/// What fires ends by itself unless it is told again. An end before the start has the whole alert refused; a clock that
/// stepped back must not do that.
SysTime end_of(const Notice& notice, Duration resend, SysTime now) {
  return std::max(notice.firing ? now + kResendsMissed * resend : notice.ends_at, notice.starts_at);
}

/// One that is too large keeps what it is known by, and a word of what it is about.
std::string alert_text(const Notice& notice, const Message& message, Duration resend, SysTime now) {
  Json alert = {{"labels", with_values(notice.labels)},
                {"annotations", annotations_of(notice, message)},
                {"startsAt", rfc3339(notice.starts_at)},
                {"endsAt", rfc3339(end_of(notice, resend, now))}};
  const std::string page = safe_link(notice.generator_url);  // what is no URI has the whole request refused
  if (!page.empty()) alert["generatorURL"] = page;
  std::string text = json_text(alert);
  if (text.size() <= kLargestAlert) return text;
  Notice brief;
  brief.annotations["summary"] = cut_bytes(notice.title, kLargestAlert / 10);
  alert["annotations"] = annotations_of(brief, message);
  return json_text(alert);
}

std::string array_of(const std::vector<std::string>& texts, std::size_t shown) {
  std::string all;
  for (std::size_t i = 0; i < shown; ++i) all += (i == 0 ? "" : ",") + texts[i];
  return "[" + all + "]";
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  std::string url = receiver.secret("url").reveal();
  while (url.ends_with('/')) url.pop_back();
  std::vector<std::string> texts;
  for (const Notice& notice : message.notices) texts.push_back(alert_text(notice, message, resend_of(receiver), now));
  std::string body = fitting(message, kLargestBody, [&](std::size_t shown) { return array_of(texts, shown); });
  Post post = json_post(Secret(url.append(kPath)), std::move(body));
  authorize(post.headers, receiver);
  return post;
}

std::vector<OptionTrouble> url_troubles_of(const Receiver& endpoint) {
  const std::string& url = endpoint.secret("url").reveal();
  std::vector<OptionTrouble> found = url_troubles(endpoint, "url");
  if (found.empty() && url.find('?') != std::string::npos) found.push_back({"url", "has a query, expected a base URL"});
  if (found.empty() && (url.find("/api/v1") != std::string::npos || url.find("/api/v2") != std::string::npos))
    found.push_back({"url", "holds the API's path, expected what stands before /api/v2/alerts"});
  return found;
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found;
  for (const Receiver& endpoint : endpoints_of(receiver))
    if (found.empty()) found = url_troubles_of(endpoint);
  const auto resend = parse_duration(receiver.option("resend"));
  if (!receiver.option("resend").empty() && (!resend || *resend < kLeastResend || *resend > kMostResend))
    found.push_back({"resend", "is no duration from 1s to 1h"});
  for (OptionTrouble& trouble : credential_troubles(receiver)) found.push_back(std::move(trouble));
  return found;
}

}  // namespace

const ReceiverKind& alertmanager_receiver() {
  static const ReceiverKind kind = {
      .name = "alertmanager",
      .doc =
          "alerts for an Alertmanager's API v2, which groups and repeats by itself: a receiver's group_by, group_wait, "
          "group_interval and repeat_interval do nothing here. Its notices are counted for each address: NAME/1, "
          "NAME/2, … where there are several",
      .options = with_credentials(
          {{.key = "url",
            .required = true,
            .secret = true,
            .several = true,
            .doc = "its base URL, with the path prefix if it has one; of a cluster, those of all",
            .example = "http://alertmanager.example.org:9093/"},
           {.key = "resend",
            .fallback = "1m",
            .doc = "how often it is told again what fires, and what ended within 15 minutes; what it does not "
                   "hear of four times ends by itself"}}),
      .pace = {.burst = 60, .each = std::chrono::seconds(1)},
      .resend = resend_of,
      .most_notices = kMostNotices,
      .render = render,
      .judge = judge_no_page,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
