// An Alertmanager of one's own: its API v2 takes an array of alerts and does the grouping, silencing and telling.
// (Prometheus documentation, "Alerts API"; POST /api/v2/alerts.) Success is 2xx without a page. It forgets what is not
// repeated: a firing alert ends by itself four minutes after the last attempt, unless the next one comes first.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;
using Labels = std::map<std::string, std::string>;

constexpr std::chrono::minutes kStaysFor{4};
constexpr std::string_view kPath = "/api/v2/alerts";

/// Alertmanager drops labels without a value, and would refuse an alert that has no others.
Labels with_values(Labels labels) {
  std::erase_if(labels, [](const auto& pair) { return pair.second.empty(); });
  return labels;
}

/// An end before the start has the whole alert refused; a clock that stepped back must not do that.
SysTime end_of(const Notice& notice, SysTime now) {
  return std::max(notice.firing ? now + kStaysFor : notice.ends_at, notice.starts_at);
}

/// There is no other place where Alertmanager could show that it is a test.
Labels annotations_of(const Notice& notice, const Message& message) {
  Labels annotations = notice.annotations;
  if (message.kind == MessageKind::test) annotations["summary"] = mark(message) + annotations["summary"];
  return annotations;
}

Json alert_json(const Notice& notice, const Message& message, SysTime now) {
  Json alert = {{"labels", with_values(notice.labels)},
                {"annotations", annotations_of(notice, message)},
                {"startsAt", rfc3339(notice.starts_at)},
                {"endsAt", rfc3339(end_of(notice, now))}};
  const std::string page = safe_link(notice.generator_url);  // what is no URI has the whole request refused
  if (!page.empty()) alert["generatorURL"] = page;
  return alert;
}

std::string body_of(const Message& message, std::size_t shown, SysTime now) {
  Json alerts = Json::array();
  for (std::size_t i = 0; i < shown; ++i) alerts.push_back(alert_json(message.notices[i], message, now));
  return json_text(alerts);
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  std::string url = receiver.secret("url").reveal();
  while (url.ends_with('/')) url.pop_back();
  std::string body = fitting(message, kLargestMessage, [&](std::size_t shown) { return body_of(message, shown, now); });
  return json_post(Secret(url.append(kPath)), std::move(body));
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  const std::string& url = receiver.secret("url").reveal();
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  if (found.empty() && url.find('?') != std::string::npos) found.push_back({"url", "has a query, expected a base URL"});
  if (found.empty() && (url.find("/api/v1") != std::string::npos || url.find("/api/v2") != std::string::npos))
    found.push_back({"url", "holds the API's path, expected what stands before /api/v2/alerts"});
  return found;
}

}  // namespace

const ReceiverKind& alertmanager_receiver() {
  static const ReceiverKind kind = {
      .name = "alertmanager",
      .doc = "alerts for an Alertmanager's API v2; one receiver for each of a cluster",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "its base URL, with the path prefix if it has one",
                   .example = "http://alertmanager.example.org:9093/"}},
      .pace = {.burst = 60, .each = std::chrono::seconds(1)},
      .render = render,
      .judge = judge_no_page,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
