// A Telegram chat, through the Bot API. (core.telegram.org/bots/api, "sendMessage" and "HTML style".) Success is 200
// with "ok": true. What mirrors said stands in <code>, in which Telegram looks for no links, names or commands; a tap
// copies it. An all-clear makes no sound.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

// Telegram takes 4096 characters and does not count tags. Bytes with tags are more than that in every language.
constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kNoticeBytes = 2000;
constexpr std::size_t kLinksBytes = 600;
constexpr std::size_t kTitleRunes = 200;
constexpr std::size_t kMostFacts = 8;
constexpr std::size_t kFactRunes = 300;
constexpr std::size_t kMostButtons = 3;

/// Outside of <code> Telegram makes links of names, tags and URLs by itself.
std::string tame(std::string_view text) {
  std::string out = full_width(text, "@#");
  for (std::size_t at = out.find("://"); at != std::string::npos; at = out.find("://", at)) out.replace(at, 1, "：");
  return with_entities(out, kTitleRunes);
}

/// Whole lines, so that no tag is left open.
std::string block_of(const Notice& notice, const Message& message) {
  std::vector<std::string> lines;
  if (message.notices.size() > 1) lines.push_back("\n<b>" + tame(line(notice, message.language)) + "</b>\n");
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    lines.push_back(tame(fact.name) + colon + "<code>" + with_entities(fact.text, kFactRunes) + "</code>\n");
  return as_fits(lines, kNoticeBytes);
}

std::string links_of(const Message& message) {
  std::vector<std::string> links;
  for (const Button& button : buttons_of(message, kMostButtons))
    links.push_back((links.empty() ? "\n" : " · ") + ("<a href=\"" + with_entities(button.url, 2000)) + "\">" +
                    tame(button.caption) + "</a>");
  return as_fits(links, kLinksBytes);
}

std::string text_of(const Message& message, std::size_t shown) {
  std::string text = std::string(sign(message)) + " <b>" + tame(heading(message)) + "</b>\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const Notice& notice = message.notices[i];
    if (i == kInDetail) text += "\n";
    text += i < kInDetail ? block_of(notice, message) : tame(line(notice, message.language)) + "\n";
  }
  const std::size_t left = message.count() - shown;
  if (left > 0) text += and_more(message.language, left) + "\n";
  text += links_of(message);
  return text + "\n<i>" + tame(from_whom(message)) + "</i>";
}

Json request_of(const Receiver& receiver, const Message& message) {
  Json request = {
      {"chat_id", receiver.option("chat_id")},
      {"text", fitting(message, kMostBytes, [&message](std::size_t shown) { return text_of(message, shown); })},
      {"parse_mode", "HTML"},
      {"link_preview_options", {{"is_disabled", true}}},
      {"disable_notification", !message.firing()}};
  if (const auto thread = parse_decimal(receiver.option("thread_id"))) request["message_thread_id"] = *thread;
  return request;
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  std::string url = receiver.option("url");
  while (url.ends_with('/')) url.pop_back();
  url.append("/bot").append(receiver.secret("token").reveal()).append("/sendMessage");
  return json_post(Secret(std::move(url)), json_text(request_of(receiver, message)));
}

/// A 400 that no other message would escape: the chat is gone, or closed to the bot.
std::string_view chat_trouble(const Response& response) {
  constexpr std::array<std::string_view, 6> kTroubles = {
      "chat not found", "message thread not found", "group chat was upgraded to a supergroup chat", "not enough rights",
      "TOPIC_CLOSED",   "need administrator rights"};
  const std::string said = answered(response, "/description").value_or("");
  const auto known = std::find_if(kTroubles.begin(), kTroubles.end(),
                                  [&](std::string_view each) { return said.find(each) != std::string::npos; });
  return known == kTroubles.end() ? "" : *known;
}

Delivery judge(const Response& response) {
  if (response.status == 200 && answered(response, "/ok") == "true") return judged(Acceptance::accepted, response);
  if (response.status == 400 && !chat_trouble(response).empty())
    return judged(Acceptance::refused, response, chat_trouble(response));
  Delivery delivery = judge_no_page(response);
  if (delivery.outcome == Acceptance::accepted)
    return judged(Acceptance::later, response, "the answer is not Telegram's");
  if (response.status != 429) return delivery;
  if (const auto wait = seconds_answered(response, "/parameters/retry_after")) delivery.retry_after = wait;
  return delivery;
}

bool all_in(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (static_cast<unsigned char>(c) < 0x80 && std::isalnum(static_cast<unsigned char>(c)) != 0) ||
           more.find(c) != std::string_view::npos;
  });
}

bool is_token(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !parse_decimal(text.substr(0, colon))) return false;
  return colon + 1 < text.size() && all_in(text.substr(colon + 1), "_-");
}

bool is_chat(std::string_view text) {
  if (text.starts_with('@')) return text.size() > 1 && all_in(text.substr(1), "_");
  return parse_decimal(text.starts_with('-') ? text.substr(1) : text).has_value();
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  if (receiver.option("url").find('?') != std::string::npos) found.push_back({"url", "has a query"});
  const std::string& token = receiver.secret("token").reveal();
  if (!token.empty() && !is_token(token))
    found.push_back({"token", "is no bot's token, expected digits, a colon, and letters and digits"});
  const std::string& chat = receiver.option("chat_id");
  if (!chat.empty() && !is_chat(chat)) found.push_back({"chat_id", "is neither a number nor @channel"});
  const std::string& thread = receiver.option("thread_id");
  if (!thread.empty() && !parse_decimal(thread)) found.push_back({"thread_id", "is no number"});
  return found;
}

}  // namespace

const ReceiverKind& telegram_receiver() {
  static const ReceiverKind kind = {
      .name = "telegram",
      .doc = "a message from a Telegram bot",
      .options = {{.key = "token",
                   .required = true,
                   .secret = true,
                   .doc = "the bot's, from @BotFather",
                   .example = "100000000:made-up"},
                  {.key = "chat_id",
                   .required = true,
                   .doc = "the chat's number, negative for groups, or @channel",
                   .example = "-1000000000000"},
                  {.key = "thread_id", .doc = "the topic, in a group that has topics", .example = "7"},
                  {.key = "url", .fallback = "https://api.telegram.org", .doc = "of the Bot API's server"}},
      .pace = {.burst = 20, .each = std::chrono::seconds(3)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
