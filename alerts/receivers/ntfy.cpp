// A topic of ntfy, on ntfy.sh or a server of one's own. (docs.ntfy.sh, "Publish as JSON".) Success is 200 with the
// message as the server keeps it. The text is plain: ntfy reads Markdown only when asked to.
#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 4096;  // more becomes an attachment
constexpr std::size_t kNoticeBytes = 3000;
constexpr std::size_t kTitleRunes = 200;
constexpr std::size_t kMostFacts = 10;
constexpr std::size_t kFactRunes = 400;
constexpr std::size_t kMostButtons = 3;  // ntfy's limit

/// 5 rings through silence on most phones, 2 makes no sound.
int priority_of(const Message& message) {
  constexpr std::array<int, 4> kPriorities = {2, 3, 4, 5};
  return message.firing() ? kPriorities.at(static_cast<std::size_t>(severity_of(message))) : 2;
}

/// ntfy shows names of emoji as such, before the title.
std::string_view tag_of(const Message& message) {
  constexpr std::array<std::string_view, 4> kTags = {"information_source", "warning", "rotating_light",
                                                     "rotating_light"};
  return message.firing() ? kTags.at(static_cast<std::size_t>(severity_of(message))) : "white_check_mark";
}

std::string block_of(const Notice& notice, const Message& message) {
  std::vector<std::string> lines;
  if (message.notices.size() > 1) lines.push_back(line(notice, message.language) + "\n");
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    lines.push_back(fact.name + colon + fact.text + "\n");
  lines.emplace_back("\n");
  return as_fits(lines, kNoticeBytes);
}

std::string text_of(const Message& message, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += i < kInDetail ? block_of(message.notices[i], message) : line(message.notices[i], message.language) + "\n";
  const std::size_t left = message.count() - shown;
  if (left > 0) text += and_more(message.language, left) + "\n";
  return text + from_whom(message);
}

Json actions_of(const std::vector<Button>& buttons) {
  Json actions = Json::array();
  for (const Button& button : buttons)
    actions.push_back({{"action", "view"}, {"label", button.caption}, {"url", button.url}});
  return actions;
}

Json request_of(const Receiver& receiver, const Message& message) {
  const std::vector<Button> buttons = buttons_of(message, kMostButtons);
  Json request = {
      {"topic", receiver.secret("topic").reveal()},
      {"title", cut_runes(heading(message), kTitleRunes)},
      {"message", fitting(message, kMostBytes, [&message](std::size_t shown) { return text_of(message, shown); })},
      {"priority", priority_of(message)},
      {"tags", Json::array({tag_of(message)})},
      {"actions", actions_of(buttons)}};
  const std::string page = safe_link(message.notices[0].generator_url);
  const std::string click = page.empty() ? safe_link(message.external_url) : page;
  if (!click.empty()) request["click"] = click;
  return request;
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  std::string url = receiver.option("url");
  while (url.ends_with('/')) url.pop_back();
  Post post = json_post(Secret(url.append("/")), json_text(request_of(receiver, message)));
  const Secret& token = receiver.secret("token");
  if (!token.empty()) post.headers.emplace_back("Authorization", "Bearer " + token.reveal());
  return post;
}

/// Whatever else answers 200 to a POST has not told anybody.
Delivery judge(const Response& response) {
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted || answered(response, "/event") == "message") return delivery;
  return judged(Acceptance::later, response, "the answer is not ntfy's");
}

bool is_topic(const std::string& text) {
  const auto fits = [](unsigned char c) { return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_'; };
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const std::string& url = receiver.option("url");
  const std::size_t path = url.find('/', url.find("://") + 3);
  if (found.empty() && path != std::string::npos && url.find_first_not_of('/', path) != std::string::npos)
    found.push_back({"url", "has a path, expected the server alone: the topic is an option of its own"});
  if (!is_topic(receiver.secret("topic").reveal()))
    found.push_back({"topic", "expected at most 64 letters, digits, '-' and '_'"});
  const std::string& token = receiver.secret("token").reveal();
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7F'; }))
    found.push_back({"token", "holds what cannot stand in a header field"});
  return found;
}

}  // namespace

const ReceiverKind& ntfy_receiver() {
  static const ReceiverKind kind = {
      .name = "ntfy",
      .doc = "a push message through ntfy",
      .options = {{.key = "topic",
                   .required = true,
                   .secret = true,
                   .doc = "who knows it can read along: on a public server it is a password",
                   .example = "made-up_topic"},
                  {.key = "token",
                   .secret = true,
                   .doc = "an access token, where the server wants one",
                   .example = "tk_madeup"},
                  {.key = "url", .fallback = "https://ntfy.sh", .doc = "the server"}},
      .pace = {.burst = 20, .each = std::chrono::seconds(5)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
