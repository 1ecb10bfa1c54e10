// One session, verb by verb; what a trouble says is in a table, what it does besides is in steps.
#include "tests/support/hostile_mail.hpp"

#include <unistd.h>

#include <map>

#include "tests/support/hostile_peer.hpp"

namespace mw {

namespace {

/// "trouble" → the verb at which it speaks up, and what it says there instead of what is right.
struct Word {
  std::string verb;
  std::string says;
};

const std::string kBlock(16 * 1024, 'x');

std::string lines_of(const std::string& line, std::size_t bytes) {
  std::string block;
  while (block.size() < bytes) block += line;
  return block;
}

const std::map<std::string, Word>& words() {
  static const std::map<std::string, Word> all = {
      {"greets_554", {"greeting", "554 5.3.2 not today\r\n"}},
      {"greets_421", {"greeting", "421 4.3.2 shutting down\r\n"}},
      {"greets_in_http", {"greeting", "HTTP/1.1 400 Bad Request\r\n\r\n"}},
      {"ehlo_504", {"EHLO", "504 5.5.2 who are you\r\n"}},
      {"ten_megabytes", {"EHLO", lines_of("250-X-MORE and more\r\n", 10'000'000) + "250 HELP\r\n"}},
      {"auth_only_strange", {"EHLO", "250-mail.test\r\n250 AUTH X-STRANGE\r\n"}},
      {"starttls_refused", {"STARTTLS", "454 4.7.0 no TLS now\r\n"}},
      {"starttls_in_plain", {"STARTTLS", "220 go\r\n220 this is no TLS at all, nor will it be\r\n"}},
      {"mail_553", {"MAIL", "553 5.1.8 no such sender\r\n"}},
      {"mail_452", {"MAIL", "452 4.3.1 disk full\r\n"}},
      {"mail_552", {"MAIL", "552 5.3.4 too large\r\n"}},
      {"data_554", {"DATA", "554 5.5.1 no valid recipients\r\n"}},
      {"text_550", {"text", "550-5.7.1 we take\r\n550 5.7.1 no such mail\r\n"}},
      {"text_554", {"text", "554 5.6.0 looks like spam\r\n"}},
      {"text_451", {"text", "451 4.7.1 come back later\r\n"}},
      {"text_251", {"text", "251 forwarded\r\n"}},
      {"text_nonsense", {"text", "2x0 hm\r\n"}},
      {"text_ten_megabytes", {"text", lines_of("250-thank you\r\n", 10'000'000) + "250 at last\r\n"}},
  };
  return all;
}

/// What a server says that has no trouble.
std::string right_answer(const std::string& verb, const std::string& line) {
  if (verb == "greeting") return "220 mail.test ESMTP\r\n";
  if (verb == "EHLO") return "250-mail.test\r\n250-SIZE 1000000\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n";
  if (verb == "RCPT" && line.find("<gone@") != std::string::npos) return "550 5.1.1 no such user\r\n";
  if (verb == "RCPT" && line.find("<busy@") != std::string::npos) return "450 4.2.1 come back later\r\n";
  if (verb == "MAIL" || verb == "RCPT") return "250 2.1.0 ok\r\n";
  if (verb == "DATA") return "354 go on\r\n";
  if (verb == "text") return "250-2.0.0 ok\r\n250 2.0.0 queued\r\n";
  if (verb == "QUIT") return "221 2.0.0 bye\r\n";
  return "502 5.5.1 what\r\n";
}

}  // namespace

class MailSession {
 public:
  MailSession(HostileMail& server, int socket) : server_(server), peer_(socket, server.stopping_) {}

  void hold() {
    if (!answer("greeting", "")) return;
    for (auto line = command(); line; line = command()) {
      const std::string verb = line->substr(0, line->find(' '));
      if (verb == "AUTH" ? !login(*line) : !answer(verb, *line)) return;
      if (verb == "DATA" && is("data_554")) continue;
      if (verb == "DATA" && !take_text()) return;
      if (verb == "QUIT") return;
    }
  }

 private:
  bool is(std::string_view trouble) const { return server_.trouble_ == trouble; }
  bool offers_tls() const { return is("handshake_silent") || server_.trouble_.find("starttls_") == 0; }

  std::optional<std::string> command() {
    auto line = peer_.read_line(rest_);
    const std::lock_guard lock(server_.mutex_);
    if (line) server_.commands_.push_back(*line);
    return line;
  }

  /// False: the connection is over.
  bool answer(const std::string& verb, const std::string& line) {
    if (is("silent_at_" + verb)) return peer_.stay(), false;
    if (is("closes_at_" + verb)) return false;
    if (is("resets_at_" + verb)) return peer_.reset(), false;
    if (is("endless_at_" + verb)) return peer_.say_for_ever(lines_of("250-X-MORE and more\r\n", 8192)), false;
    if (is("endless_line_at_" + verb)) return peer_.say("250-"), peer_.say_for_ever(kBlock), false;
    if (is("slow_at_" + verb)) peer_.gone(1500ms);
    const auto word = words().find(server_.trouble_);
    const bool speaks = word != words().end() && word->second.verb == verb;
    if (verb == "EHLO" && offers_tls()) return peer_.say("250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n");
    if (verb == "STARTTLS" && is("handshake_silent")) return peer_.say("220 go\r\n") && (peer_.stay(), false);
    if (verb == "STARTTLS" && is("starttls_closes")) return peer_.say("220 go\r\n"), peer_.read_something(), false;
    return peer_.say(speaks ? word->second.says : right_answer(verb, line));
  }

  /// It repeats what it was told, as careless servers do.
  bool login(const std::string& line) {
    if (is("auth_454")) return peer_.say("454 4.7.0 cannot look you up\r\n");
    if (line.size() == std::string("AUTH PLAIN").size()) {
      peer_.say("334 \r\n");
      const std::string token = command().value_or("");
      return peer_.say(is("auth_535") ? "535 5.7.8 no: " + token + "\r\n" : "235 2.7.0 welcome\r\n");
    }
    return peer_.say("504 5.5.4 no such mechanism\r\n");
  }

  bool take_text() {
    std::string text;
    for (auto line = peer_.read_line(rest_); line != "."; line = peer_.read_line(rest_)) {
      if (!line) return false;
      text += *line + "\r\n";
    }
    {
      const std::lock_guard lock(server_.mutex_);
      server_.texts_.push_back(text);
    }
    return answer("text", "");
  }

  HostileMail& server_;
  HostilePeer peer_;
  std::string rest_;
};

HostileMail::HostileMail(std::string trouble) : trouble_(std::move(trouble)) {
  listener_ = listening_socket(port_);
  acceptor_ = std::thread([this] { accept_loop(); });
}

HostileMail::~HostileMail() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::vector<std::string> HostileMail::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

std::vector<std::string> HostileMail::texts() const {
  const std::lock_guard lock(mutex_);
  return texts_;
}

void HostileMail::accept_loop() {
  const HostilePeer listener(listener_, stopping_);
  while (!stopping_) {
    if (!listener.wait(POLLIN, 1s)) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    connections_.emplace_back([this, socket] {
      MailSession(*this, socket).hold();
      ::close(socket);
    });
  }
}

}  // namespace mw
