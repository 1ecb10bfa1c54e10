// Ends a program by SIGKILL immediately before or after its n-th durable call: the n-th system call, of all its
// threads, that changes what a directory holds or makes that durable. Knows nothing of the program, nor of what it
// writes.
//
//   crash_tracer LOG DIRECTORY before|after|never N|+N PROGRAM [ARGUMENT…]
//
// LOG gets a line for each such call, "N NAME PATH", and at last "killed before N" or "killed after N" if it came to
// that. SIGTERM is passed on; calls that begin after it have a count of their own, from +1. DIRECTORY and the paths
// that the program uses must be absolute. Ends with the program's exit code, or 128 and the signal that ended it.
//
// By ptrace, because that is exact: a stop at the entry of a call is before it, the kernel does not begin a call whose
// thread has been killed at its entry (ptrace(2), "Syscall-stops"; kernel/entry/common.c, syscall_trace_enter), and a
// stop at its exit is after it. A preloaded library would miss what the sanitizers' runtime and libc do without
// symbols.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace {

enum class By : std::uint8_t { descriptor, path, path_at, creating, creating_at };

struct Durable {
  long number;
  const char* name;
  By by;
};

constexpr Durable kDurable[] = {
    {SYS_write, "write", By::descriptor},
    {SYS_writev, "writev", By::descriptor},
    {SYS_pwrite64, "pwrite64", By::descriptor},
    {SYS_pwritev, "pwritev", By::descriptor},
    {SYS_pwritev2, "pwritev2", By::descriptor},
    {SYS_fsync, "fsync", By::descriptor},
    {SYS_fdatasync, "fdatasync", By::descriptor},
    {SYS_sync_file_range, "sync_file_range", By::descriptor},
    {SYS_ftruncate, "ftruncate", By::descriptor},
    {SYS_fallocate, "fallocate", By::descriptor},
    {SYS_openat, "openat", By::creating_at},
    {SYS_mkdirat, "mkdirat", By::path_at},
    {SYS_unlinkat, "unlinkat", By::path_at},
    {SYS_renameat2, "renameat2", By::path_at},
#ifdef SYS_open  // the older names are not on every architecture
    {SYS_open, "open", By::creating},
    {SYS_mkdir, "mkdir", By::path},
    {SYS_unlink, "unlink", By::path},
    {SYS_rmdir, "rmdir", By::path},
    {SYS_truncate, "truncate", By::path},
    {SYS_rename, "rename", By::path},
    {SYS_renameat, "renameat", By::path_at},
#endif
};

struct Order {
  std::string log;
  std::string directory;
  std::string when;
  std::string number;
  char** program = nullptr;
};

volatile std::sig_atomic_t told_of_end = 0;  ///< the program, as a signal's handler may know it
volatile std::sig_atomic_t is_to_end = 0;    ///< whether it was told

void pass_on(int signal) {
  is_to_end = 1;
  if (told_of_end > 0) ::kill(told_of_end, signal);
}

/// Where an open descriptor of that thread leads.
std::string path_of(pid_t thread, std::uint64_t descriptor) {
  const std::string link = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(descriptor);
  std::array<char, 4096> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(size));
}

/// The text at that address of that thread's memory.
std::string text_at(pid_t thread, std::uint64_t address) {
  std::ifstream memory("/proc/" + std::to_string(thread) + "/mem", std::ios::binary);
  memory.seekg(static_cast<std::streamoff>(address));
  std::string text;
  std::getline(memory, text, '\0');
  return text;
}

const Durable* find_durable(std::uint64_t number) {
  for (const Durable& call : kDurable)
    if (static_cast<std::uint64_t>(call.number) == number) return &call;
  return nullptr;
}

/// What the call is about; empty when it changes nothing.
std::string subject_of(pid_t thread, const Durable& call, const std::uint64_t* arguments) {
  switch (call.by) {
    case By::descriptor:
      return path_of(thread, arguments[0]);
    case By::path:
      return text_at(thread, arguments[0]);
    case By::path_at:
      return text_at(thread, arguments[1]);
    case By::creating:
      return (arguments[1] & O_CREAT) != 0 ? text_at(thread, arguments[0]) : "";
    case By::creating_at:
      return (arguments[2] & O_CREAT) != 0 ? text_at(thread, arguments[1]) : "";
  }
  return "";
}

class Tracer {
 public:
  explicit Tracer(const Order& order) : order_(order), log_(order.log) {}

  int run() {
    program_ = ::fork();
    told_of_end = program_;
    if (program_ == 0) become_program();
    int status = 0;
    ::waitpid(program_, &status, 0);
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SETOPTIONS, program_, 0, options) != 0) return refuse("may not trace");
    known_.insert(program_);
    go_on(program_, 0);
    return follow();
  }

 private:
  static int refuse(const char* what) {
    std::fprintf(stderr, "crash_tracer: %s: %s\n", what, std::strerror(errno));
    return 125;
  }

  [[noreturn]] void become_program() const {
    ::ptrace(PTRACE_TRACEME, 0, 0, 0);
    ::raise(SIGSTOP);
    ::execv(order_.program[0], order_.program);
    ::_exit(refuse(order_.program[0]));
  }

  static void go_on(pid_t thread, int signal) { ::ptrace(PTRACE_SYSCALL, thread, 0, static_cast<long>(signal)); }

  int follow() {
    for (;;) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) return refuse("lost the program");
      if (WIFSTOPPED(status)) {
        see_stop(thread, status);
        continue;
      }
      known_.erase(thread);
      if (thread != program_) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }

  /// A thread's first SIGSTOP is ptrace's own, as is every SIGTRAP that tells an event.
  void see_stop(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const bool is_new = known_.insert(thread).second;
    if (signal == (SIGTRAP | 0x80)) {
      see_call(thread);
      return go_on(thread, 0);
    }
    const bool is_ours = (is_new && signal == SIGSTOP) || (signal == SIGTRAP && (status >> 16) != 0);
    go_on(thread, is_ours ? 0 : signal);
  }

  void see_call(pid_t thread) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) see_entry(thread, info.entry.nr, info.entry.args);
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) see_exit(thread);
  }

  void see_entry(pid_t thread, std::uint64_t number, const std::uint64_t* arguments) {
    const Durable* call = find_durable(number);
    if (call == nullptr || killed_) return;
    const std::string subject = subject_of(thread, *call, arguments);
    if (subject.compare(0, order_.directory.size(), order_.directory) != 0) return;
    const std::string which = is_to_end != 0 ? "+" + std::to_string(++ending_) : std::to_string(++count_);
    under_way_[thread] = which;
    log_ << which << ' ' << call->name << ' ' << subject << std::endl;
    if (order_.when == "before") kill_at(which);
  }

  void see_exit(pid_t thread) {
    const auto found = under_way_.find(thread);
    if (found == under_way_.end()) return;
    const std::string number = found->second;
    under_way_.erase(found);
    if (order_.when == "after") kill_at(number);
  }

  /// The thread that made the call is stopped, and does not run again.
  void kill_at(const std::string& number) {
    if (number != order_.number || killed_) return;
    ::kill(program_, SIGKILL);
    killed_ = true;
    log_ << "killed " << order_.when << ' ' << number << std::endl;
  }

  const Order& order_;
  pid_t program_ = 0;
  std::ofstream log_;
  std::set<pid_t> known_;
  std::map<pid_t, std::string> under_way_;  ///< the call's number, by thread
  unsigned long count_ = 0;
  unsigned long ending_ = 0;  ///< since it was told to end
  bool killed_ = false;
};

}  // namespace

int main(int count, char** words) {
  if (count < 6) {
    std::fprintf(stderr, "usage: crash_tracer LOG DIRECTORY before|after|never N|+N PROGRAM [ARGUMENT...]\n");
    return 125;
  }
  const Order order{words[1], words[2], words[3], words[4], words + 5};
  struct sigaction action {};
  action.sa_handler = pass_on;
  ::sigaction(SIGTERM, &action, nullptr);
  return Tracer(order).run();
}
