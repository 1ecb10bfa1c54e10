// The status page's parts, top to bottom. Every outside text goes through html().
#include "exporter/web/pages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "exporter/web/html.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

/// A glyph that most fonts have, so that the state can be told without colour.
std::string_view symbol(State state) {
  constexpr std::array kSymbols = {"✓", "◷", "≠", "✗", "?"};
  return kSymbols.at(static_cast<std::size_t>(state));
}

std::string mark(std::string_view css_class, std::string_view glyph, std::string_view text) {
  std::string out = "<span class=\"mark ";
  out.append(css_class).append("\"><span aria-hidden=\"true\">").append(glyph).append("</span> ");
  return out.append(html(text)).append("</span>");
}

/// The label is for narrow screens, where a row becomes a card and the table's head is gone.
std::string cell(std::string_view label, const std::string& content) {
  std::string out = content.empty() ? "<td class=\"none\" data-label=\"" : "<td data-label=\"";
  return out.append(label).append("\"><div>").append(content.empty() ? "–" : content).append("</div></td>\n");
}

// ---- head ---------------------------------------------------------------------------------------------------

std::map<State, int> count_states(const Snapshot& snapshot) {
  std::map<State, int> counts;
  for (const auto& view : snapshot.mirrors) ++counts[view->verdict.state];
  return counts;
}

int count_bad(const std::map<State, int>& counts) {
  int bad = 0;
  for (const auto& [state, count] : counts) bad += state == State::fresh || state == State::unknown ? 0 : count;
  return bad;
}

std::string summary(const Snapshot& snapshot) {
  const auto counts = count_states(snapshot);
  std::string out = "<ul class=\"summary\">\n";
  for (const State state : kStates) {
    const auto found = counts.find(state);
    if (found == counts.end()) continue;
    out += "<li>" + mark(name(state), symbol(state), std::to_string(found->second) + " " + std::string(name(state))) +
           "</li>\n";
  }
  return out + "</ul>\n";
}

std::string title(const StatusPage& page) {
  if (!page.published || !page.published->snapshot) return "mirrorwarden";
  const int bad = count_bad(count_states(*page.published->snapshot));
  return bad == 0 ? "mirrorwarden" : "(" + std::to_string(bad) + ") mirrorwarden";
}

std::string header(const StatusPage& page) {
  std::string out = "<header>\n<h1>mirrorwarden</h1>\n";
  if (!page.published || !page.published->snapshot) return out + "</header>\n";
  const Published& published = *page.published;
  out += "<p>";
  if (published.config && !published.config->agent.vantage.empty())
    out += "Seen from <b>" + html(published.config->agent.vantage) + "</b>. ";
  out += "Last change " + ago(published.snapshot->at, page.now) + ".</p>\n";
  if (!published.ready) out += "<p class=\"note\">Starting: not every mirror has been looked at yet.</p>\n";
  return out + summary(*published.snapshot) + "</header>\n";
}

// ---- alerts -------------------------------------------------------------------------------------------------

std::string value_text(const Alert& alert) {
  if (!std::isfinite(alert.value)) return "unknown";
  if (facts(alert.which.signal).unit == Unit::duration)
    return rough(
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::clamp(alert.value, 0.0, 9e9))));
  return format_value(alert.which.signal, alert.value);
}

std::string subject(const AlertKey& key) {
  if (key.pool.empty()) return "this agent";
  return html(key.pool) + (key.mirror.empty() ? "" : " / <b>" + html(key.mirror) + "</b>");
}

std::string why_quiet(const Alert& alert) {
  std::string why;
  if (alert.muted()) why = "muted by another alert";
  if (!alert.silenced_by.empty()) why += (why.empty() ? "" : "; ") + ("silenced: " + html(alert.silenced_by));
  if (alert.acknowledged)
    why += (why.empty() ? "" : "; ") + ("acknowledged by " + html(alert.acknowledged->by)) + ": " +
           html(alert.acknowledged->comment);
  return why.empty() ? "" : " <span class=\"none\">(" + why + ")</span>";
}

std::string alert_item(const AlertKey& key, const Alert& alert, SysTime now) {
  std::string out =
      "<li><b>" + html(key.rule) + "</b> <span class=\"severity\">" + html(alert.rule->severity) + "</span> ";
  out += subject(key) + ": " + html(name(alert.which.signal)) + " " + value_text(alert) + ", fired " +
         ago(alert.fired_at, now);
  return out + why_quiet(alert) + "</li>\n";
}

/// What nobody is told of comes last.
std::string firing_items(const Alerts& alerts, SysTime now) {
  std::string out;
  for (const bool heard : {true, false}) {
    for (const auto& [key, alert] : alerts) {
      if (alert.phase == Phase::firing && alert.heard() == heard) out += alert_item(key, alert, now);
    }
  }
  return out;
}

std::string alerts(const StatusPage& page) {
  const Alerts& all = *page.published->alerts;
  const std::string firing = firing_items(all, page.now);
  const auto pending = std::ranges::count_if(all, [](const auto& each) { return each.second.phase == Phase::pending; });
  std::string out;
  if (!firing.empty()) out = "<section class=\"alerts\">\n<h2>Firing</h2>\n<ul>\n" + firing + "</ul>\n</section>\n";
  if (pending > 0) out += "<p class=\"note\">Pending alerts: " + std::to_string(pending) + "</p>\n";
  return out;
}

/// What was lost: somebody has to know.
std::string dead_letters(const Published& published, SysTime now) {
  std::string items;
  for (const ReceiverView& receiver : published.receivers)
    for (const DeadLetter& letter : receiver.dead)
      items += "<li><b>" + html(receiver.name) + "</b> " + ago(letter.at, now) + ": " + html(letter.headline) +
               ": <span class=\"detail\">" + html(letter.error) + "</span></li>\n";
  if (items.empty()) return items;
  return "<section class=\"alerts\">\n<h2>Never accepted</h2>\n<ul>\n" + items + "</ul>\n</section>\n";
}

std::string receivers(const Published& published) {
  std::string items;
  for (const ReceiverView& receiver : published.receivers) {
    if (receiver.owed == 0 && receiver.last_error.empty()) continue;
    items += "<li><b>" + html(receiver.name) + "</b> is owed " + std::to_string(receiver.owed) +
             (receiver.owed == 1 ? " notice" : " notices");
    items += receiver.last_error.empty() ? "" : ": <span class=\"detail\">" + html(receiver.last_error) + "</span>";
    items += "</li>\n";
  }
  if (items.empty()) return items;
  return "<section class=\"alerts\">\n<h2>Not delivered yet</h2>\n<ul>\n" + items + "</ul>\n</section>\n";
}

// ---- one mirror ---------------------------------------------------------------------------------------------

std::string mirror_cell(const MirrorView& view) {
  std::string out = "<b>" + html(view.mirror->name) + "</b>";
  if (view.mirror->reference) out += " <span class=\"tag\">reference</span>";
  if (view.mirror->url.host == view.mirror->name) return out;
  return out + "<span class=\"host\">" + html(view.mirror->url.host) + "</span>";
}

std::string why_cell(const Verdict& verdict) {
  if (!verdict.failure) return {};
  const Failure& failure = *verdict.failure;
  std::string out = "<code>" + html(name(failure.layer)) + "</code> · <code>" + html(name(failure.reason)) + "</code>";
  if (!verdict.blame.empty()) out += " · copied from " + html(verdict.blame) + ", which is behind";
  return failure.detail.empty() ? out : out + "<span class=\"detail\">" + html(failure.detail) + "</span>";
}

std::string lag_cell(const MirrorView& view) {
  const Lag& lag = view.lag;
  if (view.mirror->reference || !lag.known) return {};
  if (lag.ahead) return "ahead";
  if (lag.lower == Duration::zero() && lag.upper.value_or(Duration::zero()) == Duration::zero()) return "none";
  if (!lag.upper) return "≥ " + rough(lag.lower);
  const std::string lower = rough(lag.lower);
  const std::string upper = rough(*lag.upper);
  return lower == upper ? lower : lower + " – " + upper;
}

/// Of the checks that count as failed the earliest last success; nothing if one of them never had any.
std::optional<SysTime> good_before_failing(const MirrorView& view) {
  std::optional<SysTime> earliest;
  for (const auto& [kind, state] : view.checks) {
    if (!state.settled) continue;
    if (!state.last_good) return {};
    earliest = std::min(earliest.value_or(state.last_good->at), state.last_good->at);
  }
  return earliest;
}

std::optional<SysTime> latest_good(const MirrorView& view) {
  std::optional<SysTime> latest;
  for (const auto& [kind, state] : view.checks) {
    if (state.last_good) latest = std::max(latest.value_or(state.last_good->at), state.last_good->at);
  }
  return latest;
}

/// When all was last well with it.
std::string last_good_cell(const MirrorView& view, SysTime now) {
  const bool is_failing =
      std::ranges::any_of(view.checks, [](const auto& each) { return each.second.settled.has_value(); });
  const bool is_behind = view.verdict.state == State::stale && !is_failing && view.since != SysTime{};
  const auto at = is_failing ? good_before_failing(view) : is_behind ? view.since : latest_good(view);
  return at ? ago(*at, now) : "<span class=\"none\">never</span>";
}

std::string check_tooltip(const CheckState& state, SysTime now) {
  if (!state.last) return "not run yet";
  std::string out = state.settled
                        ? std::string(name(state.settled->layer)) + " " + std::string(name(state.settled->reason))
                        : std::string("good");
  out += ", took " + rough(state.last->took) + ", ";
  return out + rough(std::chrono::floor<std::chrono::seconds>(now - state.last->at)) + " ago";
}

std::string checks_cell(const MirrorView& view, SysTime now) {
  std::string out;
  for (const auto& [kind, state] : view.checks) {
    const bool is_good = !state.settled && state.last_good;
    const std::string_view css = state.settled ? "down" : is_good ? "fresh" : "unknown";
    const std::string_view glyph = state.settled ? "✗" : is_good ? "✓" : "?";
    out += "<span class=\"check\" title=\"" + html(check_tooltip(state, now)) + "\">" + mark(css, glyph, name(kind)) +
           "</span> ";
  }
  return out;
}

std::string mirror_row(const MirrorView& view, SysTime now) {
  const State state = view.verdict.state;
  std::string out = "<tr class=\"" + std::string(name(state)) + "\">\n";
  out += "<th scope=\"row\">" + mirror_cell(view) + "</th>\n";
  out += cell("State", mark(name(state), symbol(state), name(state)));
  out += cell("Why", why_cell(view.verdict));
  out += cell("Since", view.since == SysTime{} ? std::string() : ago(view.since, now));
  out += cell("Lag", lag_cell(view));
  out += cell("Last good", last_good_cell(view, now));
  out += cell("Checks", checks_cell(view, now));
  return out + "</tr>\n";
}

// ---- pools --------------------------------------------------------------------------------------------------

std::string pool_section(const PoolView& pool, const StatusPage& page) {
  std::string out = "<section>\n<h2>" + html(pool.pool->name) + " <small>" + html(pool.pool->ecosystem);
  out += pool.reference_up ? "" : " · <strong>reference does not answer</strong>";
  out +=
      "</small></h2>\n<table>\n<thead><tr><th scope=\"col\">Mirror</th><th scope=\"col\">State</th>"
      "<th scope=\"col\">Why</th><th scope=\"col\">Since</th><th scope=\"col\">Lag</th>"
      "<th scope=\"col\">Last good</th><th scope=\"col\">Checks</th></tr></thead>\n<tbody>\n";
  for (const auto& view : page.published->snapshot->mirrors) {
    if (view->pool->name == pool.pool->name) out += mirror_row(*view, page.now);
  }
  return out + "</tbody>\n</table>\n</section>\n";
}

std::string content(const StatusPage& page) {
  if (!page.published || !page.published->snapshot)
    return "<p class=\"note\">Starting: nothing has been looked at yet.</p>\n";
  std::string out;
  if (page.published->alerts) out += alerts(page);
  out += receivers(*page.published) + dead_letters(*page.published, page.now);
  for (const PoolView& pool : page.published->snapshot->pools) out += pool_section(pool, page);
  return out;
}

/// Relative, so that the page works below any path of a reverse proxy.
std::string footer(const StatusPage& page) {
  const std::string metrics = html(std::string_view(page.metrics_path).substr(1));
  return "<footer>\n<nav><a href=\"" + metrics +
         "\">metrics</a> <a href=\"config\">configuration</a> <a href=\"probe/history\">recent probes</a> <a "
         "href=\"-/healthy\">healthy</a> <a "
         "href=\"-/ready\">ready</a></nav>\n"
         "<p>mirrorwarden " +
         html(page.version) + ". This page renews itself every 10 seconds.</p>\n</footer>\n";
}

}  // namespace

std::string status_page(const StatusPage& page) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
         title(page) + "</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n" + header(page) +
         "<main>\n" + content(page) + "</main>\n" + footer(page) + "</body>\n</html>\n";
}

}  // namespace mw
