// What Prometheus is asked. That it answers as the engine does is promql_parity_test.py's business.
#include "alerts/promql.hpp"

#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "exporter/catalogue.hpp"

using namespace mw;

namespace {

Rule rule(const std::string& when) {
  Rule made;
  made.name = "A";
  made.when = std::get<Expression>(parse_expression(when));
  return made;
}

std::string text_of(const Rule& rule, const std::vector<std::string>& labels = {}) {
  const auto outcome = to_promql(rule, labels);
  REQUIRE(std::holds_alternative<PromqlExpression>(outcome));
  return std::get<PromqlExpression>(outcome).text;
}

std::string forms_of(Signal signal) {
  const PromqlForm& form = promql_form(signal);
  return form.value + "\n" + form.most + "\n" + form.five_minutes + "\n" + form.yes + "\n" + form.no;
}

std::set<std::string> matches(const std::string& text, const char* pattern, std::size_t group) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[group]);
  return found;
}

}  // namespace

TEST_CASE("every signal can be asked of Prometheus, over metrics and labels that there are") {
  for (const SignalFacts& each : signals()) {
    CAPTURE(each.name);
    const PromqlForm& form = promql_form(each.signal);
    CHECK((each.unit == Unit::flag) == (!form.yes.empty() && !form.no.empty()));
    CHECK((each.unit != Unit::flag) == !form.value.empty());
    CHECK((each.unit == Unit::share) == !form.most.empty());
    CHECK((each.window != Window::none) == (form.value.find("$window") != std::string::npos));
    for (const std::string& name : matches(forms_of(each.signal), "\\b(mirror|mirrorwarden)_[a-z_]+", 0)) {
      CAPTURE(name);
      REQUIRE_NOTHROW(metric(name));
    }
    const std::string forms = forms_of(each.signal);
    const std::regex selector("(mirror[a-z_]+)\\{([a-z]+)(=|!)");
    for (std::sregex_iterator it(forms.begin(), forms.end(), selector), end; it != end; ++it) {
      CAPTURE(it->str());
      const auto labels = std::string(metric((*it)[1].str()).labels) + ",";
      CHECK(labels.find("," + (*it)[2].str() + ",") != std::string::npos);
    }
  }
}

TEST_CASE("nothing is left to be filled in") {
  for (const SignalFacts& each : signals()) {
    const std::string comparison = each.unit == Unit::flag       ? ""
                                   : each.unit == Unit::duration ? " > 1h"
                                   : each.unit == Unit::rate     ? " < 1KiB"
                                                                 : " > 1";
    CAPTURE(each.name);
    CHECK(text_of(rule(std::string(each.name) + comparison)).find('$') == std::string::npos);
  }
}

TEST_CASE("of a number of mirrors, the ones without a verdict may be either") {
  const std::string few = text_of(rule("pool_fresh < 2"));
  CHECK(few.find(R"(verdict=~"fresh|unknown"} and on (job, instance, pool, mirror) mirror_info{role="mirror"}) < 2)") !=
        std::string::npos);
  CHECK(few.find(R"(verdict=~"fresh"} and on (job, instance, pool, mirror) mirror_info{role="mirror"}) >= 2)") !=
        std::string::npos);
  CHECK(text_of(rule("pool_fresh < 50%")).find(" / sum without (mirror, verdict) (mirror_verdict and") !=
        std::string::npos);
}

TEST_CASE("the ratio over five minutes is a gauge; over other windows it is counted, and that is told") {
  CHECK(text_of(rule("error_ratio[5m] > 50%")).find("mirror_error_ratio > 0.5") != std::string::npos);
  const auto outcome = to_promql(rule("error_ratio[10m] > 50%"), {});
  REQUIRE(std::get<PromqlExpression>(outcome).remarks.size() == 1);
  CHECK(std::get<PromqlExpression>(outcome).remarks[0].starts_with("error_ratio[10m] > 50%: "));
  CHECK(std::get<PromqlExpression>(outcome).text.find("increase(mirror_check_runs_total[10m])") != std::string::npos);
}

TEST_CASE("the last runs one by one are in no metric") {
  for (const auto* when : {"failures[5] >= 3", "down or stale and failures[3] > 1"}) {
    const auto outcome = to_promql(rule(when), {});
    REQUIRE(std::holds_alternative<std::string>(outcome));
    CHECK(std::get<std::string>(outcome).find("no metric tells the last runs") != std::string::npos);
  }
  Rule clearing = rule("down");
  clearing.clear = std::get<Expression>(parse_expression("failures[5] < 1"));
  CHECK(std::holds_alternative<std::string>(to_promql(clearing, {})));
}

TEST_CASE("names are quoted, also within regular expressions") {
  Rule odd = rule("down");
  odd.name = "a\"b\\c";
  odd.pools = {"x.y"};
  CHECK(text_of(odd).find(R"(ALERTS{alertname="a\"b\\c", alertstate="firing"})") != std::string::npos);
  CHECK(text_of(odd).find(R"(mirror_info{role="mirror", pool="x.y"})") != std::string::npos);
  CHECK(match_any({"x.y", "(z)"}) == R"re(=~"x\\.y|\\(z\\)")re");
}

TEST_CASE("a mirror's configured labels come from mirror_info; an alert of a pool has none") {
  CHECK(text_of(rule("down"), {"city", "isp"}).find("group_left (city, isp) mirror_info{role=\"mirror\"}") !=
        std::string::npos);
  CHECK(text_of(rule("pool_fresh < 1"), {"city"}).find("city") == std::string::npos);
}
