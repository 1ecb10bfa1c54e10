// submit() of the live door against every way a mail server can misbehave without TLS; with TLS it is tested among
// real peers (tests/integration/email_test.py).
#include <algorithm>
#include <asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "probes/formats/base64.hpp"
#include "tests/contract/live_door.hpp"
#include "tests/contract/situations.hpp"
#include "tests/support/hostile_mail.hpp"
#include "tests/support/hostile_server.hpp"

using namespace mw;

namespace {

/// As starved(), of all threads of this process: a conversation has its own.
Duration all_starved() {
  long long waited = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream schedstat(task.path() / "schedstat");
    long long ran = 0;
    long long delay = 0;
    if (schedstat >> ran >> delay) waited += delay;
  }
  return Duration(waited);
}

/// Beyond its timeout; libcurl looks around once a second.
constexpr Duration kMailGrace = 2s;

Letter letter_to(std::uint16_t port) {
  Letter letter;
  letter.url = {"smtp", "mail.test", port, "/"};
  letter.address = *parse_address("127.0.0.1");
  letter.in_the_clear = true;
  letter.hello = "warden.example.org";
  letter.user = "warden";
  letter.password = Secret("hunter2");
  letter.from = "warden@example.org";
  letter.to = {"oncall@example.org"};
  letter.text = "Subject: news\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n";
  letter.timeout = 10s;
  return letter;
}

void check(const Situation& situation, Letter letter, LiveDoor& door) {
  letter.timeout = patience(situation.expected);
  const Duration kept_waiting = all_starved();
  const Receipt receipt = door.finish(door.net.submit(letter));
  const Duration took = door.elapsed - std::max(all_starved() - kept_waiting, Duration::zero());
  INFO("'" << situation.name << "': " << told(receipt.failure));
  CHECK(verdict(receipt.failure) == verdict(situation.expected));
  CHECK(receipt.status == situation.status);
  CHECK(took <= letter.timeout + kMailGrace);
  const std::string detail = receipt.failure ? receipt.failure->detail : "";
  for (const std::string& secret :
       {std::string("hunter2"), base64("hunter2"), base64(std::string("\0warden\0hunter2", 15))})
    CHECK(detail.find(secret) == std::string::npos);
  if (receipt.failure)
    CHECK(detail.starts_with("smtp://mail.test:" + std::to_string(letter.url.port) + " at 127.0.0.1: "));
}

bool contains(const std::vector<std::string>& lines, std::string_view start) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(start); });
}

Task<void> note_after(Net& net, Duration wait, std::chrono::steady_clock::time_point& when) {
  co_await net.sleep(wait);
  when = std::chrono::steady_clock::now();
}

}  // namespace

TEST_CASE("live submit: every situation is called by its name, in time") {
  LiveDoor door;
  for (const Situation& situation : mail_situations()) {
    const HostileMail server{std::string(situation.name)};
    check(situation, letter_to(situation.name == "refused" ? closed_port() : server.port()), door);
  }
}

TEST_CASE("live submit: without TLS where it is asked for, nobody logs in and nothing is sent") {
  LiveDoor door;
  for (const Situation& situation : starttls_situations()) {
    const HostileMail server{std::string(situation.name)};
    Letter letter = letter_to(server.port());
    letter.in_the_clear = false;
    check(situation, letter, door);
    CHECK(contains(server.commands(), "EHLO "));
    CHECK(!contains(server.commands(), "AUTH"));
    CHECK(!contains(server.commands(), "MAIL"));
  }
}

TEST_CASE("live submit: what is said, in its order, and the text as it is") {
  const HostileMail server;
  LiveDoor door;
  Letter letter = letter_to(server.port());
  letter.text = ".first\r\n" + letter.text + std::string(998, '.') + "\r\n";
  for (int i = 0; i < 5000; ++i) letter.text += ".\r\n";
  const Receipt receipt = door.finish(door.net.submit(letter));
  CHECK(told(receipt.failure) == "ok");
  CHECK(receipt.text == "2.0.0 ok\n2.0.0 queued");
  CHECK(receipt.saw_text);
  CHECK(receipt.refused.empty());
  CHECK(server.commands() ==
        std::vector<std::string>{"EHLO warden.example.org", "AUTH PLAIN", base64(std::string("\0warden\0hunter2", 15)),
                                 "MAIL FROM:<warden@example.org> SIZE=" + std::to_string(letter.text.size()),
                                 "RCPT TO:<oncall@example.org>", "DATA", "QUIT"});
  REQUIRE(server.texts().size() == 1);
  std::string unstuffed;  // RFC 5321 §4.5.2
  const std::string wire = server.texts()[0];
  for (std::string_view rest = wire; !rest.empty(); rest.remove_prefix(rest.find("\r\n") + 2)) {
    const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
    unstuffed += line.substr(line.starts_with('.') ? 1 : 0);
  }
  CHECK(unstuffed == letter.text);
}

TEST_CASE("live submit: nobody logs in who has no name, and greets as localhost who has no domain") {
  const HostileMail server;
  LiveDoor door;
  Letter letter = letter_to(server.port());
  letter.user = "";
  letter.hello = "";
  CHECK(door.finish(door.net.submit(letter)).status == 250);
  CHECK(server.commands().at(0) == "EHLO localhost");
  CHECK(server.commands().at(1).starts_with("MAIL FROM:"));
}

TEST_CASE("live submit: an address that is refused does not keep the letter from the others") {
  LiveDoor door;
  const HostileMail server;
  Letter letter = letter_to(server.port());
  letter.to = {"gone@example.org", "oncall@example.org", "busy@example.org"};
  const Receipt some = door.finish(door.net.submit(letter));
  CHECK(some.status == 250);
  CHECK(some.refused == decltype(some.refused){{"gone@example.org", 550}, {"busy@example.org", 450}});
  CHECK(server.texts().size() == 1);
  // While one of them may yet be had, nothing is final.
  letter.to = {"busy@example.org", "gone@example.org"};
  const Receipt none = door.finish(door.net.submit(letter));
  CHECK(none.status == 450);
  CHECK(none.text == "4.2.1 come back later");
  CHECK(!none.saw_text);
  CHECK(server.texts().size() == 1);
}

TEST_CASE("live submit: a text that SMTP cannot carry, or an address with a command in it, goes nowhere") {
  const HostileMail server;
  LiveDoor door;
  const auto refused = [&](auto change) {
    Letter letter = letter_to(server.port());
    change(letter);
    return verdict(door.finish(door.net.submit(letter)).failure) == "http/local_resource";
  };
  for (const std::string& text : {std::string("a\n.\nb\r\n"), std::string("a\r.\rb\r\n"), std::string("no end"),
                                  std::string(999, 'x') + "\r\n", std::string("a\0b\r\n", 5), std::string()})
    CHECK(refused([&](Letter& letter) { letter.text = text; }));
  for (const char* address : {"", "a@b>\r\nRCPT TO:<c@d", "a@b> X=1", "a b@c", "\xC3\xA9@b"}) {
    CHECK(refused([&](Letter& letter) { letter.from = address; }));
    CHECK(refused([&](Letter& letter) { letter.to.emplace_back(address); }));
  }
  CHECK(refused([](Letter& letter) { letter.to.clear(); }));
  CHECK(refused([](Letter& letter) { letter.hello = "x\r\nQUIT"; }));
  CHECK(server.commands().empty());
}

TEST_CASE("live submit: whoever thinks long about a text holds up nobody else") {
  const HostileMail server("slow_at_text");
  const HostileMail rude("silent_at_QUIT");
  LiveDoor door;
  std::optional<Receipt> slow;
  std::optional<Receipt> silent;
  std::chrono::steady_clock::time_point woke{};
  const auto start = std::chrono::steady_clock::now();
  asio::co_spawn(door.loop, keep(door.net.submit(letter_to(server.port())), slow), asio::detached);
  asio::co_spawn(door.loop, keep(door.net.submit(letter_to(rude.port())), silent), asio::detached);
  asio::co_spawn(door.loop, note_after(door.net, 300ms, woke), asio::detached);
  door.run();
  CHECK(woke - start < 1300ms);
  CHECK(slow.value().status == 250);
  CHECK(silent.value().status == 250);
  CHECK(door.elapsed >= 1400ms);
  CHECK(door.elapsed < 6s);  // the goodbye is not waited for until the deadline
}

TEST_CASE("live submit: a door that closes ends its conversations") {
  const HostileMail server("silent_at_text");
  LiveDoor door;
  std::vector<std::optional<Receipt>> receipts(6);  // more than are held at a time
  for (auto& receipt : receipts)
    asio::co_spawn(door.loop, keep(door.net.submit(letter_to(server.port())), receipt), asio::detached);
  asio::steady_timer soon(door.loop, 300ms);
  soon.async_wait([&](std::error_code) { door.net.close(); });
  door.run();
  CHECK(door.elapsed < 4s);
  for (const auto& receipt : receipts) CHECK(verdict(receipt.value().failure) == "http/local_resource");
  const Receipt late = door.finish(door.net.submit(letter_to(server.port())));
  CHECK(verdict(late.failure) == "http/local_resource");
}
