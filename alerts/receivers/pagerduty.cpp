// PagerDuty's Events API v2. (developer.pagerduty.com, "Send an event".) A request carries one event, so that the event
// stands for the group: it triggers while anything fires and resolves when nothing does. Success is 202 alone.
#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kSummaryRunes = 1024;
constexpr std::size_t kMostFacts = 12;
constexpr std::size_t kFactRunes = 600;
constexpr std::size_t kMostLinks = 4;
constexpr std::size_t kKeyLength = 32;

/// One incident for a group and receiver, however many messages it takes.
std::string dedup_key(const Message& message) { return sha256_hex(message.group_key + message.receiver); }

std::string_view severity_name(Severity severity) {
  constexpr std::array<std::string_view, 4> kNames = {"info", "warning", "error", "critical"};
  return kNames.at(static_cast<std::size_t>(severity));
}

/// When the first of what still fires began.
SysTime began(const Message& message) {
  SysTime first = SysTime::max();
  for (const Notice& notice : message.notices)
    if (notice.firing) first = std::min(first, notice.starts_at);
  return first;
}

std::string told(const Notice& notice, Language language, bool in_detail) {
  std::string text = line(notice, language) + "\n";
  if (!in_detail) return text;
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes)) text += "  " + fact.name + ": " + fact.text + "\n";
  return text;
}

/// Two lists, as Alertmanager's: who reads its incidents finds the words where they were.
Json details_of(const Message& message, std::size_t shown) {
  std::array<std::string, 2> lists;
  for (std::size_t i = 0; i < shown; ++i) {
    const Notice& notice = message.notices[i];
    lists.at(notice.firing ? 1 : 0) += told(notice, message.language, i < kInDetail);
  }
  Json details = {{"from", from_whom(message)}};
  if (!lists[1].empty()) details["firing"] = lists[1];
  if (!lists[0].empty()) details["resolved"] = lists[0];
  const std::size_t left = message.count() - shown;
  if (left > 0) details["left_out"] = and_more(message.language, left);
  return details;
}

/// The label's value when all of the group have the same one.
std::string shared_label(const Message& message, const std::string& name) {
  const auto found = message.group_labels.find(name);
  if (found != message.group_labels.end()) return printable(found->second);
  const auto& labels = message.notices[0].labels;
  const auto own = labels.find(name);
  return message.notices.size() == 1 && own != labels.end() ? printable(own->second) : "";
}

Json payload_of(const Message& message, std::size_t shown) {
  Json payload = {{"summary", cut_runes(heading(message), kSummaryRunes)},
                  {"source", message.vantage.empty() ? "mirrorwarden" : printable(message.vantage)},
                  {"severity", severity_name(severity_of(message))},
                  {"timestamp", rfc3339(began(message))},
                  {"custom_details", details_of(message, shown)}};
  const std::array<std::array<const char*, 2>, 3> named = {
      {{"component", "mirror"}, {"group", "pool"}, {"class", "alertname"}}};
  for (const auto& [key, label] : named)
    if (const std::string value = shared_label(message, label); !value.empty()) payload[key] = value;
  return payload;
}

Json links_of(const Message& message) {
  Json links = Json::array();
  for (const Button& button : buttons_of(message, kMostLinks))
    links.push_back({{"href", button.url}, {"text", button.caption}});
  return links;
}

/// The end needs no payload: PagerDuty shows the one that it has.
Json event_of(const Receiver& receiver, const Message& message) {
  return {{"routing_key", receiver.secret("routing_key").reveal()},
          {"event_action", message.firing() ? "trigger" : "resolve"},
          {"dedup_key", dedup_key(message)},
          {"client", "mirrorwarden"}};
}

std::string body_of(const Receiver& receiver, const Message& message, std::size_t shown) {
  Json event = event_of(receiver, message);
  if (const std::string page = safe_link(message.external_url); !page.empty()) event["client_url"] = page;
  if (!message.firing()) return json_text(event);
  event["payload"] = payload_of(message, shown);
  event["links"] = links_of(message);
  return json_text(event);
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  return json_post(Secret(receiver.option("url")), fitting(message, kLargestMessage, [&](std::size_t shown) {
                     return body_of(receiver, message, shown);
                   }));
}

/// An unsound routing key is a 400 as well, but it is for somebody to repair and no fault of the message.
bool blames_key(const Response& response) {
  const std::string said = lower(answered(response, "/errors/0").value_or(""));
  return said.find("routing_key") != std::string::npos || said.find("routing key") != std::string::npos;
}

Delivery judge(const Response& response) {
  if (response.status == 202) return judge_no_page(response);
  if (response.status == 400 && blames_key(response)) return judged(Acceptance::refused, response, "the routing key");
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted) return delivery;
  return judged(Acceptance::later, response, "expected 202");
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const std::string& key = receiver.secret("routing_key").reveal();
  const bool plain = std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  if (!key.empty() && (key.size() != kKeyLength || !plain))
    found.push_back({"routing_key", "is no integration key of Events API v2, expected 32 letters and digits"});
  return found;
}

}  // namespace

const ReceiverKind& pagerduty_receiver() {
  static const ReceiverKind kind = {
      .name = "pagerduty",
      .doc = "an incident through PagerDuty's Events API v2, one for a group of alerts",
      .options = {{.key = "routing_key",
                   .required = true,
                   .secret = true,
                   .doc = "the integration key of the service",
                   .example = "madeupmadeupmadeupmadeupmadeup00"},
                  {.key = "url",
                   .fallback = "https://events.pagerduty.com/v2/enqueue",
                   .doc = "where events go; the EU's service region has its own"}},
      .pace = {.burst = 60, .each = std::chrono::milliseconds(500)},
      .digests = false,  // an incident stands for a group: only that group can resolve it
      .opens_incidents = true,
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
