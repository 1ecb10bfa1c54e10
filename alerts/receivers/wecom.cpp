// WeCom's group robot (企业微信群机器人). (developer.work.weixin.qq.com, "Group robot configuration".) Success is 200
// with errcode 0. Its Markdown has no escapes: what could be markup is written in full-width characters.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 4096;  // of the content, in UTF-8
constexpr std::size_t kNoticeBytes = 2000;
constexpr std::size_t kLinksBytes = 900;
constexpr std::size_t kTopBytes = 600;
constexpr std::size_t kMostFacts = 8;
constexpr std::size_t kFactRunes = 300;
constexpr std::size_t kMostButtons = 3;

/// Entities might be read before the markup is.
std::string tame(std::string_view text) { return full_width(text, "*[]`<&"); }

/// Of the three colours that there are, the loud one is for whatever fires.
std::string top_of(const Message& message) {
  const std::string text = std::string(sign(message)) + " " + tame(heading(message));
  const std::string colour = message.firing() ? "warning" : "info";
  return "## <font color=\"" + colour + "\">" + cut_bytes(text, kTopBytes) + "</font>\n";
}

std::string block_of(const Notice& notice, const Message& message) {
  std::vector<std::string> lines;
  if (message.notices.size() > 1)
    lines.push_back("\n**" + cut_bytes(tame(line(notice, message.language)), kTopBytes) + "**\n");
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    lines.push_back(">" + tame(fact.name) + colon + tame(fact.text) + "\n");
  return as_fits(lines, kNoticeBytes);
}

std::string list_of(const Message& message, std::size_t shown) {
  std::string list = message.notices.size() > kInDetail ? "\n" : "";
  for (std::size_t i = kInDetail; i < shown; ++i) list += tame(line(message.notices[i], message.language)) + "\n";
  const std::size_t left = message.count() - shown;
  return left > 0 ? list + and_more(message.language, left) + "\n" : list;
}

std::string links_of(const Message& message) {
  std::vector<std::string> links;
  for (const Button& button : buttons_of(message, kMostButtons))
    links.push_back((links.empty() ? "\n[" : " · [") + tame(button.caption) + "](" + button.url + ")");
  return as_fits(links, kLinksBytes);
}

std::string content_of(const Message& message, std::size_t shown) {
  std::string content = top_of(message);
  for (std::size_t i = 0; i < std::min(shown, kInDetail); ++i) content += block_of(message.notices[i], message);
  content += list_of(message, shown) + links_of(message);
  return content + "\n<font color=\"comment\">" + tame(from_whom(message)) + "</font>";
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  const std::string content =
      fitting(message, kMostBytes, [&message](std::size_t shown) { return content_of(message, shown); });
  return json_post(receiver.secret("url"), json_text({{"msgtype", "markdown"}, {"markdown", {{"content", content}}}}));
}

/// Only what is known to pass, or to want repair: any other code is about the message.
Acceptance outcome_of(std::int64_t code) {
  constexpr std::array<std::int64_t, 3> kLater = {-1, 45009, 45033};
  if (code == 0) return Acceptance::accepted;
  if (std::find(kLater.begin(), kLater.end(), code) != kLater.end()) return Acceptance::later;
  return code == 93000 ? Acceptance::refused : Acceptance::rejected;
}

Delivery judge(const Response& response) {
  const auto code = number_answered(response, "/errcode");
  if (response.status == 200 && code) return judged(outcome_of(*code), response, "errcode " + std::to_string(*code));
  const Delivery delivery = judge_no_page(response);
  if (delivery.outcome != Acceptance::accepted) return delivery;
  return judged(Acceptance::later, response, "the answer is not WeCom's");
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const std::string& url = receiver.secret("url").reveal();
  if (found.empty() && !url.empty() && url.find("key=") == std::string::npos)
    found.push_back({"url", "has no key=, which is all that lets the robot in"});
  return found;
}

}  // namespace

const ReceiverKind& wecom_receiver() {
  static const ReceiverKind kind = {
      .name = "wecom",
      .doc = "a message from a robot in a WeCom group (企业微信)",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the robot's webhook, with its key",
                   .example = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=made-up"}},
      .pace = {.burst = 20, .each = std::chrono::seconds(3)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
