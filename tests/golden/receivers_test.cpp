// What each kind of receiver sends: the whole request for a few messages, and that a storm stays within bounds.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "alerts/layout.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;

namespace {

std::string readable(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  return json.is_discarded() ? body : json.dump(2);
}

std::string shown(const Post& post) {
  std::string text = "POST " + post.url.reveal() + "\n";
  for (const auto& [name, value] : post.headers) text += name + ": " + value + "\n";
  return text + "\n" + readable(post.body) + "\n";
}

std::string shown(const Mail& mail) {
  std::string text = "MAIL " + mail.url.reveal() + " as " + mail.user + " from " + mail.from + " to";
  for (const std::string& to : mail.to) text += " " + to;
  return text + "\n\n" + mail.text + "\n";
}

std::string shown(const Program& program) {
  std::string text = "RUN";
  for (const std::string& word : program.argv) text += " [" + word + "]";
  return text + "\n\n" + readable(program.input) + "\n";
}

std::string shown(const Outgoing& outgoing) {
  return std::visit([](const auto& each) { return shown(each); }, outgoing);
}

std::size_t size_of(const Outgoing& outgoing) {
  if (const auto* post = std::get_if<Post>(&outgoing)) return post->body.size();
  if (const auto* mail = std::get_if<Mail>(&outgoing)) return mail->text.size();
  return std::get<Program>(outgoing).input.size();
}

}  // namespace

TEST_CASE("each kind of receiver sends what was agreed") {
  for (const ReceiverKind* kind : receiver_kinds()) {
    std::string all;
    for (const SampleMessage& sample : sample_messages()) {
      const Receiver receiver = sample_receiver(*kind, sample.message.language);
      all += "==== " + sample.what + "\n" + shown(kind->render(receiver, sample.message, kSampleAttempt)) + "\n";
    }
    const std::string file = MW_SOURCE_DIR "/tests/golden/receivers/" + std::string(kind->name) + ".expected";
    const std::string difference = golden_difference(file, all);
    INFO(difference);
    CHECK(difference.empty());
  }
}

TEST_CASE("a storm stays within 64 KiB, or is told in several messages; and is the same every time") {
  constexpr std::size_t kStorm = 10'000;
  for (const ReceiverKind* kind : receiver_kinds()) {
    CAPTURE(kind->name);
    const Receiver receiver = sample_receiver(*kind, Language::english);
    const Message message = storm(std::min(kStorm, kind->most_notices));
    const Outgoing outgoing = kind->render(receiver, message, kSampleAttempt);
    CHECK(size_of(outgoing) <= (message.notices.size() < kStorm ? 1024 * 1024 : kLargestMessage));
    CHECK(size_of(outgoing) > 200);
    CHECK(shown(outgoing) == shown(kind->render(receiver, message, kSampleAttempt)));
  }
}

TEST_CASE("the examples of a kind's options are good ones, and without them each required one is missed") {
  for (const ReceiverKind* kind : receiver_kinds()) {
    CAPTURE(kind->name);
    const Receiver receiver = sample_receiver(*kind, Language::english);
    if (kind->option_troubles != nullptr) CHECK(kind->option_troubles(receiver).empty());
    for (const ReceiverOption& option : kind->options) {
      CAPTURE(option.key);
      CHECK_FALSE((option.required && option.example.empty()));
      CHECK_FALSE(option.doc.empty());
    }
  }
}
