// Slack's incoming webhook: Block Kit within one attachment, whose bar has the colour. (docs.slack.dev, "Sending
// messages using incoming webhooks" and "Block Kit reference".) Success is 200 with the body "ok", or with JSON that
// says so, as gateways answer. What mirrors said goes into plain_text, in which Slack reads no mrkdwn.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kHeaderRunes = 150;
constexpr std::size_t kSectionRunes = 3000;
constexpr std::size_t kFactsInSection = 5;  // it has at most ten fields, and a fact takes two
constexpr std::size_t kFactRunes = 1000;
constexpr std::size_t kMostButtons = 4;
constexpr std::size_t kMostBytes = 40'000;  // Slack counts characters

Json plain(std::string_view text, std::size_t most) {
  return {{"type", "plain_text"}, {"text", with_entities(text, most)}, {"emoji", false}};
}

/// Name and text beside each other: the name in bold, the text as it is.
void add_fact(Json& section, const Fact& fact) {
  Json& fields = section["fields"];
  fields.push_back({{"type", "mrkdwn"}, {"text", "*" + with_entities(full_width(fact.name, "*_~`"), 60) + "*"}});
  fields.push_back(plain(fact.text.empty() ? "–" : fact.text, 2000));
}

/// One that is alone has its title in the header, and room for a second section.
void add_notice(Json& blocks, const Notice& notice, const Message& message) {
  const bool alone = message.notices.size() == 1;
  const std::vector<Fact> facts = facts_of(notice, alone ? 2 * kFactsInSection : kFactsInSection, kFactRunes);
  Json section = {{"type", "section"}};
  if (!alone || facts.empty()) section["text"] = plain(line(notice, message.language), kSectionRunes);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (i == kFactsInSection) blocks.push_back(std::exchange(section, {{"type", "section"}}));
    add_fact(section, facts[i]);
  }
  blocks.push_back(section);
}

/// The notices that are told in a line each.
Json list_of(const Message& message, std::size_t shown) {
  std::string lines;
  for (std::size_t i = kInDetail; i < shown; ++i)
    lines += with_entities(line(message.notices[i], message.language), 250) + "\n";
  const std::size_t left = message.count() - shown;
  if (left > 0) lines += and_more(message.language, left);
  return {{"type", "section"}, {"text", {{"type", "plain_text"}, {"text", lines}, {"emoji", false}}}};
}

Json actions_of(const std::vector<Button>& buttons) {
  Json elements = Json::array();
  for (const Button& button : buttons)
    elements.push_back({{"type", "button"}, {"text", plain(button.caption, 75)}, {"url", button.url}});
  return {{"type", "actions"}, {"elements", elements}};
}

Json blocks_of(const Message& message, std::size_t shown) {
  const std::string top = std::string(sign(message)) + " " + heading(message);
  Json blocks = {{{"type", "header"}, {"text", plain(top, kHeaderRunes)}}};
  for (std::size_t i = 0; i < std::min(shown, kInDetail); ++i) add_notice(blocks, message.notices[i], message);
  if (message.notices.size() > std::min(shown, kInDetail)) blocks.push_back(list_of(message, shown));
  const std::vector<Button> buttons = buttons_of(message, kMostButtons);
  if (!buttons.empty()) blocks.push_back(actions_of(buttons));
  blocks.push_back({{"type", "context"}, {"elements", {plain(from_whom(message), 200)}}});
  return blocks;
}

std::string_view colour_of(const Message& message) {
  constexpr std::array<std::string_view, 4> kColours = {"#2F7DD1", "#E8912D", "#D00000", "#D00000"};
  return message.firing() ? kColours.at(static_cast<std::size_t>(severity_of(message))) : "#2EB67D";
}

/// As many of the lines as one section takes.
std::size_t most_shown(const Message& message) {
  const std::size_t room = kSectionRunes - and_more(message.language, message.count()).size() - 1;
  std::size_t used = 0;
  for (std::size_t i = kInDetail; i < message.notices.size(); ++i) {
    used += with_entities(line(message.notices[i], message.language), 250).size() + 1;
    if (used > room) return i;
  }
  return message.notices.size();
}

std::string body_of(const Message& message, std::size_t shown) {
  const std::string top = std::string(sign(message)) + " " + heading(message);
  const Json attachment = {
      {"color", colour_of(message)}, {"fallback", with_entities(top, 300)}, {"blocks", blocks_of(message, shown)}};
  return json_text({{"attachments", {attachment}}});
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  const std::size_t most = most_shown(message);
  return json_post(receiver.secret("url"), fitting(message, kMostBytes, [&](std::size_t shown) {
                     return body_of(message, std::min(shown, most));
                   }));
}

struct Word {
  std::string_view text;
  Acceptance outcome;
};

constexpr std::array kWords = {Word{"invalid_payload", Acceptance::rejected},
                               Word{"invalid_blocks", Acceptance::rejected},
                               Word{"invalid_attachments", Acceptance::rejected},
                               Word{"no_text", Acceptance::rejected},
                               Word{"too_many_attachments", Acceptance::rejected},
                               Word{"msg_too_long", Acceptance::rejected},
                               Word{"action_prohibited", Acceptance::refused},
                               Word{"channel_is_archived", Acceptance::refused},
                               Word{"channel_not_found", Acceptance::refused},
                               Word{"invalid_token", Acceptance::refused},
                               Word{"no_active_hooks", Acceptance::refused},
                               Word{"no_service", Acceptance::refused},
                               Word{"no_service_id", Acceptance::refused},
                               Word{"no_team", Acceptance::refused},
                               Word{"posting_to_general_channel_denied", Acceptance::refused},
                               Word{"team_disabled", Acceptance::refused},
                               Word{"user_not_found", Acceptance::refused},
                               Word{"rate_limited", Acceptance::later},
                               Word{"ratelimited", Acceptance::later},
                               Word{"rollup_error", Acceptance::later}};

Delivery judge(const Response& response) {
  const bool fine = trim(response.body) == "ok" || answered(response, "/ok") == "true";
  if (response.status == 200 && fine) return judged(Acceptance::accepted, response);
  const std::string word = answered(response, "/error").value_or(std::string(trim(response.body)));
  const auto known = std::find_if(kWords.begin(), kWords.end(), [&](const Word& each) { return each.text == word; });
  if (known != kWords.end()) return judged(known->outcome, response, known->text);
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted) return delivery;
  return judged(Acceptance::later, response, "the answer is not Slack's");
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) { return url_troubles(receiver, "url"); }

}  // namespace

const ReceiverKind& slack_receiver() {
  static const ReceiverKind kind = {
      .name = "slack",
      .doc = "a message through Slack's incoming webhook",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the webhook's URL, which names the channel",
                   .example = "https://hooks.slack.com/services/T0/B0/made-up"}},
      .pace = {.burst = 5, .each = std::chrono::seconds(1)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
