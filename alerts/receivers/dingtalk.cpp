// DingTalk's group robot (钉钉自定义机器人). (open.dingtalk.com, "Custom robot access" and its error codes.) Success is
// 200 with errcode 0. Its Markdown has no escapes: what could be markup is written in full-width characters.
#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 18'000;  // of 20 000
constexpr std::size_t kNoticeBytes = 6'000;
constexpr std::size_t kMostFacts = 8;
constexpr std::size_t kFactRunes = 400;
constexpr std::size_t kMostButtons = 4;

bool is_word(char c) {
  return static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// An underscore within a word is no markup, and URLs and names of signals must stay as they are.
std::string tame(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inside = i > 0 && i + 1 < text.size() && is_word(text[i - 1]) && is_word(text[i + 1]);
    out += text[i] == '_' && !inside ? full_width("_", "_") : std::string(1, text[i]);
  }
  return full_width(out, "*[]`<~@\\");
}

std::string block_of(const Notice& notice, const Message& message) {
  std::vector<std::string> lines;
  if (message.notices.size() > 1) lines.push_back("\n\n**" + tame(line(notice, message.language)) + "**\n");
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    lines.push_back("\n- **" + tame(fact.name) + "**" + colon + tame(fact.text));
  return as_fits(lines, kNoticeBytes);
}

std::string list_of(const Message& message, std::size_t shown) {
  std::string list = shown > kInDetail ? "\n" : "";
  for (std::size_t i = kInDetail; i < shown; ++i) list += "\n- " + tame(line(message.notices[i], message.language));
  const std::size_t left = message.count() - shown;
  return left > 0 ? list + "\n\n" + and_more(message.language, left) : list;
}

std::string links_of(const Message& message) {
  std::string links;
  for (const Button& button : buttons_of(message, kMostButtons))
    links += (links.empty() ? "\n\n[" : " · [") + tame(button.caption) + "](" + button.url + ")";
  return links;
}

std::vector<std::string> mobiles_of(const Receiver& receiver) {
  std::vector<std::string> mobiles;
  std::string_view rest = receiver.option("at_mobiles");
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (const std::string_view mobile = trim(rest.substr(0, comma)); !mobile.empty()) mobiles.emplace_back(mobile);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return mobiles;
}

/// People are called while something fires; an all-clear can wait until they look. A call must be in the text too.
std::vector<std::string> called(const Receiver& receiver, const Message& message) {
  return message.firing() ? mobiles_of(receiver) : std::vector<std::string>();
}

/// A robot with a keyword takes no text without it.
std::string top_of(const Receiver& receiver, const Message& message) {
  const std::string top = std::string(sign(message)) + " " + tame(cut_runes(heading(message), 200));
  const std::string& keyword = receiver.option("keyword");
  return keyword.empty() || top.find(keyword) != std::string::npos ? top : keyword + " " + top;
}

std::string text_of(const Receiver& receiver, const Message& message, std::size_t shown) {
  std::string text = "### " + top_of(receiver, message) + "\n";
  for (std::size_t i = 0; i < std::min(shown, kInDetail); ++i) text += block_of(message.notices[i], message);
  text += list_of(message, shown) + links_of(message) + "\n\n" + tame(from_whom(message));
  for (const std::string& mobile : called(receiver, message)) text += " @" + mobile;
  return text;
}

std::string body_of(const Receiver& receiver, const Message& message, std::size_t shown) {
  return json_text({{"msgtype", "markdown"},
                    {"markdown", {{"title", top_of(receiver, message)}, {"text", text_of(receiver, message, shown)}}},
                    {"at", {{"atMobiles", called(receiver, message)}, {"isAtAll", false}}}});
}

/// The key signs time and key: the message is not part of it.
Secret signed_url(const Receiver& receiver, SysTime now) {
  const std::string& secret = receiver.secret("secret").reveal();
  if (secret.empty()) return receiver.secret("url");
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  const std::string at = std::to_string(since_epoch.count());
  std::string url = receiver.secret("url").reveal();
  url += (url.find('?') == std::string::npos ? "?timestamp=" : "&timestamp=") + at;
  return Secret(url.append("&sign=").append(percent_encoded(base64(hmac_sha256(secret, at + "\n" + secret)))));
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  return json_post(signed_url(receiver, now),
                   fitting(message, kMostBytes, [&](std::size_t shown) { return body_of(receiver, message, shown); }));
}

/// Only what is known to pass, or to want repair: any other code is about the message.
Acceptance outcome_of(std::int64_t code) {
  constexpr std::array<std::int64_t, 3> kLater = {-1, 130101, 410100};
  constexpr std::array<std::int64_t, 7> kRefused = {310000, 300001, 300005, 400013, 400101, 400102, 400106};
  if (code == 0) return Acceptance::accepted;
  if (std::find(kLater.begin(), kLater.end(), code) != kLater.end()) return Acceptance::later;
  return std::find(kRefused.begin(), kRefused.end(), code) != kRefused.end() ? Acceptance::refused
                                                                             : Acceptance::rejected;
}

Delivery judge(const Response& response) {
  const auto code = number_answered(response, "/errcode");
  if (response.status == 200 && code) return judged(outcome_of(*code), response, "errcode " + std::to_string(*code));
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted) return delivery;
  return judged(Acceptance::later, response, "the answer is not DingTalk's");
}

bool is_mobile(std::string_view text) {
  return text.size() >= 5 && text.find_first_not_of("0123456789+-") == std::string_view::npos;
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const std::string& secret = receiver.secret("secret").reveal();
  if (!secret.empty() && !secret.starts_with("SEC"))
    found.push_back({"secret", "does not begin with SEC, as the robot's signing secrets do"});
  const std::vector<std::string> mobiles = mobiles_of(receiver);
  if (!std::all_of(mobiles.begin(), mobiles.end(), is_mobile))
    found.push_back({"at_mobiles", "expected phone numbers, with commas between them"});
  if (tame(receiver.option("keyword")) != receiver.option("keyword"))
    found.push_back({"keyword", "holds a character that Markdown would take for markup"});
  return found;
}

}  // namespace

const ReceiverKind& dingtalk_receiver() {
  static const ReceiverKind kind = {
      .name = "dingtalk",
      .doc = "a message from a robot in a DingTalk group (钉钉)",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the robot's webhook, with its access_token",
                   .example = "https://oapi.dingtalk.com/robot/send?access_token=made-up"},
                  {.key = "secret",
                   .secret = true,
                   .doc = "signs each request, when the robot wants that (加签): SEC…",
                   .example = "SECmade-up"},
                  {.key = "keyword",
                   .doc = "is put before the text, when the robot wants one (自定义关键词)",
                   .example = "镜像"},
                  {.key = "at_mobiles",
                   .doc = "phone numbers of who is called while something fires, with commas between them",
                   .example = "13800000000, 13900000000"}},
      .pace = {.burst = 20, .each = std::chrono::seconds(3)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
