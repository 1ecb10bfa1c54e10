// One HTTP exchange through libcurl: the options that make 7.88 safe against hostile servers, and what is recorded.
// The loop is live_multi's business, what an answer must look like live_response's, what failed live_outcome's.
#include "probes/live_fetch.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include "probes/formats/text.hpp"
#include "probes/live_fetch_tls.hpp"
#include "probes/live_multi.hpp"
#include "probes/live_outcome.hpp"
#include "probes/live_reason.hpp"
#include "probes/live_response.hpp"
#include "probes/live_socket.hpp"

namespace mw {

namespace {

constexpr double kSlowBytesPerSecond = 1024;
/// libcurl's own deadline lies this much behind ours, which knows how far the exchange got.
constexpr long kBackstopMilliseconds = 100;
constexpr long kReadBufferBytes = 64 * 1024;

long milliseconds(Duration duration) {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return std::clamp<long>(whole, 1, 24L * 3600 * 1000);
}

std::string bracketed(const Address& address) {
  const std::string text = to_string(address);
  return address.v6 ? "[" + text + "]" : text;
}

bool mentions(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

}  // namespace

// ---- one exchange -------------------------------------------------------------------------------------------

class Exchange final : public Transfer {
 public:
  Exchange(std::shared_ptr<Fetcher> fetcher, Fetch what);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void start();
  Task<void> wait();
  bool over() const { return end_.has_value(); }
  Reply reply();

  void finished(int curl_code) override;
  void before_close(int socket) override;

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_fixed();
  void set_callbacks();
  void set_request();
  void set_headers();
  void set_route();
  void set_proxy(const Proxy&);
  void set_credentials();
  void add_header(const std::string& line);

  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* to);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self);
  curl_socket_t open(const curl_sockaddr& to);
  bool is_too_slow(SteadyTime now);

  bool is_connected() const;
  bool awaits_proxy() const;
  bool is_https() const { return what_.url.scheme == "https"; }
  Endpoint expected() const { return {what_.address, what_.proxy ? what_.proxy->url.port : what_.url.port}; }
  std::string where() const;
  Outcome outcome() const;
  Timings timings() const;
  Duration time(CURLINFO) const;
  long number(CURLINFO) const;

  std::shared_ptr<Fetcher> fetcher_;
  Fetch what_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  Wakeup wakeup_;
  ResponseReader reader_;
  SteadyTime deadline_;
  SteadyTime window_start_;
  std::uint64_t window_start_bytes_ = 0;
  std::array<char, CURL_ERROR_SIZE> words_{};
  CURLcode setup_ = CURLE_OK;
  CURLcode code_ = CURLE_OK;
  std::shared_ptr<TlsSeen> seen_;  ///< null when nobody wants to know
  int socket_ = -1;                ///< while it is open
  int socket_error_ = 0;
  bool was_connected_ = false;
  bool blocked_ = false;
  bool added_ = false;
  std::optional<End> end_;
};

namespace {

ResponseRules rules_of(const Fetch& what) {
  ResponseRules rules;
  rules.header_limit = what.header_limit;
  rules.body_limit = what.body_limit;
  rules.keep_body = what.keep_body;
  rules.spool = what.spool;
  rules.http2 = what.http2;
  rules.answers_head = what.method == "HEAD";
  rules.through_tunnel = what.proxy && what.proxy->url.scheme == "http" && what.url.scheme == "https";
  return rules;
}

Reply not_tried(Failure failure) {
  Reply reply;
  reply.failure = std::move(failure);
  return reply;
}

/// How libcurl's way of ending is called here.
End end_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return End::complete;
    case CURLE_OPERATION_TIMEDOUT:
      return End::deadline;
    case CURLE_COULDNT_CONNECT:
      return End::connect;
    case CURLE_PEER_FAILED_VERIFICATION:
      return End::verification;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return End::tls_setup;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return End::broken;
    case CURLE_PROXY:
      return End::proxy;
    case CURLE_GOT_NOTHING:
      return End::no_answer;
    case CURLE_PARTIAL_FILE:
      return End::partial;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return End::malformed;
    case CURLE_OUT_OF_MEMORY:
      return End::no_memory;
    default:
      return End::refused_setup;
  }
}

}  // namespace

Exchange::Exchange(std::shared_ptr<Fetcher> fetcher, Fetch what)
    : fetcher_(std::move(fetcher)),
      what_(std::move(what)),
      easy_(curl_easy_init()),
      wakeup_(fetcher_->loop()),
      reader_(rules_of(what_)),
      deadline_(deadline_after(what_.timeout)),
      window_start_(std::chrono::steady_clock::now()),
      seen_(what_.tell_tls ? std::make_shared<TlsSeen>() : nullptr) {
  if (easy_ == nullptr) throw std::bad_alloc();
}

Exchange::~Exchange() {
  if (added_) fetcher_->remove(easy_, *this);
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(connect_to_);
}

template <class Value>
void Exchange::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_, option, value);
  if (setup_ == CURLE_OK) setup_ = code;
}

/// Each line has a measured reason: a default of libcurl 7.88 that a hostile server, a dead resolver or the
/// environment could turn against us.
void Exchange::set_fixed() {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(what_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_ACCEPT_ENCODING, static_cast<char*>(nullptr));
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_UNRESTRICTED_AUTH, 0L);
  set(CURLOPT_BUFFERSIZE, kReadBufferBytes);
  const long limit = milliseconds(what_.timeout) + kBackstopMilliseconds;
  set(CURLOPT_TIMEOUT_MS, limit);
  set(CURLOPT_CONNECTTIMEOUT_MS, limit);
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, limit / 1000 + 1);
}

void Exchange::set_callbacks() {
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &Fetcher::on_close_socket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(fetcher_.get()));
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_DEBUGFUNCTION, &Exchange::on_debug);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(CURLOPT_VERBOSE, 1L);  // without it nobody tells of bytes outside the body
}

void Exchange::set_request() {
  set(CURLOPT_URL, what_.url.str().c_str());
  if (what_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (!what_.body.empty() || what_.method == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what_.body.size()));
    set(CURLOPT_POSTFIELDS, what_.body.c_str());
  }
  const bool plain_get = what_.method == "GET" && what_.body.empty();
  if (what_.method != "HEAD" && !plain_get) set(CURLOPT_CUSTOMREQUEST, what_.method.c_str());
}

void Exchange::add_header(const std::string& line) {
  // A line break in a header would be a second header of somebody else's choice.
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos) {
    setup_ = CURLE_BAD_FUNCTION_ARGUMENT;
    return;
  }
  curl_slist* longer = curl_slist_append(headers_, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  headers_ = longer;
}

void Exchange::set_headers() {
  for (const auto& [name, value] : what_.headers) add_header(value.empty() ? name + ";" : name + ": " + value);
  if (!mentions(what_.headers, "accept-encoding")) add_header("Accept-Encoding: identity");
  if (!mentions(what_.headers, "user-agent")) add_header("User-Agent: mirrorwarden");
  if (!mentions(what_.headers, "content-type")) add_header("Content-Type:");  // none: not a form
  if (!mentions(what_.headers, "expect")) add_header("Expect:");              // none: no wait for 100
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
}

/// libcurl is never left with a name to resolve.
void Exchange::set_route() {
  if (what_.proxy) {
    set_proxy(*what_.proxy);
  } else {
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOPROXY, "*");
  }
  const bool by_http_proxy = what_.proxy && what_.proxy->url.scheme == "http";
  // It resolves the target itself, unless it is to be told where that is.
  if (by_http_proxy && !(is_https() && what_.target_address)) return;
  const Address target = what_.proxy ? what_.target_address.value_or(what_.address) : what_.address;
  connect_to_ = curl_slist_append(nullptr, ("::" + bracketed(target) + ":").c_str());
  set(CURLOPT_CONNECT_TO, connect_to_);
}

void Exchange::set_proxy(const Proxy& proxy) {
  const std::string url = proxy.url.scheme + "://" + bracketed(what_.address) + ":" + std::to_string(proxy.url.port);
  set(CURLOPT_PROXY, url.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 0L);
  if (proxy.credentials.password.empty() && proxy.credentials.user.empty()) return;
  set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_PROXYUSERNAME, proxy.credentials.user.c_str());
  set(CURLOPT_PROXYPASSWORD, proxy.credentials.password.reveal().c_str());
}

void Exchange::set_credentials() {
  const Credentials& credentials = what_.credentials;
  if (!credentials.bearer.empty()) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set(CURLOPT_XOAUTH2_BEARER, credentials.bearer.reveal().c_str());
  } else if (!credentials.user.empty() || !credentials.password.empty()) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, credentials.user.c_str());
    set(CURLOPT_PASSWORD, credentials.password.reveal().c_str());
  }
}

void Exchange::start() {
  set_fixed();
  set_callbacks();
  set_request();
  set_headers();
  set_route();
  const CURLcode tls = static_cast<CURLcode>(set_tls(easy_, what_, seen_));
  if (setup_ == CURLE_OK) setup_ = tls;
  set_credentials();
  if (setup_ != CURLE_OK) return finished(setup_);
  added_ = fetcher_->add(easy_, *this);
  if (!added_) finished(CURLE_FAILED_INIT);
}

Task<void> Exchange::wait() {
  const SteadyTime look_again = std::chrono::steady_clock::now() + fetcher_->slow_window() / 4;
  const SteadyTime until = std::min(deadline_, look_again);
  co_await wakeup_.until(until);
  if (end_) co_return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (reader_.trouble())
    end_ = End::rules;
  else if (fetcher_->loop()->closed())
    end_ = End::closing;
  else if (now >= deadline_)
    end_ = End::deadline;
  else if (is_too_slow(now))
    end_ = End::slow;
}

/// libcurl has such a rule, but its code for it is that of a timeout.
bool Exchange::is_too_slow(SteadyTime now) {
  const bool answering = window_start_bytes_ > 0;
  const Duration window = fetcher_->slow_window();
  if (answering && now - window_start_ < window) return false;
  const double wanted = std::chrono::duration<double>(window).count() * kSlowBytesPerSecond;
  const bool too_slow = answering && static_cast<double>(reader_.bytes() - window_start_bytes_) < wanted;
  window_start_ = now;
  window_start_bytes_ = reader_.bytes();
  return too_slow;
}

void Exchange::finished(int curl_code) {
  code_ = static_cast<CURLcode>(curl_code);
  end_ = end_of(code_);
  if (blocked_)
    end_ = End::blocked;
  else if (reader_.trouble())
    end_ = End::rules;
  wakeup_.wake();
}

// ---- callbacks: they record, nothing more -------------------------------------------------------------------

curl_socket_t Exchange::on_open_socket(void* self, curlsocktype, curl_sockaddr* to) {
  return static_cast<Exchange*>(self)->open(*to);
}

curl_socket_t Exchange::open(const curl_sockaddr& to) {
  blocked_ = endpoint_of(&to.addr, to.addrlen) != expected();
  if (blocked_) return CURL_SOCKET_BAD;
  const int opened = open_socket(to.family, to.socktype, to.protocol);
  if (opened < 0) {
    socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  fetcher_->opened(opened, *this);
  socket_ = opened;
  return opened;
}

std::size_t Exchange::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  const bool go_on = static_cast<Exchange*>(self)->reader_.header_line({bytes, size * count});
  return go_on ? size * count : 0;
}

std::size_t Exchange::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  const bool go_on = static_cast<Exchange*>(self)->reader_.body({bytes, size * count});
  return go_on ? size * count : 0;
}

// NOLINTNEXTLINE(readability-function-size): libcurl says how many parameters it passes
int Exchange::on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  if (kind == CURLINFO_DATA_IN && !exchange.reader_.framed(size)) exchange.wakeup_.wake();
  constexpr std::string_view kAfterLastChunk = "Leftovers after chunking";
  if (kind == CURLINFO_TEXT && std::string_view(bytes, size).starts_with(kAfterLastChunk)) exchange.reader_.excess();
  return 0;
}

/// What still waits in a plain connection at its end was sent beyond the end of the answer.
void Exchange::before_close(int socket) {
  was_connected_ = is_connected();
  socket_ = -1;
  if (is_https() || !reader_.headers_complete()) return;
  char byte = 0;
  if (::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) reader_.excess();
}

// ---- what it came to ----------------------------------------------------------------------------------------

Duration Exchange::time(CURLINFO which) const {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy_, which, &microseconds);
  return std::chrono::microseconds(microseconds);
}

long Exchange::number(CURLINFO which) const {
  long value = 0;
  curl_easy_getinfo(easy_, which, &value);
  return value;
}

Timings Exchange::timings() const {
  const auto phase = [&](CURLINFO from, CURLINFO to) -> std::optional<Duration> {
    const Duration start = time(from);
    const Duration end = time(to);
    return end > Duration::zero() ? std::optional(std::max(end - start, Duration::zero())) : std::nullopt;
  };
  Timings timings;
  timings.connect = phase(CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T);
  if (is_https()) timings.tls = phase(CURLINFO_CONNECT_TIME_T, CURLINFO_APPCONNECT_TIME_T);
  if (!reader_.headers_complete()) return timings;
  timings.processing = phase(CURLINFO_PRETRANSFER_TIME_T, CURLINFO_STARTTRANSFER_TIME_T);
  timings.transfer = phase(CURLINFO_STARTTRANSFER_TIME_T, CURLINFO_TOTAL_TIME_T);
  return timings;
}

std::string Exchange::where() const {
  std::string text = what_.url.scheme + "://" + what_.url.authority() + " at " + to_string(what_.address);
  if (what_.proxy) text += " (proxy " + what_.proxy->url.authority() + ")";
  return text;
}

/// libcurl tells the time of the connection only once TLS and proxies are through as well.
bool Exchange::is_connected() const {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  return was_connected_ || (socket_ >= 0 && ::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &length) == 0);
}

bool Exchange::awaits_proxy() const {
  const bool socks = what_.proxy && what_.proxy->url.scheme == "socks5";
  return reader_.waits_for_tunnel() || (socks && time(CURLINFO_CONNECT_TIME_T) == Duration::zero());
}

Outcome Exchange::outcome() const {
  Outcome outcome;
  outcome.end = *end_;
  outcome.https = is_https();
  outcome.connected = is_connected();
  outcome.awaits_proxy = awaits_proxy();
  outcome.secured = time(CURLINFO_APPCONNECT_TIME_T) > Duration::zero();
  outcome.os_errno = socket_error_ != 0 ? socket_error_ : static_cast<int>(number(CURLINFO_OS_ERRNO));
  outcome.verify_result = number(CURLINFO_SSL_VERIFYRESULT);
  outcome.proxy_error = number(CURLINFO_PROXY_ERROR);
  outcome.where = where();
  outcome.text = words_[0] != '\0' ? words_.data() : curl_easy_strerror(code_);
  return outcome;
}

Reply Exchange::reply() {
  const auto failed = failure_of(outcome(), reader_);
  const Timings spent = timings();
  Reply reply = reader_.take();
  reply.failure = failed;
  reply.timings = spent;
  if (seen_ && !seen_->fingerprint_sha256.empty()) reply.tls_seen = seen_;
  return reply;
}

Task<Reply> live_fetch(std::shared_ptr<Fetcher> fetcher, Fetch what) {
  if (fetcher->loop()->closed()) co_return not_tried(closed_door(Layer::http));
  if (what.timeout <= Duration::zero())
    co_return not_tried({Layer::connect, Reason::timeout, "no time left to connect"});
  Exchange exchange(fetcher, std::move(what));
  exchange.start();
  while (!exchange.over()) co_await exchange.wait();
  fetcher->loop()->begin_turn();
  co_return exchange.reply();
}

}  // namespace mw
