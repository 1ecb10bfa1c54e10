// Text for one probe, HTML for the list.
#include "exporter/probe_pages.hpp"

#include "exporter/web/html.hpp"
#include "exporter/web/query.hpp"
#include "probes/duration.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

std::string row(const PastProbe& past, SysTime now) {
  const std::string id = std::to_string(past.id);
  return "<tr><td>" + ago(past.at, now) + "</td><td>" + html(past.module->name) + "</td><td>" + html(past.target) +
         "</td><td>" + (past.success ? "✓ success" : "✗ failure") + "</td><td><a href=\"../logs?id=" + id +
         "\">log</a></td></tr>\n";
}

/// As far as it says how the log came about; its secrets are nobody's business.
std::string describe(const Module& module) {
  std::string text = "name = " + module.name + "\nprober = " + std::string(name(module.prober)) + "\n";
  if (module.timeout > Duration::zero()) text += "timeout = " + format_duration(module.timeout) + "\n";
  return text;
}

}  // namespace

WebReply probe_debug_page(const PastProbe& past) {
  WebReply reply;
  reply.body = "Logs for the probe of " + printable(past.target, 2048) + ":\n" + past.log +
               "\n\n\nMetrics that would have been returned:\n" + past.page + "\n\n\nModule:\n" +
               describe(*past.module);
  return reply;
}

WebReply probe_history_page(const std::vector<std::shared_ptr<const PastProbe>>& list, SysTime now) {
  WebReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.headers = {{"Content-Security-Policy",
                    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
                    "'none'"}};
  reply.body =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Recent probes</title>\n"
      "<link rel=\"stylesheet\" href=\"../style.css\">\n</head>\n<body>\n<main>\n<h1>Recent probes</h1>\n"
      "<table>\n<tr><th>When</th><th>Module</th><th>Target</th><th>Result</th><th>Log</th></tr>\n";
  for (const auto& past : list) reply.body += row(*past, now);
  reply.body += "</table>\n</main>\n</body>\n</html>\n";
  return reply;
}

WebReply probe_log_page(const WebRequest& request, const ProbeHistory& history) {
  const auto id = query_value(request.query, "id");
  const auto target = query_value(request.query, "target");
  const auto module = query_value(request.query, "module").value_or("");
  if (id.has_value() == target.has_value()) return plain(400, "either id or target is wanted");
  if (id && !parse_decimal(*id)) return plain(400, "id is not a number");
  const auto found = id ? history.find(*parse_decimal(*id)) : history.latest(*target, module);
  return found ? probe_debug_page(*found) : plain(404, "there is no such probe, or not any more");
}

}  // namespace mw
