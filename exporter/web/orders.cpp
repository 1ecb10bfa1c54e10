// Orders out of JSON, and silences into it.
#include "exporter/web/orders.hpp"

#include <nlohmann/json.hpp>

#include "probes/duration.hpp"
#include "probes/formats/rfc3339.hpp"

namespace mw {

namespace {

using Json = nlohmann::ordered_json;

/// What is wrong with an order; caught where it is read.
struct Refused {
  std::string why;
};

Json object_in(std::string_view body) {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) throw Refused{"the body is no JSON object"};
  return json;
}

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return "";
  if (!found->is_string()) throw Refused{std::string(key) + " is no string"};
  return found->get<std::string>();
}

bool flag_at(const Json& json, const char* key, bool otherwise) {
  const auto found = json.find(key);
  if (found == json.end()) return otherwise;
  if (!found->is_boolean()) throw Refused{std::string(key) + " is neither true nor false"};
  return found->get<bool>();
}

std::optional<SysTime> time_at(const Json& json, const char* key) {
  const std::string text = text_at(json, key);
  if (text.empty()) return std::nullopt;
  const auto time = parse_rfc3339(text);
  if (!time) throw Refused{std::string(key) + " is no time such as 2027-01-31T22:00:00Z"};
  return time;
}

Matcher matcher_in(const Json& json) {
  if (!json.is_object()) throw Refused{"a matcher is no JSON object"};
  Matcher matcher{text_at(json, "name"), text_at(json, "value"), flag_at(json, "isRegex", false),
                  flag_at(json, "isEqual", true)};
  if (const auto trouble = trouble_with(matcher)) throw Refused{"a matcher " + *trouble};
  return matcher;
}

std::vector<Matcher> matchers_in(const Json& json) {
  const auto found = json.find("matchers");
  if (found == json.end() || !found->is_array() || found->empty()) throw Refused{"matchers is no list of matchers"};
  std::vector<Matcher> matchers;
  for (const Json& each : *found) matchers.push_back(matcher_in(each));
  return matchers;
}

SysTime end_in(const Json& json, SysTime start) {
  const auto end = time_at(json, "endsAt");
  const std::string lasts = text_at(json, "duration");
  if (end && !lasts.empty()) throw Refused{"endsAt and duration are both there, expected one of them"};
  if (end) return *end;
  const auto duration = parse_duration(lasts);
  if (!duration) throw Refused{"neither endsAt nor a duration such as 2h says when it ends"};
  return start + std::min(*duration, Duration(std::chrono::hours(24 * 3660)));
}

Silence silence_in(const Json& json, SysTime now) {
  Silence wanted;
  wanted.matchers = matchers_in(json);
  wanted.starts_at = time_at(json, "startsAt").value_or(now);
  wanted.ends_at = end_in(json, wanted.starts_at);
  wanted.created_by = text_at(json, "createdBy");
  wanted.comment = text_at(json, "comment");
  if (const auto trouble = trouble_with(wanted, now)) throw Refused{"the silence " + *trouble};
  return wanted;
}

AcknowledgeOrder acknowledgement_in(const Json& json) {
  constexpr std::size_t kMost = 1024;
  AcknowledgeOrder order{matchers_in(json), {text_at(json, "createdBy"), text_at(json, "comment"), {}}};
  if (order.by.by.empty() || order.by.comment.empty()) throw Refused{"createdBy or comment is missing"};
  if (order.by.by.size() > kMost || order.by.comment.size() > kMost)
    throw Refused{"createdBy or comment is longer than 1024 bytes"};
  return order;
}

const char* state_of(const Silence& laid, SysTime now) {
  return now < laid.starts_at ? "pending" : now < laid.ends_at ? "active" : "expired";
}

Json json_of(const Silence& laid, SysTime now) {
  Json matchers = Json::array();
  for (const Matcher& each : laid.matchers)
    matchers.push_back(
        {{"name", each.name}, {"value", each.value}, {"isRegex", each.is_regex}, {"isEqual", each.is_equal}});
  return {{"id", laid.id},
          {"status", {{"state", state_of(laid, now)}}},
          {"matchers", std::move(matchers)},
          {"startsAt", rfc3339(laid.starts_at)},
          {"endsAt", rfc3339(laid.ends_at)},
          {"createdBy", laid.created_by},
          {"comment", laid.comment}};
}

}  // namespace

std::variant<Silence, std::string> read_silence(std::string_view body, SysTime now) {
  try {
    return silence_in(object_in(body), now);
  } catch (const Refused& refused) {
    return refused.why;
  }
}

std::variant<AcknowledgeOrder, std::string> read_acknowledgement(std::string_view body) {
  try {
    return acknowledgement_in(object_in(body));
  } catch (const Refused& refused) {
    return refused.why;
  }
}

std::string silences_json(const Silences& silences, SysTime now) {
  Json list = Json::array();
  for (const auto& [id, laid] : silences) list.push_back(json_of(laid, now));
  return list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mw
