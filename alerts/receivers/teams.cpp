// Microsoft Teams through a Workflow ("When a Teams webhook request is received"), as an Adaptive Card 1.2.
// (learn.microsoft.com, "Create incoming webhooks with Workflows"; adaptivecards.io, "Schema explorer".) Success is
// 2xx, as a rule 202: what the workflow does afterwards is not told. All text is in TextRuns, which know no Markdown.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/json_post.hpp"
#include "alerts/layout.hpp"

namespace mw {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 26'000;  // the limit is "approximately 28 KB", with what Teams adds
constexpr std::size_t kHeadingRunes = 300;
constexpr std::size_t kMostFacts = 8;
constexpr std::size_t kFactRunes = 500;
constexpr std::size_t kMostButtons = 4;

Json run(const std::string& text) { return {{"type", "TextRun"}, {"text", text}}; }

Json bold(const std::string& text) { return {{"type", "TextRun"}, {"text", text}, {"weight", "Bolder"}}; }

Json paragraph(Json runs, const char* spacing) {
  return {{"type", "RichTextBlock"}, {"spacing", spacing}, {"inlines", std::move(runs)}};
}

std::string_view colour_of(const Message& message) {
  constexpr std::array<std::string_view, 4> kColours = {"Accent", "Warning", "Attention", "Attention"};
  return message.firing() ? kColours.at(static_cast<std::size_t>(severity_of(message))) : "Good";
}

Json heading_block(const Message& message) {
  Json text = bold(cut_runes(std::string(sign(message)) + " " + heading(message), kHeadingRunes));
  text["size"] = "Medium";
  text["color"] = colour_of(message);
  return paragraph({text}, "None");
}

/// One that is alone has its title in the heading.
void add_notice(Json& body, const Notice& notice, const Message& message) {
  if (message.notices.size() > 1) body.push_back(paragraph({bold(line(notice, message.language))}, "Medium"));
  const char* colon = message.language == Language::chinese ? "：" : ": ";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    body.push_back(paragraph({bold(fact.name + colon), run(fact.text)}, "Small"));
}

Json body_blocks(const Message& message, std::size_t shown) {
  Json body = Json::array({heading_block(message)});
  for (std::size_t i = 0; i < std::min(shown, kInDetail); ++i) add_notice(body, message.notices[i], message);
  for (std::size_t i = kInDetail; i < shown; ++i)
    body.push_back(paragraph({run(line(message.notices[i], message.language))}, i == kInDetail ? "Medium" : "Small"));
  const std::size_t left = message.count() - shown;
  if (left > 0) body.push_back(paragraph({run(and_more(message.language, left))}, "Small"));
  Json from = run(from_whom(message));
  from["isSubtle"] = true;
  from["size"] = "Small";
  body.push_back(paragraph({from}, "Medium"));
  return body;
}

Json actions_of(const Message& message) {
  Json actions = Json::array();
  for (const Button& button : buttons_of(message, kMostButtons))
    actions.push_back({{"type", "Action.OpenUrl"}, {"title", button.caption}, {"url", button.url}});
  return actions;
}

std::string body_of(const Message& message, std::size_t shown) {
  const Json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                     {"type", "AdaptiveCard"},
                     {"version", "1.2"},
                     {"msteams", {{"width", "Full"}}},
                     {"fallbackText", cut_runes(heading(message), kHeadingRunes)},
                     {"body", body_blocks(message, shown)},
                     {"actions", actions_of(message)}};
  const Json attachment = {
      {"contentType", "application/vnd.microsoft.card.adaptive"}, {"contentUrl", nullptr}, {"content", card}};
  return json_text({{"type", "message"}, {"attachments", Json::array({attachment})}});
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  return json_post(receiver.secret("url"),
                   fitting(message, kMostBytes, [&message](std::size_t shown) { return body_of(message, shown); }));
}

/// A workflow that somebody switched off answers 400, though nothing is wrong with the message.
Delivery judge(const Response& response) {
  constexpr std::array<std::string_view, 4> kToRepair = {"WorkflowTriggerIsNotEnabled", "WorkflowNotFound",
                                                         "WorkflowDisabled", "DirectApiAuthorizationRequired"};
  const std::string code = answered(response, "/error/code").value_or("");
  const auto known = std::find(kToRepair.begin(), kToRepair.end(), code);
  if (response.status == 400 && known != kToRepair.end()) return judged(Acceptance::refused, response, *known);
  return judge_no_page(response);
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found = url_troubles(receiver, "url");
  if (found.empty() && receiver.secret("url").reveal().find(".webhook.office.com/") != std::string::npos)
    found.push_back(
        {"url", "is of an Office 365 connector, which Microsoft retired: make a workflow in Teams instead"});
  return found;
}

}  // namespace

const ReceiverKind& teams_receiver() {
  static const ReceiverKind kind = {
      .name = "teams",
      .doc = "an adaptive card through a workflow of Microsoft Teams",
      .options = {{.key = "url",
                   .required = true,
                   .secret = true,
                   .doc = "the URL of the workflow that posts to a channel or chat",
                   .example =
                       "https://prod-00.westeurope.logic.azure.com/workflows/made-up/triggers/manual/paths/invoke"
                       "?api-version=2016-06-01&sig=made-up"}},
      .pace = {.burst = 4, .each = std::chrono::seconds(1)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
