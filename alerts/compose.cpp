// The words of a notice: what a person on call reads first. Pure.
#include "alerts/layout.hpp"
#include "alerts/outbox.hpp"
#include "probes/digest.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

std::string headline(const Owed& owed, const Alert& alert, const MirrorView* view) {
  const std::string who = "Mirror " + owed.key.mirror + " of pool " + owed.key.pool;
  if (!owed.firing && view == nullptr) return who + ": no longer watched, " + owed.key.rule + " is over.";
  if (!owed.firing) return who + ": " + owed.key.rule + " is over.";
  const std::string state = view != nullptr ? std::string(name(view->verdict.state)) : "unknown";
  return who + " is " + state + " (" + to_string(alert.rule.when) + ").";
}

std::string why(const MirrorView& view) {
  if (!view.verdict.failure) return "It serves what the reference serves.";
  const Failure& failure = *view.verdict.failure;
  return "Layer " + std::string(name(failure.layer)) + ", reason " + std::string(name(failure.reason)) + ": " +
         printable(failure.detail) + ".";
}

/// How the rest of the pool is doing: the first question after "which one".
std::string describe(const Owed& owed, const Alert& alert, const MirrorView* view) {
  std::string text = std::string(name(alert.rule.when.signal)) + " is " +
                     format_value(alert.rule.when.signal, alert.value) + ", true since " + rfc3339(alert.active_at) +
                     ".";
  if (view != nullptr) text = why(*view) + " " + text;
  return owed.firing ? text
                     : "Was firing since " + rfc3339(alert.fired_at) + ". " + (view != nullptr ? why(*view) : "");
}

void add_facts(std::map<std::string, std::string>& annotations, const MirrorView& view) {
  annotations["verdict"] = name(view.verdict.state);
  annotations["url"] = view.mirror->url.str();
  if (!view.verdict.failure) return;
  annotations["layer"] = name(view.verdict.failure->layer);
  annotations["reason"] = name(view.verdict.failure->reason);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// As Alertmanager writes it: {}:{alertname="MirrorStale", pool="debian"}
std::string group_key(const std::map<std::string, std::string>& labels) {
  std::string key = "{}:{";
  for (const auto& [name, value] : labels) key += (key.back() == '{' ? "" : ", ") + name + "=" + quoted(value);
  return key + "}";
}

}  // namespace

Notice compose(const Owed& owed, const Alert& alert, const MirrorView* view, const std::string& external_url) {
  Notice notice;
  notice.firing = owed.firing;
  notice.alert = owed.key.rule;
  notice.labels = alert.labels;
  notice.annotations["summary"] = headline(owed, alert, view);
  notice.annotations["description"] = describe(owed, alert, view);
  if (view != nullptr) add_facts(notice.annotations, *view);
  for (const auto& [key, text] : alert.rule.annotations) notice.annotations.insert_or_assign(key, text);
  notice.starts_at = alert.fired_at;
  notice.ends_at = owed.firing ? SysTime{} : alert.resolved_at;
  notice.title = notice.annotations["summary"];
  notice.generator_url = external_url.empty() ? "" : external_url + "/";
  return notice;
}

Message message_of(const Owed& owed, Notice notice, const Receiver& receiver, const std::string& external_url) {
  Message message;
  message.sequence = owed.episode * 2 - (owed.firing ? 1 : 0);
  message.language = receiver.language;
  message.receiver = receiver.name;
  for (const char* key : {"alertname", "mirror", "pool"})
    if (const auto found = notice.labels.find(key); found != notice.labels.end()) message.group_labels.insert(*found);
  message.group_key = group_key(message.group_labels);
  message.id = sha256_hex(receiver.name + message.group_key + std::to_string(message.sequence)).substr(0, 32);
  message.external_url = external_url;
  message.notices.push_back(std::move(notice));
  return message;
}

}  // namespace mw
