// ntfy: its 4096 bytes, priorities, credentials, and what counts as its answer.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

using Json = nlohmann::json;

const ReceiverKind& ntfy() { return *find_receiver_kind("ntfy"); }

Post rendered(const Message& message) {
  const Receiver receiver = sample_receiver(ntfy(), message.language);
  return std::get<Post>(ntfy().render(receiver, message, kSampleAttempt));
}

Json sent(const Message& message) { return Json::parse(rendered(message).body); }

int priority(const std::string& severity) {
  Message message = storm(1);
  message.notices[0].labels["severity"] = severity;
  return sent(message)["priority"];
}

Delivery judged(int status, const std::string& body) { return ntfy().judge({status, body, std::nullopt}); }

std::size_t troubles(const std::string& key, const std::string& value) {
  Receiver receiver = sample_receiver(ntfy(), Language::english);
  if (key == "url")
    receiver.options[key] = value;
  else
    receiver.secrets[key] = Secret(value);
  for (const OptionTrouble& trouble : ntfy().option_troubles(receiver)) {
    CHECK(trouble.key == key);
    CHECK(trouble.what.find("hunter2") == std::string::npos);
  }
  return ntfy().option_troubles(receiver).size();
}

}  // namespace

TEST_CASE("ntfy: it goes to the server's root, with the token in a header") {
  Receiver receiver = sample_receiver(ntfy(), Language::english);
  const auto post = [&] { return std::get<Post>(ntfy().render(receiver, storm(1), kSampleAttempt)); };
  CHECK(post().url.reveal() == "https://ntfy.sh/");
  CHECK(post().headers.back() == std::pair<std::string, std::string>("Authorization", "Bearer tk_madeup"));
  receiver.secrets.erase("token");
  receiver.options["url"] = "http://ntfy.example.org:8080/";
  CHECK(post().headers.size() == 1);
  CHECK(post().url.reveal() == "http://ntfy.example.org:8080/");
}

TEST_CASE("ntfy: priority is the severity's, and an all-clear is quiet") {
  CHECK(priority("page") == 5);
  CHECK(priority("error") == 4);
  CHECK(priority("warning") == 3);
  CHECK(priority("info") == 2);
  const Json over = sent(sample_messages()[1].message);
  CHECK(over["priority"] == 2);
  CHECK(over["tags"][0] == "white_check_mark");
  CHECK(over["title"] == "resolved: debian/tuna: MirrorStale is over");
}

TEST_CASE("ntfy: a storm fits into 4096 bytes and says how much it leaves out") {
  Message message = storm(10'000);
  const std::string text = sent(message)["message"];
  CHECK(text.size() <= 4096);
  CHECK(text.size() > 3900);
  CHECK(text.find("\nand 9") != std::string::npos);
  CHECK(sent(message)["actions"].size() == 2);
  for (Notice& notice : message.notices) {
    notice.title = std::string(9000, '\x1b');
    notice.facts.assign(40, {std::string(500, '\n'), std::string(9000, '\xff')});
  }
  CHECK(sent(message)["message"].get<std::string>().size() <= 4096);
}

TEST_CASE("ntfy: what a mirror says is plain text") {
  const Json request = sent(sample_messages()[2].message);
  CHECK_FALSE(request.contains("markdown"));
  CHECK(request["message"].get<std::string>().find('\x1b') == std::string::npos);
}

TEST_CASE("ntfy: only a message that it keeps is acceptance") {
  CHECK(judged(200, R"({"id":"x","time":1,"event":"message","topic":"t"})").outcome == Acceptance::accepted);
  CHECK(judged(200, "").outcome == Acceptance::later);
  CHECK(judged(200, R"({"event":["message"]})").outcome == Acceptance::later);
  CHECK(judged(200, "<html>").outcome == Acceptance::refused);
  CHECK(judged(200, R"({"event":"message",)" + std::string(16 * 1024, '[')).outcome == Acceptance::later);
  CHECK(judged(401, R"({"code":40101,"error":"unauthorized"})").outcome == Acceptance::refused);
  CHECK(judged(403, R"({"code":40301})").outcome == Acceptance::refused);
  CHECK(judged(400, R"({"code":40009,"error":"hunter2"})").outcome == Acceptance::rejected);
  CHECK(judged(413, "").outcome == Acceptance::rejected);
  CHECK(judged(429, R"({"code":42908})").outcome == Acceptance::later);
  CHECK(judged(507, "").outcome == Acceptance::later);
  CHECK(judged(0, "").outcome == Acceptance::later);
  CHECK(judged(400, R"({"error":"hunter2"})").error == "status 400");
}

TEST_CASE("ntfy: options are checked, and secrets not quoted") {
  CHECK(troubles("url", "https://ntfy.example.org") == 0);
  CHECK(troubles("url", "https://ntfy.example.org/topic") == 1);
  CHECK(troubles("url", "ntfy.sh") == 1);
  CHECK(troubles("topic", "hunter2/json") == 1);
  CHECK(troubles("topic", std::string(65, 'x')) == 1);
  CHECK(troubles("token", "hunter2\r\nX: y") == 1);
}
