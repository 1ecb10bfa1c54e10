// Appends, prints, answers 200.
#include "tests/lab/collector.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mw::lab {

using nlohmann::json;

namespace {

std::string label(const json& alert, const char* name) {
  const auto labels = alert.value("labels", json::object());
  return labels.value(name, std::string("?"));
}

std::string alert_line(const json& alert) {
  return alert.value("status", std::string("?")) + " " + label(alert, "alertname") + " " + label(alert, "mirror");
}

}  // namespace

Collector::Collector(const std::string& file) : out_(file, std::ios::app) {
  if (!out_) throw std::runtime_error("cannot write " + file);
}

Response Collector::take(const Request& request) {
  Response response;
  const json payload = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (request.method != "POST" || payload.is_discarded()) {
    response.status = request.method == "POST" ? 400 : 405;
    return response;
  }
  out_ << payload.dump() << std::endl;
  std::cout << "notice: " << summary(request.body) << std::endl;
  response.content_type = "application/json";
  response.body = "{}\n";
  return response;
}

std::string summary(const std::string& payload) {
  const json parsed = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.value("alerts", json()).is_array()) return "not an Alertmanager payload";
  std::string out;
  try {
    for (const json& alert : parsed["alerts"]) out += (out.empty() ? "" : ", ") + alert_line(alert);
  } catch (const json::exception&) {
    return "not an Alertmanager payload";
  }
  return out.empty() ? "no alerts" : out;
}

}  // namespace mw::lab
