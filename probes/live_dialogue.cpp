// The conversation's bookkeeping.
#include "probes/live_dialogue.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostText = 16 * 1024;   // of one reply
constexpr std::size_t kMostHeard = 64 * 1024;  // of all of them
constexpr int kSendText = 354;
constexpr int kGoOn = 334;  // RFC 4954 §4: the next line is part of the login

struct Verb {
  std::string_view word;
  Stage stage;
};
constexpr std::array<Verb, 7> kVerbs = {{{"EHLO", Stage::hello},
                                         {"HELO", Stage::hello},
                                         {"STARTTLS", Stage::starttls},
                                         {"AUTH", Stage::login},
                                         {"MAIL", Stage::sender},
                                         {"RCPT", Stage::recipient},
                                         {"DATA", Stage::text}}};

/// 0 when the line is no reply.
int status_in(std::string_view line) {
  const auto status = parse_decimal(line.substr(0, 3));
  return line.size() >= 3 && status ? static_cast<int>(*status) : 0;
}

bool is_temporary(int status) { return status >= 400 && status < 500; }

}  // namespace

void Dialogue::sent(std::string_view line) {
  const bool goes_on = stage_ == Stage::login && status() == kGoOn;
  std::string_view rest = line;
  const std::string_view word = trim(take_word(rest));
  if (!goes_on && word == "QUIT") over_ = true;
  if (over_) return;
  awaited_ = true;
  const auto* verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& each) { return each.word == word; });
  if (!goes_on && verb != kVerbs.end()) stage_ = verb->stage;
}

bool Dialogue::heard(std::string_view line) {
  heard_bytes_ += line.size();
  endless_ = endless_ || heard_bytes_ > kMostHeard;
  if (endless_) return false;
  line = take_line(line);
  const int status = status_in(line);
  if (over_ || status == 0) return true;
  if (!in_reply_) text_.clear();
  const std::string_view words = line.substr(std::min<std::size_t>(4, line.size()));
  text_ += text_.empty() ? "" : "\n";
  text_ += words.substr(0, kMostText - std::min(kMostText, text_.size()));
  in_reply_ = line.size() > 3 && line[3] == '-';
  if (in_reply_) return true;
  status_ = status;
  awaited_ = false;
  take_reply();
  return true;
}

void Dialogue::take_reply() {
  if (stage_ == Stage::text && status_ == kSendText) text_wanted_ = true;
  if (stage_ != Stage::recipient || answered_ == to_.size()) return;
  const std::string& who = to_[answered_++];
  if (status_ < 400) return;
  if (refused_.empty() || is_temporary(status_)) refusal_ = {std::nullopt, status_, text_, false, {}};
  refused_.emplace_back(who, status_);
}

std::string_view Dialogue::step() const {
  constexpr std::array<std::string_view, 7> kSteps = {"a greeting", "EHLO",    "STARTTLS", "AUTH",
                                                      "MAIL FROM",  "RCPT TO", "DATA"};
  return text_wanted_ ? "the text" : kSteps.at(static_cast<std::size_t>(stage_));
}

bool Dialogue::decided() const {
  if (stage_ == Stage::recipient) return refused_.size() == to_.size();
  if (awaited_) return false;
  return status_ >= 400 || (text_wanted_ && status_ != kSendText);
}

Receipt Dialogue::receipt() const {
  if (stage_ == Stage::recipient) return refusal_;
  return {std::nullopt, status_, text_, text_wanted_, stage_ == Stage::text ? refused_ : decltype(refused_)()};
}

}  // namespace mw
