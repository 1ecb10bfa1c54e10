// What a notice is, and what a receiver makes of it: a pure renderer from a notice to one HTTP request.
// One receiver kind a file in receivers/; delivery, retries and order are the outbox's business.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/model.hpp"
#include "probes/secret.hpp"

namespace mw {

/// One alert as told to one receiver.
struct Notice {
  bool firing = true;
  std::string receiver;
  std::string alert;                               ///< the rule's name
  std::map<std::string, std::string> labels;       ///< identity: never a measured value
  std::map<std::string, std::string> annotations;  ///< for people
  SysTime starts_at{};
  SysTime ends_at{};  ///< when resolved
  std::string generator_url;
  std::string external_url;
};

struct Receiver {
  std::string name;
  std::string kind;  ///< "webhook"
  Secret url;
  Duration timeout = std::chrono::seconds(10);
  bool send_resolved = true;
  bool operator==(const Receiver&) const = default;
};

struct Request {
  Headers headers;
  std::string body;
};

/// The request to POST to the receiver's URL.
Request render(const Receiver&, const Notice&);

/// Alertmanager's identity of a label set, 16 hex digits.
std::string fingerprint(const std::map<std::string, std::string>& labels);

/// RFC 3339 with milliseconds, UTC.
std::string rfc3339(SysTime);

}  // namespace mw
