// What one receiver is told at once: the news of a group of alerts, in the receiver's language and ready to be laid
// out. Plain values. Knows neither what made them true nor what any receiver makes of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "probes/model.hpp"

namespace mw {

enum class Language : std::uint8_t { english, chinese };

/// One line for people: "Since" and "2026-03-01 08:15 UTC (3h ago)". Plain text, no markup, UTF-8.
struct Fact {
  std::string name;
  std::string text;
};

/// One alert as told to one receiver.
struct Notice {
  bool firing = true;
  std::string alert;                               ///< the rule's name
  std::map<std::string, std::string> labels;       ///< identity: never a measured value
  std::map<std::string, std::string> annotations;  ///< for people and templates: summary, description, runbook_url, …
  SysTime starts_at{};
  SysTime ends_at{};             ///< when resolved
  std::string title;             ///< one line
  std::vector<Fact> facts = {};  ///< the most important first
  std::string runbook_url;       ///< may be empty
  std::string generator_url;     ///< the mirror's page; may be empty
};

enum class MessageKind : std::uint8_t {
  news,      ///< something began or ended
  reminder,  ///< nothing did, and it is still firing
  test       ///< asked for by hand; must be marked as such
};

struct Message {
  std::string id;              ///< idempotency key: the same in every attempt, and in no other message
  std::uint64_t sequence = 0;  ///< counts a group's messages to one receiver, from 1
  MessageKind kind = MessageKind::news;
  Language language = Language::english;
  std::string receiver;
  std::string vantage;    ///< may be empty
  std::string group_key;  ///< the same for every message of the group
  std::map<std::string, std::string> group_labels;
  std::vector<Notice> notices;    ///< at least one; what fires before what is over, the most severe first
  std::size_t more_firing = 0;    ///< alerts of the group without a notice: nobody would have room for so many
  std::size_t more_resolved = 0;  ///< likewise
  std::string external_url;       ///< the agent's page; may be empty

  /// Of alerts, told or only counted.
  std::size_t count() const { return notices.size() + more_firing + more_resolved; }
  bool firing() const {
    return more_firing > 0 || std::any_of(notices.begin(), notices.end(), [](const Notice& n) { return n.firing; });
  }
};

}  // namespace mw
