// Readers of /proc/self and of the process's limits.
#include "exporter/process_metrics.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace mw {

namespace {

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<ProcessStat> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  return std::getline(file, line) ? parse_process_stat(line) : std::nullopt;
}

std::optional<double> open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
    ++count;
  return error || count == 0 ? std::nullopt : std::optional(count - 1);  // one of them is the listing's own
}

std::optional<double> limit_of(__rlimit_resource resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return static_cast<double>(limit.rlim_cur);
}

double now_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Asked once: a start time that moves with the clock's corrections would look like restarts.
double start_time(const ProcessStat& stat, double ticks_per_second) {
  static const double kStart =
      now_of(CLOCK_REALTIME) - now_of(CLOCK_BOOTTIME) + static_cast<double>(stat.start_ticks) / ticks_per_second;
  return kStart;
}

void append(std::vector<Family>& out, std::string_view name, std::optional<double> value) {
  Family family(name);
  if (value) family.add({}, *value);
  out.push_back(std::move(family));
}

void append_stat(std::vector<Family>& out, const ProcessStat& stat) {
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  append(out, "process_cpu_seconds_total", static_cast<double>(stat.cpu_ticks) / ticks);
  out.back().add({}, start_time(stat, ticks), kCreated);
  append(out, "process_threads", static_cast<double>(stat.threads));
  append(out, "process_start_time_seconds", start_time(stat, ticks));
  append(out, "process_virtual_memory_bytes", static_cast<double>(stat.virtual_bytes));
  append(out, "process_resident_memory_bytes", static_cast<double>(stat.resident_pages) * page);
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  // Fields by proc(5), counted from 1; the second is the program's name and may hold anything, so count after it.
  constexpr std::size_t kUserTime = 14, kSystemTime = 15, kThreads = 20, kStart = 22, kVirtual = 23, kResident = 24;
  const auto paren = line.rfind(')');
  if (paren == std::string_view::npos) return {};
  line.remove_prefix(paren + 1);
  std::array<std::optional<std::uint64_t>, kResident + 1> field;
  for (std::size_t i = 3; i < field.size(); ++i) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto end = std::min(line.find(' '), line.size());
    field.at(i) = parse_count(line.substr(0, end));
    line.remove_prefix(end);
  }
  for (const auto i : {kUserTime, kSystemTime, kThreads, kStart, kVirtual, kResident}) {
    if (!field.at(i)) return {};
  }
  return ProcessStat{*field[kUserTime] + *field[kSystemTime], *field[kThreads], *field[kStart], *field[kVirtual],
                     *field[kResident]};
}

std::vector<Family> process_families() {
  std::vector<Family> out;
  if (const auto stat = read_stat()) append_stat(out, *stat);
  append(out, "process_open_fds", open_files());
  append(out, "process_max_fds", limit_of(RLIMIT_NOFILE));
  append(out, "process_virtual_memory_max_bytes", limit_of(RLIMIT_AS));
  return out;
}

}  // namespace mw
