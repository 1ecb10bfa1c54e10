// posix_spawn with three pipes. The child leads its own process group, which is killed when time or room runs out,
// or when nobody waits for it any more.
#include "probes/live_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "probes/live_reason.hpp"

namespace mw {

namespace {

constexpr std::chrono::milliseconds kReapEvery(2);
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

struct Pipe {
  Descriptor read = Descriptor();
  Descriptor write = Descriptor();
};

/// Both ends close-on-exec; an invalid pair when there are no descriptors left.
Pipe open_pipe() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Pipe();
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void make_nonblocking(int descriptor) { ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK); }

/// posix_spawn's settings: own group, signals as a fresh process expects them, our pipe ends as 0, 1, 2.
class SpawnPlan {
 public:
  SpawnPlan(int in, int out, int err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);  // whatever our own parent left open too
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// 0 or an errno, that of exec included.
  int spawn(const std::vector<std::string>& argv, pid_t& pid) const {
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const char* inherited = std::getenv("PATH");
    std::string path = std::string("PATH=") + (inherited != nullptr ? inherited : kDefaultPath);
    std::string locale = "LC_ALL=C";
    std::array<char*, 3> environment = {path.data(), locale.data(), nullptr};
    return posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// One of the child's output streams, read up to the limit.
struct Stream {
  std::string bytes;
  bool over_limit = false;
  Descriptor pipe;
  std::unique_ptr<Watch> watch;

  void close() {
    watch.reset();
    pipe.reset();
  }
};

class Child {
 public:
  Child(std::shared_ptr<LiveLoop> loop, Command what)
      : loop_(std::move(loop)), what_(std::move(what)), wakeup_(loop_), deadline_(deadline_after(what_.timeout)) {}
  ~Child() { kill_group(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool start();
  Task<void> run();
  Ran take();

 private:
  void fail(Reason reason, const std::string& text);
  void watch(Stream&);
  void drain(Stream&);
  void feed();
  void stop_feeding();
  void reap(int options);
  void kill_group();
  bool still_talks() const { return out_.pipe || err_.pipe; }
  bool finished() const { return ran_.failure || (!still_talks() && pid_ < 0); }

  std::shared_ptr<LiveLoop> loop_;
  Command what_;
  Wakeup wakeup_;
  SteadyTime deadline_;
  Ran ran_;
  pid_t pid_ = -1;
  Descriptor in_;
  std::unique_ptr<Watch> in_watch_;
  std::size_t fed_ = 0;
  Stream out_;
  Stream err_;
};

void Child::fail(Reason reason, const std::string& text) {
  const std::string program = what_.argv.empty() ? "no program" : what_.argv.front();
  if (!ran_.failure) ran_.failure = Failure{Layer::integrity, reason, program + ": " + text};
}

bool Child::start() {
  if (what_.argv.empty()) return fail(Reason::local_resource, "nothing to run"), false;
  Pipe in = open_pipe();
  Pipe out = open_pipe();
  Pipe err = open_pipe();
  if (!in.read || !out.read || !err.read) return fail(Reason::local_resource, std::strerror(errno)), false;
  const SpawnPlan plan(in.read.get(), out.write.get(), err.write.get());
  const int error = plan.spawn(what_.argv, pid_);
  if (error != 0) {
    pid_ = -1;
    return fail(Reason::local_resource, std::strerror(error)), false;
  }
  in_ = std::move(in.write);
  out_.pipe = std::move(out.read);
  err_.pipe = std::move(err.read);
  return true;
}

void Child::watch(Stream& stream) {
  make_nonblocking(stream.pipe.get());
  stream.watch =
      std::make_unique<Watch>(loop_->context(), stream.pipe.get(), [this, &stream](bool, bool) { drain(stream); });
  stream.watch->want(true, false);
}

/// At most one buffer a turn: a talkative child must not hold up the loop.
void Child::drain(Stream& stream) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(stream.pipe.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) {
    stream.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    stream.over_limit = stream.bytes.size() > what_.output_limit;
    if (!stream.over_limit) return;
    fail(Reason::content_limit, "said more than " + std::to_string(what_.output_limit) + " bytes");
  }
  stream.close();
  wakeup_.wake();
}

void Child::feed() {
  while (fed_ < what_.input.size()) {
    const ssize_t put = ::write(in_.get(), what_.input.data() + fed_, what_.input.size() - fed_);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (put < 0) break;  // it has heard enough; its exit code tells whether that was right
    fed_ += static_cast<std::size_t>(put);
  }
  stop_feeding();
}

void Child::stop_feeding() {
  in_watch_.reset();
  in_.reset();
}

Task<void> Child::run() {
  make_nonblocking(in_.get());
  in_watch_ = std::make_unique<Watch>(loop_->context(), in_.get(), [this](bool, bool) { feed(); });
  in_watch_->want(false, true);
  watch(out_);
  watch(err_);
  while (!finished()) {
    // No descriptor tells of its end portably; it follows the end of its output closely.
    const SteadyTime look_again = std::chrono::steady_clock::now() + kReapEvery;
    const SteadyTime until = still_talks() ? deadline_ : std::min(deadline_, look_again);
    co_await wakeup_.until(until);
    if (!still_talks()) reap(WNOHANG);
    if (loop_->closed())
      fail(Reason::local_resource, "stopping");
    else if (!finished() && std::chrono::steady_clock::now() >= deadline_)
      fail(Reason::timeout, "not done within the deadline");
  }
}

void Child::reap(int options) {
  int status = 0;
  if (pid_ < 0 || ::waitpid(pid_, &status, options) != pid_) return;
  pid_ = -1;
  ran_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::kill_group() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  reap(0);
}

Ran Child::take() {
  kill_group();
  if (ran_.failure) ran_.exit_code = -1;
  ran_.out = std::move(out_.bytes);
  ran_.err = std::move(err_.bytes);
  return std::move(ran_);
}

}  // namespace

Task<Ran> live_run(std::shared_ptr<LiveLoop> loop, Command what) {
  Child child(loop, std::move(what));
  if (loop->closed()) {
    Ran ran;
    ran.failure = closed_door(Layer::integrity);
    co_return ran;
  }
  if (child.start()) co_await child.run();
  co_return child.take();
}

}  // namespace mw
