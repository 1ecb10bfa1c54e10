// What a receiver is: a pure renderer from a message to one request, and the vendor's word on what an answer means.
// One kind a file in receivers/, found by CMake. Delivery, retries and order are the outbox's business.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/message.hpp"
#include "probes/option.hpp"
#include "probes/secret.hpp"

namespace mw {

struct Receiver {
  std::string name;
  std::string kind;  ///< of ReceiverKind::name
  std::map<std::string, std::string> options;
  std::map<std::string, Secret> secrets;
  Language language = Language::english;
  Duration timeout = std::chrono::seconds(10);  ///< of one attempt
  bool send_resolved = true;
  std::vector<std::string> group_by = {"alertname", "pool"};  ///< labels; alerts that share them share messages
  Duration group_wait = std::chrono::seconds(30);             ///< before a group's first message
  Duration group_interval = std::chrono::minutes(5);          ///< between two of its messages
  Duration repeat_interval = std::chrono::hours(4);           ///< before it is reminded of what still fires

  /// The option's value; empty when it is not set.
  const std::string& option(std::string_view key) const;
  const Secret& secret(std::string_view key) const;
  bool operator==(const Receiver&) const = default;
};

/// An HTTP POST. The URL and the header fields may carry credentials.
struct Post {
  Secret url;
  Headers headers;
  std::string body;
};

/// A mail, through an SMTP server.
struct Mail {
  Secret url;                 ///< smtp[s]://host[:port]; parse_mail_server() takes it
  bool in_the_clear = false;  ///< no STARTTLS, not even for the password
  std::string ca_file;        ///< PEM; empty = the system's authorities
  std::string hello;          ///< the domain to greet the server with
  std::string user;
  Secret password;
  std::string from;  ///< addresses only
  std::vector<std::string> to;
  std::string text;  ///< the message with its header fields: RFC 5322, lines end in CRLF
};

/// A program, without a shell.
struct Program {
  std::vector<std::string> argv;
  std::string input;
};

using Outgoing = std::variant<Post, Mail, Program>;

/// What came back: an HTTP status, an SMTP reply code, or a program's exit code as 200 (for 0) or 500.
struct Response {
  int status = 0;
  std::string body;  ///< at most 16 KiB
  std::optional<Duration> retry_after;
  bool saw_message = true;               ///< false: said to who sends it or who it is for, before the message was shown
  std::vector<std::string> missed = {};  ///< whom it was not accepted for, though it was for others: "a@b.org (550)"
};

enum class Acceptance : std::uint8_t {
  accepted,
  later,    ///< trouble that passes by itself: tried again with growing pauses
  refused,  ///< the address or the credentials are wrong: tried again, seldom, until somebody repairs them
  rejected  ///< this very message will never be taken: a dead letter after a few attempts
};
std::string_view name(Acceptance);

struct Delivery {
  Acceptance outcome = Acceptance::later;
  int status = 0;  ///< 0: no answer came
  std::optional<Duration> retry_after;
  std::string error;  ///< for people; holds nothing of the URL or the credentials
};

/// What came of it; the status is part of the error, with `why` for people behind it.
Delivery judged(Acceptance, const Response&, std::string_view why = "");

/// What HTTP's status says (RFC 9110 §15): 2xx accepted; 401, 403, 404, 405, 407, 410 and redirects refused; 408, 425,
/// 429 and 5xx later; any other 4xx rejected.
Delivery judge_status(const Response&);

struct ReceiverOption {
  std::string_view key = {};
  std::string_view fallback = {};  ///< the default; meaningless when required
  bool required = false;
  bool secret = false;   ///< may come from a file or an environment variable, and is never printed
  bool several = false;  ///< may be a list: kept with a space between two, each the option of an endpoint of its own
  std::string_view doc = {};
  std::string_view example = {};  ///< a made-up value that option_troubles lets pass; shown in tests and documents
};

/// A token bucket: what the endpoint takes without complaint.
struct Pace {
  int burst = 10;
  Duration each = std::chrono::seconds(1);  ///< a token more
};

struct ReceiverKind {
  std::string_view name = {};
  std::string_view doc = {};
  std::vector<ReceiverOption> options = {};
  Pace pace{};
  bool digests = true;  ///< whether news of several groups may share a message when they come faster than `pace`
  bool opens_incidents = false;  ///< what fires stays open there until its all-clear
  /// How often an endpoint is told again what it would forget, see resend.hpp; nullptr: it does not forget. One that
  /// does groups by itself: it hears of news at once, without what goes on, whatever the receiver's own times say.
  Duration (*resend)(const Receiver&) = nullptr;
  std::size_t most_notices = std::numeric_limits<std::size_t>::max();  ///< of a resend or of news for who forgets
  /// Pure. `now` is for signatures and timestamps of the attempt.
  Outgoing (*render)(const Receiver&, const Message&, SysTime now) = nullptr;
  /// What the vendor means by its answer; judge_status where HTTP says it all.
  Delivery (*judge)(const Response&) = judge_status;
  /// Looks at the options before the configuration comes into force. Never quotes a secret.
  std::vector<OptionTrouble> (*option_troubles)(const Receiver&) = nullptr;
};

/// Whether it has to be told again.
bool forgets(const Receiver&);

/// What is delivered to, each with a ledger of its own so that none waits for another: the receiver itself or, where
/// its kind's option has several values, one for each value, called NAME/1, NAME/2, … in their order.
std::vector<Receiver> endpoints_of(const Receiver&);

/// All of them, in alphabetical order.
const std::vector<const ReceiverKind*>& receiver_kinds();
/// Nullptr if there is none of that name.
const ReceiverKind* find_receiver_kind(std::string_view name);

}  // namespace mw
