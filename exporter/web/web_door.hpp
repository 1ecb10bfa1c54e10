// The web configuration in force: read again when its files change. Keeps the old one while the new one is bad.
// Everything but in_force() and is_in_order() belongs to the listener's thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "exporter/log.hpp"
#include "exporter/published.hpp"
#include "exporter/web/listener_tls.hpp"
#include "exporter/web/web_config.hpp"

namespace mw {

struct WebRules {
  WebConfig config;
  std::shared_ptr<TlsServer> tls;  ///< null: plain HTTP
};

class WebDoor {
 public:
  /// `file` empty: no TLS, no passwords, for ever.
  WebDoor(std::string file, Log& log);

  /// Reads for the first time; what is wrong, if anything.
  std::optional<std::string> open();
  /// As the files are now; for each new connection and request.
  std::shared_ptr<const WebRules> rules();
  /// As they were when somebody last asked for rules(). From any thread.
  std::shared_ptr<const WebRules> in_force() const { return rules_.load(); }
  bool has_file() const { return !file_.empty(); }
  /// Whether the files as they were last seen are in force. From any thread.
  bool is_in_order() const { return in_order_.load(std::memory_order_relaxed); }

 private:
  std::string stamp() const;
  std::optional<std::string> load();

  std::string file_;
  Log& log_;
  Shared<WebRules> rules_;
  std::string stamp_;
  std::atomic<bool> in_order_{true};
};

}  // namespace mw
