// Asks one HTTP server for the same paths again and again, and says how long each answer took and what it said of
// itself:
//   bench_load PORT CONNECTIONS COUNT RATE ENCODING EXPECTED PATH...
// RATE 0: each connection asks anew when it was answered; else so many a second in all. An answer without EXPECTED ("":
// anything) has failed. Prints one line of JSON. Knows nothing of whom it asks, nor what that costs there.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPiece = 256 * 1024;
constexpr auto kLongest = std::chrono::seconds(120);

struct Plan {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::size_t count = 1;
  double rate = 0;
  std::string encoding;
  std::string expected;
  std::vector<std::string> paths;
};

struct Tally {
  std::vector<double> took;      ///< seconds from the first byte of the question to the last of the answer
  std::vector<double> reported;  ///< seconds, by probe_duration_seconds in the body
  std::size_t failed = 0;
  std::size_t opened = 0;  ///< connections
  std::size_t bytes = 0;   ///< of bodies, as they came
};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_load: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

template <class Number>
Number number(std::string_view text, int base = 10) {
  Number value{};
  if constexpr (std::is_floating_point_v<Number>) {
    std::from_chars(text.data(), text.data() + text.size(), value);
  } else {
    std::from_chars(text.data(), text.data() + text.size(), value, base);
  }
  return value;
}

/// One answer, as it comes in piece by piece.
class Answer {
 public:
  void clear() {
    raw_.clear();
    body_.clear();
    at_ = 0;
    length_.reset();
    headed_ = chunked_ = ended_ = false;
    stays_open_ = true;
  }

  void take(std::string_view piece) { raw_.append(piece); }

  /// Whether it is whole; `closed`: nothing more will come.
  bool whole(bool closed) {
    if (!headed_ && !read_head()) return false;
    if (chunked_) return read_chunks();
    if (length_) return raw_.size() - at_ >= *length_;
    return closed;
  }

  bool good() const { return raw_.starts_with("HTTP/1.1 200"); }
  bool stays_open() const { return stays_open_; }
  std::string_view body() const { return chunked_ ? std::string_view(body_) : std::string_view(raw_).substr(at_); }

 private:
  bool read_head() {
    const auto end = raw_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    std::string head = raw_.substr(0, end + 2);
    std::ranges::transform(head, head.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (const auto at = head.find("\r\ncontent-length: "); at != std::string::npos)
      length_ = number<std::size_t>(std::string_view(head).substr(at + 18));
    chunked_ = head.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos;
    stays_open_ = head.find("\r\nconnection: close\r\n") == std::string::npos && (length_ || chunked_);
    at_ = end + 4;
    return headed_ = true;
  }

  bool read_chunks() {
    while (!ended_) {
      const auto line = raw_.find("\r\n", at_);
      if (line == std::string::npos) return false;
      const auto size = number<std::size_t>(std::string_view(raw_).substr(at_, line - at_), 16);
      if (raw_.size() < line + 2 + size + 2) return false;
      body_.append(raw_, line + 2, size);
      at_ = line + 2 + size + 2;
      ended_ = size == 0;
    }
    return true;
  }

  std::string raw_, body_;
  std::size_t at_ = 0;  ///< where the body, or the next chunk, begins
  std::optional<std::size_t> length_;
  bool headed_ = false, chunked_ = false, ended_ = false, stays_open_ = true;
};

/// One connection, opened when it is needed.
class Asker {
 public:
  Asker(const Plan& plan, Tally& tally, int epoll) : plan_(plan), tally_(tally), epoll_(epoll) {}

  bool busy() const { return busy_; }

  void ask(const std::string& path) {
    if (socket_ < 0) open();
    const std::string encoding = plan_.encoding.empty() ? "" : "Accept-Encoding: " + plan_.encoding + "\r\n";
    const std::string question = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + encoding + "\r\n";
    answer_.clear();
    busy_ = true;
    began_ = Clock::now();
    if (::send(socket_, question.data(), question.size(), MSG_NOSIGNAL) != ssize_t(question.size())) give_up("send");
  }

  void readable(std::vector<char>& piece) {
    const auto size = ::recv(socket_, piece.data(), piece.size(), 0);
    if (size < 0) give_up("recv");
    answer_.take({piece.data(), std::size_t(size)});
    const bool whole = answer_.whole(size == 0);
    if (busy_ && whole) done();
    if (busy_ && size == 0) give_up("the server hung up in the middle");
    if (size == 0 || (whole && !answer_.stays_open())) close();
  }

 private:
  void done() {
    busy_ = false;
    tally_.took.push_back(std::chrono::duration<double>(Clock::now() - began_).count());
    tally_.bytes += answer_.body().size();
    if (!answer_.good() || answer_.body().find(plan_.expected) == std::string_view::npos) ++tally_.failed;
    constexpr std::string_view kDuration = "\nprobe_duration_seconds ";
    if (const auto at = answer_.body().find(kDuration); at != std::string_view::npos)
      tally_.reported.push_back(number<double>(answer_.body().substr(at + kDuration.size())));
  }

  void open() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{EPOLLIN, {.ptr = this}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) give_up("epoll_ctl");
    ++tally_.opened;
  }

  void close() {
    ::close(socket_);
    socket_ = -1;
  }

  const Plan& plan_;
  Tally& tally_;
  int epoll_;
  int socket_ = -1;
  bool busy_ = false;
  Clock::time_point began_;
  Answer answer_;
};

class Crowd {
 public:
  Crowd(const Plan& plan, Tally& tally) : plan_(plan), tally_(tally), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t n = 0; n < plan.connections; ++n) askers_.emplace_back(plan, tally, epoll_);
  }

  /// Until all are answered.
  void run() {
    while (tally_.took.size() < plan_.count) {
      if (Clock::now() - began_ > kLongest) give_up("too slow");
      ask_what_is_due();
      hear();
    }
  }

 private:
  std::size_t due() const {
    if (plan_.rate <= 0) return plan_.count;
    const double passed = std::chrono::duration<double>(Clock::now() - began_).count();
    return std::min(plan_.count, std::size_t(passed * plan_.rate) + 1);
  }

  void ask_what_is_due() {
    const std::size_t due_now = due();
    for (Asker& asker : askers_)
      if (!asker.busy() && asked_ < due_now) asker.ask(plan_.paths[asked_++ % plan_.paths.size()]);
  }

  void hear() {
    std::array<epoll_event, 64> events;
    const int found = ::epoll_wait(epoll_, events.data(), int(events.size()), plan_.rate > 0 ? 1 : 1000);
    for (int n = 0; n < found; ++n) static_cast<Asker*>(events[std::size_t(n)].data.ptr)->readable(piece_);
  }

  const Plan& plan_;
  Tally& tally_;
  int epoll_;
  std::vector<Asker> askers_;
  std::vector<char> piece_ = std::vector<char>(kPiece);
  std::size_t asked_ = 0;
  Clock::time_point began_ = Clock::now();
};

double share(std::vector<double> values, double of) {
  if (values.empty()) return -1;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, std::size_t(double(values.size()) * of))];
}

Plan plan_of(int count, char** words) {
  if (count < 8) {
    std::fputs("usage: bench_load PORT CONNECTIONS COUNT RATE ENCODING EXPECTED PATH...\n", stderr);
    std::exit(2);
  }
  return {number<std::uint16_t>(words[1]),
          number<std::size_t>(words[2]),
          number<std::size_t>(words[3]),
          number<double>(words[4]),
          words[5],
          words[6],
          {words + 7, words + count}};
}

}  // namespace

int main(int count, char** words) {
  const Plan plan = plan_of(count, words);
  Tally tally;
  tally.took.reserve(plan.count);
  tally.reported.reserve(plan.count);
  const auto began = Clock::now();
  Crowd(plan, tally).run();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf(
      "{\"count\": %zu, \"failed\": %zu, \"opened\": %zu, \"bytes\": %zu, \"seconds\": %.6f, \"p50\": %.9f, "
      "\"p99\": %.9f, \"reported_p50\": %.9f, \"reported_p99\": %.9f}\n",
      tally.took.size(), tally.failed, tally.opened, tally.bytes, seconds, share(tally.took, 0.5),
      share(tally.took, 0.99), share(tally.reported, 0.5), share(tally.reported, 0.99));
}
