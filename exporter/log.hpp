// The log: one line per event on stderr, logfmt or JSON. Outside text is made printable here, so no caller can
// forget it. Knows nothing of mirrors.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mw {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };

using LogField = std::pair<std::string_view, std::string>;

/// Thread-safe. Lives in main and is passed down: no global logger.
class Log {
 public:
  Log(LogLevel least, LogFormat format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, message, fields);
  }

 private:
  struct Sink;
  LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

/// One event. Views what the caller holds.
struct LogEvent {
  LogLevel level = LogLevel::info;
  std::string_view time;  ///< RFC 3339
  std::string_view message;
  std::span<const LogField> fields;
};

/// One line without its end.
std::string log_line(LogFormat, const LogEvent&);

}  // namespace mw
