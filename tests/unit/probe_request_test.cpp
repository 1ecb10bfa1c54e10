// What is asked of /probe and how long it may take: blackbox_exporter's rules, without its traps.
#include "exporter/probe_request.hpp"

#include <catch2/catch.hpp>

#include "exporter/probe_history.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

ProbeConfig config_with(std::string name, Duration timeout = {}) {
  Module module;
  module.name = std::move(name);
  module.timeout = timeout;
  ProbeConfig config;
  config.modules.push_back(std::make_shared<const Module>(module));
  return config;
}

WebRequest request_of(std::string query, std::string timeout = "") {
  WebRequest request;
  request.method = "GET";
  request.path = "/probe";
  request.query = std::move(query);
  request.scrape_timeout = std::move(timeout);
  return request;
}

int status_of(const ProbeConfig& config, const WebRequest& request) {
  const auto order = read_probe_order(request, config);
  const auto* refused = std::get_if<NoProbe>(&order);
  return refused == nullptr ? 200 : refused->reply.status;
}

std::string given(std::string_view header, Duration module) {
  const auto timeout = probe_timeout(header, 500ms, module);
  if (std::holds_alternative<std::string>(timeout)) return "error";
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(std::get<Duration>(timeout)).count());
}

PastProbe past(const std::string& target, bool success) {
  PastProbe made;
  made.target = target;
  made.success = success;
  made.module = std::make_shared<const Module>();
  return made;
}

}  // namespace

TEST_CASE("probe timeout: what the scrape allows less the offset, or the module's where that is shorter") {
  CHECK(given("", 0s) == "119500");
  CHECK(given("0", 0s) == "119500");
  CHECK(given("10", 0s) == "9500");
  CHECK(given("10", 5s) == "5000");
  CHECK(given("10", 9500ms) == "9500");
  CHECK(given("10", 30s) == "9500");
  CHECK(given("2.5", 0s) == "2000");
  CHECK(given("1e1", 0s) == "9500");
}

TEST_CASE("probe timeout: never nothing, never for ever") {
  CHECK(given("0.5", 0s) == "250");
  CHECK(given("0.3", 0s) == "150");
  CHECK(given("0.3", 2s) == "2000");  // as blackbox_exporter has it: the module's word is all there is
  CHECK(given("-1", 3s) == "3000");
  CHECK(given("-1", 0s) == "119500");
  CHECK(given("1e9", 0s) == "3600000");
  CHECK(given("inf", 0s) == "3600000");
  CHECK(given("1e-300", 0s) == "1");
  for (const char* junk : {"NaN", "nan", "junk", "10s", "1,5", "--1", "0x10", "10 10"})
    CHECK(given(junk, 1s) == "error");
}

TEST_CASE("probe order: what is missing or wrong is said") {
  const ProbeConfig config = config_with("http_2xx");
  CHECK(status_of(config, request_of("target=example.org")) == 200);
  CHECK(status_of(config, request_of("target=example.org&module=")) == 200);
  CHECK(status_of(config, request_of("target=example.org&module=http_2xx", "10")) == 200);
  CHECK(status_of(config, request_of("target=example.org&module=other")) == 400);
  CHECK(status_of(config, request_of("module=http_2xx")) == 400);
  CHECK(status_of(config, request_of("target=")) == 400);
  CHECK(status_of(config, request_of("target=example.org", "junk")) == 500);
  CHECK(status_of(config, request_of("target=a%0d%0ab")) == 400);
  CHECK(status_of(config, request_of("target=a+b")) == 400);
  CHECK(status_of(config, request_of("target=" + std::string(3000, 'a'))) == 400);
}

TEST_CASE("probe order: its parts") {
  const auto order = read_probe_order(request_of("target=https%3A%2F%2Fexample.org%2F&hostname=h.test&debug=true", "3"),
                                      config_with("http_2xx"));
  const auto& wanted = std::get<ProbeOrder>(order);
  CHECK(wanted.target == "https://example.org/");
  CHECK(wanted.hostname == "h.test");
  CHECK(wanted.debug);
  CHECK(wanted.timeout == 2500ms);
}

TEST_CASE("probe order: hostname may not contradict the module's Host") {
  Module module;
  module.name = "http_2xx";
  module.http.headers = {{"host", "one.test"}};
  ProbeConfig config;
  config.modules.push_back(std::make_shared<const Module>(module));
  CHECK(status_of(config, request_of("target=a&hostname=two.test")) == 400);
  CHECK(status_of(config, request_of("target=a&hostname=ONE.test")) == 200);
  CHECK(status_of(config, request_of("target=a")) == 200);
}

TEST_CASE("probe history: successes do not push out a target's last failure") {
  ProbeHistory history;
  history.set_limit(3);
  history.add(past("a", false));
  history.add(past("a", false));
  history.add(past("b", false));
  for (int i = 0; i < 10; ++i) history.add(past("c", true));
  REQUIRE(history.all().size() == 5);
  CHECK(history.find(2)->target == "a");
  CHECK(!history.find(1));
  CHECK(history.latest("b", "")->id == 3);
  CHECK(history.latest("c", "")->id == 13);
  CHECK(!history.latest("d", ""));
  for (int i = 0; i < 10; ++i) history.add(past("t" + std::to_string(i), false));
  CHECK(history.all().size() == 6);
  history.set_limit(0);
  history.add(past("z", false));
  CHECK(!history.latest("z", ""));
}
