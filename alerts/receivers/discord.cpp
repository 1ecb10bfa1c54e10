// Discord's webhook: a line of text and an embed for each notice. (discord.com/developers, "Execute Webhook" and "Embed
// limits".) Success is 204, or 200 when the URL asks to wait. Nobody is mentioned, whatever the text says, and every
// character that Discord's Markdown knows stands behind a backslash.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kContentRunes = 2000;
constexpr std::size_t kTitleRunes = 256;
constexpr std::size_t kNameRunes = 256;
constexpr std::size_t kTextRunes = 1024;
constexpr std::size_t kDescriptionRunes = 1800;  // 4096 are allowed, but 6000 in all embeds together
constexpr std::size_t kDetailRunes = 3800;       // of the embeds that tell facts, together
constexpr std::size_t kMostFacts = 10;
constexpr std::size_t kMostButtons = 4;

std::size_t runes(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

/// A hyphen makes a list where a line begins, and a colon a link where two slashes follow.
bool is_markup(std::string_view text, std::size_t at) {
  constexpr std::string_view kAlways = "\\*_~|`<>[]#@";
  if (kAlways.find(text[at]) != std::string_view::npos) return true;
  return (text[at] == '-' && at == 0) || text.substr(at).starts_with("://");
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_markup(text, i)) out += '\\';
    out += text[i];
  }
  return out;
}

int colour_of(bool firing, Severity severity) {
  constexpr std::array<int, 4> kColours = {0x2F7DD1, 0xE8912D, 0xD00000, 0xD00000};
  return firing ? kColours.at(static_cast<std::size_t>(severity)) : 0x2EB67D;
}

/// The first facts, until `most` code points are used up.
Json fields_of(const Notice& notice, std::size_t most) {
  Json fields = Json::array();
  for (const Fact& fact : facts_of(notice, kMostFacts, kTextRunes)) {
    const std::string name = cut_runes(escaped(fact.name), kNameRunes);
    const std::string text = cut_runes(escaped(fact.text), kTextRunes);
    const std::size_t size = runes(name) + runes(text);
    if (size > most) break;
    most -= size;
    fields.push_back({{"name", name.empty() ? "–" : name}, {"value", text.empty() ? "–" : text}});
  }
  return fields;
}

/// One that is alone has its title in the line above.
Json embed_of(const Notice& notice, const Message& message, std::size_t most) {
  Json embed = {{"color", colour_of(notice.firing, severity_of(notice))}, {"timestamp", rfc3339(notice.starts_at)}};
  if (message.notices.size() > 1) {
    embed["title"] = cut_runes(escaped(line(notice, message.language)), kTitleRunes);
    most -= runes(embed["title"].get<std::string>());
  }
  embed["fields"] = fields_of(notice, most);
  return embed;
}

/// "and 37 more" included.
std::string list_of(const Message& message, std::size_t shown) {
  std::string list;
  for (std::size_t i = kInDetail; i < shown; ++i) list += escaped(line(message.notices[i], message.language)) + "\n";
  const std::size_t left = message.count() - shown;
  return left > 0 ? list + and_more(message.language, left) : list;
}

std::string links_of(const Message& message) {
  std::string links;
  for (const Button& button : buttons_of(message, kMostButtons)) {
    const std::string link = "[" + escaped(button.caption) + "](" + button.url + ")";
    if (runes(links) + runes(link) < 1000) links += (links.empty() ? "" : " · ") + link;
  }
  return links;
}

/// What concerns the whole message: those that are told in a line each, where to go, and who says so.
Json with_rest(Json embed, const Message& message, std::size_t shown) {
  const std::string list = list_of(message, shown);
  const std::string links = links_of(message);
  embed["description"] = list + (list.empty() || links.empty() ? "" : "\n\n") + links;
  embed["footer"] = {{"text", from_whom(message)}};
  return embed;
}

Json embeds_of(const Message& message, std::size_t shown) {
  Json embeds = Json::array();
  const std::size_t detailed = std::min(shown, kInDetail);
  for (std::size_t i = 0; i < detailed; ++i)
    embeds.push_back(embed_of(message.notices[i], message, kDetailRunes / detailed));
  if (message.notices.size() > 1)
    embeds.push_back(with_rest({{"color", colour_of(message.firing(), severity_of(message))}}, message, shown));
  else
    embeds[0] = with_rest(embeds[0], message, shown);
  return embeds;
}

/// As many of the lines as one description takes, beside the links.
std::size_t most_shown(const Message& message) {
  std::size_t room = kDescriptionRunes - 1000 - and_more(message.language, message.count()).size();
  for (std::size_t i = kInDetail; i < message.notices.size(); ++i) {
    const std::size_t size = runes(escaped(line(message.notices[i], message.language))) + 1;
    if (size > room) return i;
    room -= size;
  }
  return message.notices.size();
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  const std::string top = std::string(sign(message)) + " **" + escaped(cut_runes(heading(message), 600)) + "**";
  const Json body = {{"content", cut_runes(top, kContentRunes)},
                     {"embeds", embeds_of(message, most_shown(message))},
                     {"allowed_mentions", {{"parse", Json::array()}}}};
  return json_post(receiver.secret("url"), json_text(body));
}

/// Discord says in the body, more precisely than in the header, how long to wait.
Delivery judge(const Response& response) {
  Delivery delivery = judge_no_page(response);
  if (response.status != 429) return delivery;
  if (const auto wait = seconds_answered(response, "/retry_after")) delivery.retry_after = wait;
  return delivery;
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  const std::string& url = receiver.secret("url").reveal();
  const std::string_view path = std::string_view(url).substr(0, url.find('?'));
  if (found.empty() && (path.ends_with("/slack") || path.ends_with("/github")))
    found.push_back({"url", "ends in /slack or /github, expected Discord's own webhook without that"});
  return found;
}

}  // namespace

const ReceiverKind& discord_receiver() {
  static const ReceiverKind kind = {
      .name = "discord",
      .doc = "embeds through Discord's webhook",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the webhook's URL, which names the channel",
                   .example = "https://discord.com/api/webhooks/100000000000000000/made-up"}},
      .pace = {.burst = 5, .each = std::chrono::seconds(2)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
