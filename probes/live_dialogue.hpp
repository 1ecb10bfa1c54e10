// What was said in an SMTP conversation, line by line, and what it comes to (RFC 5321 §4.2, RFC 4954). Pure; knows
// nothing of libcurl. Keeps of our own lines only the verb: some hold a password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/net.hpp"

namespace mw {

enum class Stage { greeting, hello, starttls, login, sender, recipient, text };

class Dialogue {
 public:
  explicit Dialogue(std::vector<std::string> to) : to_(std::move(to)) {}

  /// A command line of ours, with or without its CRLF. The text's lines are not told.
  void sent(std::string_view line);
  /// A line of the server's. False: it talks without end, and is not to be listened to any longer.
  bool heard(std::string_view line);
  /// A line so long that nobody would pass it on.
  void overheard() { endless_ = true; }

  Stage stage() const { return stage_; }
  /// The last whole reply's; 0 while there is none to what we said last.
  int status() const { return awaited_ ? 0 : status_; }
  /// What the server has not answered yet: "a greeting", "EHLO", "the text".
  std::string_view step() const;
  bool endless() const { return endless_; }
  /// Whether we have said goodbye: what is said from then on decides nothing.
  bool over() const { return over_; }
  /// Whether the server said what becomes of the letter.
  bool decided() const;
  /// That word; to be asked for when decided().
  Receipt receipt() const;

 private:
  void take_reply();

  std::vector<std::string> to_;
  std::size_t answered_ = 0;  ///< of to_
  std::vector<std::pair<std::string, int>> refused_;
  Receipt refusal_;  ///< the most hopeful of them
  Stage stage_ = Stage::greeting;
  int status_ = 0;
  std::string text_;
  bool awaited_ = true;
  bool in_reply_ = false;
  bool text_wanted_ = false;
  bool endless_ = false;
  bool over_ = false;
  std::size_t heard_bytes_ = 0;
};

}  // namespace mw
