// The custom robot of a Feishu or Lark group (飞书), as an interactive card. (open.feishu.cn, open.larksuite.com:
// "Custom bot guide".) Success is 200 with code 0, in old answers StatusCode 0. What mirrors said goes into plain_text,
// in which Feishu reads neither Markdown nor <at>.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 19'000;  // of 20 KB
constexpr std::size_t kHeadingRunes = 200;
constexpr std::size_t kMostFacts = 8;
constexpr std::size_t kFactRunes = 300;
constexpr std::size_t kMostButtons = 4;

Json plain(const std::string& text) { return {{"tag", "plain_text"}, {"content", text}}; }

Json paragraph(const std::string& text) { return {{"tag", "div"}, {"text", plain(text)}}; }

std::string_view colour_of(const Message& message) {
  constexpr std::array<std::string_view, 4> kColours = {"blue", "orange", "red", "red"};
  return message.firing() ? kColours.at(static_cast<std::size_t>(severity_of(message))) : "green";
}

/// One that is alone has its title in the header.
void add_notice(Json& elements, const Notice& notice, const Message& message) {
  const bool alone = message.notices.size() == 1;
  if (!alone && !elements.empty()) elements.push_back({{"tag", "hr"}});
  if (!alone) elements.push_back(paragraph(line(notice, message.language)));
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  std::string text;
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    text += (text.empty() ? "" : "\n") + fact.name + colon + fact.text;
  if (!text.empty()) elements.push_back(paragraph(text));
}

void add_list(Json& elements, const Message& message, std::size_t shown) {
  std::string list;
  for (std::size_t i = kInDetail; i < shown; ++i) list += line(message.notices[i], message.language) + "\n";
  const std::size_t left = message.count() - shown;
  if (left > 0) list += and_more(message.language, left);
  if (list.empty()) return;
  elements.push_back({{"tag", "hr"}});
  elements.push_back(paragraph(list));
}

void add_buttons(Json& elements, const Message& message) {
  Json actions = Json::array();
  for (const Button& button : buttons_of(message, kMostButtons))
    actions.push_back({{"tag", "button"},
                       {"text", plain(button.caption)},
                       {"url", button.url},
                       {"type", actions.empty() ? "primary" : "default"}});
  if (!actions.empty()) elements.push_back({{"tag", "action"}, {"actions", actions}});
}

Json card_of(const Message& message, std::size_t shown) {
  Json elements = Json::array();
  for (std::size_t i = 0; i < std::min(shown, kInDetail); ++i) add_notice(elements, message.notices[i], message);
  add_list(elements, message, shown);
  add_buttons(elements, message);
  elements.push_back({{"tag", "note"}, {"elements", Json::array({plain(from_whom(message))})}});
  const std::string top = cut_runes(std::string(sign(message)) + " " + heading(message), kHeadingRunes);
  return {{"config", {{"wide_screen_mode", true}}},
          {"header", {{"template", colour_of(message)}, {"title", plain(top)}}},
          {"elements", elements}};
}

/// Time and secret are the key, and what is signed is empty.
void sign_body(Json& body, const std::string& secret, SysTime now) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const std::string at = std::to_string(since_epoch.count());
  body["timestamp"] = at;
  body["sign"] = base64(hmac_sha256(at + "\n" + secret, ""));
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  Json body = {{"msg_type", "interactive"}};
  const std::string& secret = receiver.secret("secret").reveal();
  if (!secret.empty()) sign_body(body, secret, now);
  return json_post(receiver.secret("url"), fitting(message, kMostBytes, [&](std::size_t shown) {
                     body["card"] = card_of(message, shown);
                     return json_text(body);
                   }));
}

/// 9499 is "Bad Request" and "too many request" alike: the words tell which.
bool is_about_frequency(const Response& response) {
  const std::string said = lower(answered(response, "/msg").value_or(""));
  return said.find("too many") != std::string::npos || said.find("frequen") != std::string::npos;
}

/// Only what is known to pass, or to want repair: any other code is about the message.
Acceptance outcome_of(std::int64_t code, const Response& response) {
  constexpr std::array<std::int64_t, 4> kRefused = {19001, 19021, 19022, 19024};
  if (code == 0) return response.status == 200 ? Acceptance::accepted : Acceptance::later;
  if (code == 11232 || (code == 9499 && is_about_frequency(response))) return Acceptance::later;
  return std::find(kRefused.begin(), kRefused.end(), code) != kRefused.end() ? Acceptance::refused
                                                                             : Acceptance::rejected;
}

Delivery judge(const Response& response) {
  auto code = number_answered(response, "/code");
  if (!code) code = number_answered(response, "/StatusCode");
  if (code && (response.status == 200 || response.status == 400))
    return judged(outcome_of(*code, response), response, "code " + std::to_string(*code));
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted) return delivery;
  return judged(Acceptance::later, response, "the answer is not Feishu's");
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) { return url_troubles(receiver, "url"); }

}  // namespace

const ReceiverKind& feishu_receiver() {
  static const ReceiverKind kind = {
      .name = "feishu",
      .doc = "a card from a custom robot in a Feishu or Lark group (飞书)",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the robot's webhook, at open.feishu.cn or open.larksuite.com",
                   .example = "https://open.feishu.cn/open-apis/bot/v2/hook/made-up"},
                  {.key = "secret",
                   .secret = true,
                   .doc = "signs each request, when the robot wants that (签名校验)",
                   .example = "made-up"}},
      .pace = {.burst = 5, .each = std::chrono::milliseconds(600)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
