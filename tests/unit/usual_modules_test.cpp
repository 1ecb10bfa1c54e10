// The modules that are there without any in the configuration, and what [probe] says when nothing is said.
#include "exporter/usual_modules.hpp"

#include <catch2/catch.hpp>

#include "exporter/config.hpp"

using namespace mw;

namespace {

Config parse(const std::string& text) {
  const auto outcome = parse_config(text, "test.toml", {});
  REQUIRE(std::holds_alternative<Config>(outcome));
  return std::get<Config>(outcome);
}

constexpr auto kPool =
    "[[pool]]\nname = \"p\"\necosystem = \"file\"\nchecks = [\"tcp\"]\n[[pool.mirror]]\nname = \"m\"\nurl = "
    "\"http://mirror.example.org/\"\n";

std::string names(const Config& config) {
  std::string out;
  for (const auto& module : config.probe.modules) out += (out.empty() ? "" : " ") + module->name;
  return out;
}

}  // namespace

TEST_CASE("without a module the usual ones are there; with one, only that") {
  CHECK(names(parse(kPool)) == "http_2xx http_post_2xx tcp_connect pop3s_banner ssh_banner irc_banner icmp icmp_ttl5");
  CHECK(names(parse(std::string(kPool) + "[[module]]\nname = \"a\"\nprober = \"tcp\"\n")) == "a");
}

TEST_CASE("the usual modules can be run, and are what the configuration would make of them") {
  const auto modules = usual_modules();
  for (const Module& module : modules) {
    CAPTURE(module.name);
    CHECK_FALSE(module_trouble(module));
  }
  const Config again = parse(print_config(parse(kPool)));
  REQUIRE(again.probe.modules.size() == modules.size());
  for (std::size_t i = 0; i < modules.size(); ++i) {
    CAPTURE(modules[i].name);
    CHECK(*again.probe.modules[i] == modules[i]);
  }
}

TEST_CASE("a mail server's banner is what the usual module expects of it") {
  for (const Module& module : usual_modules())
    if (module.name == "pop3s_banner") CHECK(module.tcp.query_response.at(0).expect->matches("+OK ready"));
}

TEST_CASE("nobody may look at anything but the mirrors until somebody allows it") {
  const Config config = parse(kPool);
  CHECK(config.probe.allow.empty());
  CHECK(config.probe.history == 100);
  CHECK(config.probe.timeout_offset == std::chrono::milliseconds(500));
}

TEST_CASE("an agent with modules needs no pool; one without either is a mistake") {
  CHECK(parse("[[module]]\nname = \"a\"\nprober = \"icmp\"\n").pools.empty());
  CHECK(std::holds_alternative<std::vector<ConfigError>>(parse_config("[probe]\nhistory = 5\n", "test.toml", {})));
}
