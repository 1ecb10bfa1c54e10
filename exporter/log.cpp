// The only file that knows spdlog.
#include "exporter/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <chrono>

#include "probes/formats/rfc3339.hpp"
#include "probes/model.hpp"

namespace mw {

namespace {

std::string_view level_name(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"DEBUG", "INFO", "WARN", "ERROR"};
  return kNames.at(static_cast<std::size_t>(level));
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return kLevels.at(static_cast<std::size_t>(level));
}

/// printable() leaves quotes and backslashes alone; inside quotes they must not end the value.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text, 1024)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_bare(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+%") ==
             std::string_view::npos;
}

std::string logfmt_value(std::string_view text) { return is_bare(text) ? std::string(text) : quoted(text); }

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"mirrorwarden", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(LogLevel least, LogFormat format) : format_(format), sink_(std::make_unique<Sink>()) {
  sink_->logger.set_pattern("%v");
  sink_->logger.set_level(to_spdlog(least));
  sink_->logger.flush_on(spdlog::level::debug);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!sink_->logger.should_log(to_spdlog(level))) return;
  const std::string time = rfc3339(std::chrono::system_clock::now());
  const std::string line = log_line(format_, {level, time, message, {fields.begin(), fields.size()}});
  sink_->logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string log_line(LogFormat format, const LogEvent& event) {
  const std::string time(event.time);
  const std::string level(level_name(event.level));
  if (format == LogFormat::logfmt) {
    std::string line = "time=" + time + " level=" + level + " msg=" + quoted(event.message);
    for (const auto& [key, value] : event.fields) line += " " + std::string(key) + "=" + logfmt_value(value);
    return line;
  }
  std::string line = R"({"time":")" + time + R"(","level":")" + level + R"(","msg":)" + quoted(event.message);
  for (const auto& [key, value] : event.fields) line += ",\"" + std::string(key) + "\":" + quoted(value);
  return line + "}";
}

}  // namespace mw
