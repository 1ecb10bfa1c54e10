// A program: its words, its input, and what its exit code means.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& command() { return *find_receiver_kind("command"); }

Program rendered(const Receiver& receiver, const Message& message) {
  return std::get<Program>(command().render(receiver, message, kSampleAttempt));
}

std::size_t troubles(const std::string& run, const std::string& argument) {
  Receiver receiver = sample_receiver(command(), Language::english);
  receiver.options = {{"run", run}, {"argument", argument}};
  return command().option_troubles(receiver).size();
}

}  // namespace

TEST_CASE("command: its words are the configuration's alone, its input is the webhook's body") {
  Receiver receiver = sample_receiver(command(), Language::english);
  const Message message = sample_messages()[2].message;
  const Program program = rendered(receiver, message);
  CHECK(program.argv == std::vector<std::string>{"/usr/local/bin/tell-oncall", "--mirrors"});
  const ReceiverKind& webhook = *find_receiver_kind("webhook");
  const Receiver hook = sample_receiver(webhook, Language::english);
  CHECK(program.input == std::get<Post>(webhook.render(hook, message, kSampleAttempt)).body);
  receiver.options.erase("argument");
  CHECK(rendered(receiver, message).argv.size() == 1);
}

TEST_CASE("command: of a storm comes what fits into 64 KiB, and how many did not") {
  const Program program = rendered(sample_receiver(command(), Language::english), storm(10'000));
  CHECK(program.input.size() <= kLargestMessage);
  const Json payload = Json::parse(program.input);
  CHECK(payload["truncatedAlerts"].get<std::size_t>() == 10'000 - payload["alerts"].size());
}

TEST_CASE("command: what a mirror says stays in its string") {
  Message message = storm(1);
  message.notices[0].annotations["summary"] = "\x1b\xff\"}; $(reboot) `reboot`";
  const Program program = rendered(sample_receiver(command(), Language::english), message);
  CHECK(program.input.find('\x1b') == std::string::npos);
  CHECK(Json::parse(program.input)["alerts"][0]["annotations"]["summary"] == "\x1b\xEF\xBF\xBD\"}; $(reboot) `reboot`");
}

TEST_CASE("command: exit code 0 arrives as 200, any other as 500") {
  CHECK(command().judge({200, "anything it printed", std::nullopt}).outcome == Acceptance::accepted);
  CHECK(command().judge({500, "hunter2", std::nullopt}).outcome == Acceptance::later);
  CHECK(command().judge({500, "hunter2", std::nullopt}).error == "status 500");
  CHECK(command().judge({0, "", std::nullopt}).outcome == Acceptance::later);
}

TEST_CASE("command: what is no absolute path is complained of") {
  CHECK(troubles("/usr/local/bin/tell", "") == 0);
  for (const char* bad : {"tell-oncall", "./tell", "~/tell", "/usr/bin/", "/usr/bin/a\nb"})
    CHECK(troubles(bad, "") == 1);
  CHECK(troubles("/bin/x", "a\x1b") == 1);
}
