// One mail through libcurl's SMTP. In 7.88 it waits for the answer to the text, and to its goodbye, without giving the
// loop back (smtp_done, smtp_disconnect), and mail servers think long about a text: so a conversation has a thread.
// What was said is live_dialogue's business.
#include "probes/live_submit.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

#include "probes/live_compute.hpp"
#include "probes/live_dialogue.hpp"
#include "probes/live_reason.hpp"
#include "probes/live_socket.hpp"

namespace mw {

class PostOffice {
 public:
  std::shared_ptr<Workers> counters = make_workers(4);
  /// Apart from the rest: a conversation that waits in `counters` must not own them.
  std::shared_ptr<std::atomic<bool>> closed = std::make_shared<std::atomic<bool>>(false);
};

namespace {

/// How long the server's goodbye is waited for.
constexpr Duration kGoodbye = std::chrono::seconds(1);

std::string bracketed(const Address& address) {
  const std::string text = to_string(address);
  return address.v6 ? "[" + text + "]" : text;
}

class Conversation {
 public:
  Conversation(const Letter&, SteadyTime deadline, const std::atomic<bool>& closed);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  Receipt hold();

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_fixed();
  void set_callbacks();
  void set_route();
  void set_tls();
  void set_login();
  void set_letter();
  static void add(curl_slist*& list, const std::string& text);

  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* to);
  static int on_close_socket(void* self, curl_socket_t);
  static std::size_t on_reply(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_text(char* to, std::size_t size, std::size_t count, void* self);
  static int on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  curl_socket_t open(const curl_sockaddr& to);
  bool has_waited_enough();

  bool is_shaking_hands() const;
  Failure failure(CURLcode) const;
  Failure failed_at_deadline() const;
  Failure not_connected() const;
  Failure not_verified(const std::string& words) const;
  Failure broken(CURLcode) const;
  Failure at(Layer, Reason, const std::string& text) const;
  long number(CURLINFO) const;

  const Letter& letter_;
  SteadyTime deadline_;
  const std::atomic<bool>& closed_;
  CURL* easy_;
  curl_slist* connect_to_ = nullptr;
  curl_slist* recipients_ = nullptr;
  Dialogue dialogue_;
  std::size_t taken_ = 0;  ///< of the text
  std::array<char, CURL_ERROR_SIZE> words_{};
  CURLcode setup_ = CURLE_OK;
  int socket_error_ = 0;
  bool was_connected_ = false;
  bool blocked_ = false;
  std::optional<SteadyTime> goodbye_;  ///< when it was seen to be under way
};

Conversation::Conversation(const Letter& letter, SteadyTime deadline, const std::atomic<bool>& closed)
    : letter_(letter), deadline_(deadline), closed_(closed), easy_(curl_easy_init()), dialogue_(letter.to) {
  if (easy_ == nullptr) throw std::bad_alloc();
}

Conversation::~Conversation() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(connect_to_);
  curl_slist_free_all(recipients_);
}

template <class Value>
void Conversation::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_, option, value);
  if (setup_ == CURLE_OK) setup_ = code;
}

void Conversation::add(curl_slist*& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list, text.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  list = longer;
}

/// FORBID_REUSE: the connection is closed within the transfer, where on_progress() limits the wait for a goodbye.
void Conversation::set_fixed() {
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  const Duration left = deadline_ - std::chrono::steady_clock::now();
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  set(CURLOPT_TIMEOUT_MS, std::clamp<long>(limit, 1, 24L * 3600 * 1000));
  set(CURLOPT_CONNECTTIMEOUT_MS, std::clamp<long>(limit, 1, 24L * 3600 * 1000));
}

void Conversation::set_callbacks() {
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &Conversation::on_open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_CLOSESOCKETFUNCTION, &Conversation::on_close_socket);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &Conversation::on_reply);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_READFUNCTION, &Conversation::on_text);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_DEBUGFUNCTION, &Conversation::on_debug);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(CURLOPT_VERBOSE, 1L);  // without it nobody tells which command a reply is to
  set(CURLOPT_XFERINFOFUNCTION, &Conversation::on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
  set(CURLOPT_NOPROGRESS, 0L);
}

/// The path is libcurl's way to say whom EHLO names; its default is this host's name without the domain, which strict
/// servers refuse. libcurl is never left with a name to resolve.
void Conversation::set_route() {
  const Url& url = letter_.url;
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const std::string hello = letter_.hello.empty() ? "localhost" : letter_.hello;
  set(CURLOPT_URL, (url.scheme + "://" + host + ":" + std::to_string(url.port) + "/" + hello).c_str());
  add(connect_to_, "::" + bracketed(letter_.address) + ":");
  set(CURLOPT_CONNECT_TO, connect_to_);
}

void Conversation::set_tls() {
  const bool may_be_plain = letter_.url.scheme == "smtp" && letter_.in_the_clear;
  set(CURLOPT_USE_SSL, static_cast<long>(may_be_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  if (!letter_.tls.ca_file.empty()) set(CURLOPT_CAINFO, letter_.tls.ca_file.c_str());
  if (!letter_.tls.cert_file.empty()) set(CURLOPT_SSLCERT, letter_.tls.cert_file.c_str());
  if (!letter_.tls.key_file.empty()) set(CURLOPT_SSLKEY, letter_.tls.key_file.c_str());
}

/// Two mechanisms that every server has: left to itself, libcurl would take Kerberos for user@realm where it is
/// offered.
void Conversation::set_login() {
  if (letter_.user.empty()) return;
  set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
  set(CURLOPT_USERNAME, letter_.user.c_str());
  set(CURLOPT_PASSWORD, letter_.password.reveal().c_str());
}

/// One address that nobody reads any more must not keep the news from the others.
void Conversation::set_letter() {
  set(CURLOPT_MAIL_FROM, ("<" + letter_.from + ">").c_str());
  for (const std::string& each : letter_.to) add(recipients_, "<" + each + ">");
  set(CURLOPT_MAIL_RCPT, recipients_);
  set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(letter_.text.size()));
}

Receipt Conversation::hold() {
  set_fixed();
  set_callbacks();
  set_route();
  set_tls();
  set_login();
  set_letter();
  const CURLcode code = setup_ == CURLE_OK ? curl_easy_perform(easy_) : setup_;
  if (dialogue_.decided()) return dialogue_.receipt();
  Receipt receipt;
  receipt.failure = failure(code);
  return receipt;
}

// ---- callbacks: they record, nothing more -------------------------------------------------------------------

curl_socket_t Conversation::on_open_socket(void* self, curlsocktype, curl_sockaddr* to) {
  return static_cast<Conversation*>(self)->open(*to);
}

curl_socket_t Conversation::open(const curl_sockaddr& to) {
  blocked_ = endpoint_of(&to.addr, to.addrlen) != Endpoint{letter_.address, letter_.url.port};
  if (blocked_) return CURL_SOCKET_BAD;
  const int opened = open_socket(to.family, to.socktype, to.protocol);
  if (opened < 0) socket_error_ = errno;
  return opened < 0 ? CURL_SOCKET_BAD : opened;
}

int Conversation::on_close_socket(void* self, curl_socket_t socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  static_cast<Conversation*>(self)->was_connected_ =
      ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
  return ::close(socket);
}

std::size_t Conversation::on_reply(char* bytes, std::size_t size, std::size_t count, void* self) {
  const bool go_on = static_cast<Conversation*>(self)->dialogue_.heard({bytes, size * count});
  return go_on ? size * count : 0;
}

std::size_t Conversation::on_text(char* to, std::size_t size, std::size_t count, void* self) {
  Conversation& conversation = *static_cast<Conversation*>(self);
  const std::string& text = conversation.letter_.text;
  const std::size_t now = std::min(size * count, text.size() - conversation.taken_);
  std::memcpy(to, text.data() + conversation.taken_, now);
  conversation.taken_ += now;
  return now;
}

// NOLINTNEXTLINE(readability-function-size): libcurl says how many parameters it passes
int Conversation::on_debug(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self) {
  Dialogue& dialogue = static_cast<Conversation*>(self)->dialogue_;
  if (kind == CURLINFO_HEADER_OUT) dialogue.sent({bytes, size});
  constexpr std::string_view kEndlessLine = "Excessive server response line length";
  if (kind == CURLINFO_TEXT && std::string_view(bytes, size).starts_with(kEndlessLine)) dialogue.overheard();
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): libcurl says how many parameters it passes
int Conversation::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Conversation*>(self)->has_waited_enough() ? 1 : 0;
}

/// Called at least once a second, also where libcurl holds on to the thread.
bool Conversation::has_waited_enough() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (dialogue_.over() && !goodbye_) goodbye_ = now;
  return closed_ || dialogue_.endless() || now >= deadline_ || (goodbye_ && now >= *goodbye_ + kGoodbye);
}

// ---- what it came to ----------------------------------------------------------------------------------------

long Conversation::number(CURLINFO which) const {
  long value = 0;
  curl_easy_getinfo(easy_, which, &value);
  return value;
}

Failure Conversation::at(Layer layer, Reason reason, const std::string& text) const {
  return {layer, reason,
          letter_.url.scheme + "://" + letter_.url.authority() + " at " + to_string(letter_.address) + ": " + text};
}

/// Up to the end of the handshake libcurl's words hold nothing of ours.
bool Conversation::is_shaking_hands() const {
  if (letter_.url.scheme == "smtps") return dialogue_.stage() == Stage::greeting && dialogue_.status() == 0;
  return dialogue_.stage() == Stage::starttls && dialogue_.status() == 220;
}

Failure Conversation::failed_at_deadline() const {
  if (!was_connected_) return at(Layer::connect, Reason::timeout, "not connected within the deadline");
  if (is_shaking_hands() && number(CURLINFO_APPCONNECT_TIME_T) == 0)
    return at(Layer::tls, Reason::timeout, "TLS handshake not finished within the deadline");
  return at(Layer::http, Reason::timeout, "no answer to " + std::string(dialogue_.step()) + " within the deadline");
}

Failure Conversation::not_connected() const {
  const int error = socket_error_ != 0 ? socket_error_ : static_cast<int>(number(CURLINFO_OS_ERRNO));
  return at(Layer::connect, reason_of_errno(error), error != 0 ? std::strerror(error) : "not connected");
}

/// libcurl compares the name itself once the chain is good; OpenSSL's result is then 0 or still 1, libcurl's initial
/// value.
Failure Conversation::not_verified(const std::string& words) const {
  const long result = number(CURLINFO_SSL_VERIFYRESULT);
  return at(Layer::tls, result == 0 || result == 1 ? Reason::host_mismatch : reason_of_verify(result), words);
}

Failure Conversation::broken(CURLcode code) const {
  const std::string words = words_.data();
  const std::string step(dialogue_.step());
  if (code == CURLE_WEIRD_SERVER_REPLY) return at(Layer::http, Reason::malformed, "no proper answer to " + step);
  if (is_shaking_hands()) {
    if (const auto openssl = openssl_code_in(words)) return at(Layer::tls, reason_of_openssl(*openssl), words);
    const long error = number(CURLINFO_OS_ERRNO);
    return at(Layer::tls, error != 0 ? reason_of_errno(static_cast<int>(error)) : Reason::eof, "handshake cut off");
  }
  const bool reset = number(CURLINFO_OS_ERRNO) == ECONNRESET || number(CURLINFO_OS_ERRNO) == EPIPE;
  return at(Layer::http, reset ? Reason::reset : Reason::truncated, "closed without an answer to " + step);
}

Failure Conversation::failure(CURLcode code) const {
  if (closed_) return closed_door(Layer::http);
  if (blocked_) return at(Layer::connect, Reason::address_blocked, "would have connected to another address");
  const std::string_view words = words_.data();  // libcurl's own limits
  if (dialogue_.endless() || words.starts_with("Too large response") ||
      words.starts_with("cached response data too big"))
    return at(Layer::http, Reason::header_limit, "an answer without end");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_ABORTED_BY_CALLBACK:
      return failed_at_deadline();
    case CURLE_COULDNT_CONNECT:
      return not_connected();
    case CURLE_PEER_FAILED_VERIFICATION:
      return not_verified(words_.data());
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return at(Layer::tls, Reason::local_resource, "the authorities or the certificate of our own cannot be used");
    case CURLE_USE_SSL_FAILED:
      return at(Layer::tls, Reason::protocol, "the server offers no STARTTLS");
    case CURLE_LOGIN_DENIED:
      return at(Layer::http, Reason::unauthorized, "the server offers neither AUTH PLAIN nor LOGIN");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_WEIRD_SERVER_REPLY:
      return broken(code);
    default:  // words of libcurl's own, for which nobody vouches, stay out
      return at(Layer::http, Reason::local_resource, "libcurl error " + std::to_string(code));
  }
}

/// On a thread of the office's.
Receipt converse(const Letter& letter, SteadyTime deadline, const std::atomic<bool>& closed) {
  Receipt receipt;
  if (closed)
    receipt.failure = closed_door(Layer::http);
  else if (std::chrono::steady_clock::now() >= deadline)
    receipt.failure = Failure{Layer::connect, Reason::timeout, "no time left to connect: other mails took it"};
  if (receipt.failure) return receipt;
  return Conversation(letter, deadline, closed).hold();
}

Receipt not_tried(Failure failure) {
  Receipt receipt;
  receipt.failure = std::move(failure);
  return receipt;
}

}  // namespace

std::shared_ptr<PostOffice> make_post_office() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw std::bad_alloc();
  return std::make_shared<PostOffice>();
}

void close_counters(PostOffice& office) { *office.closed = true; }

void end(PostOffice& office) { end(*office.counters); }

Task<Receipt> live_submit(std::shared_ptr<LiveLoop> loop, std::shared_ptr<PostOffice> office, Letter letter) {
  if (loop->closed()) co_return not_tried(closed_door(Layer::http));
  if (const auto why = unsendable(letter))
    co_return not_tried({Layer::http, Reason::local_resource, "the mail cannot be sent: " + *why});
  const SteadyTime deadline = deadline_after(letter.timeout);
  const auto receipt = std::make_shared<Receipt>();
  std::function<void()> work = [closed = office->closed, receipt, deadline, letter = std::move(letter)] {
    try {
      *receipt = converse(letter, deadline, *closed);
    } catch (const std::exception&) {
      receipt->failure = Failure{Layer::http, Reason::local_resource, "no memory for a mail"};
    }
  };
  Task<void> done = live_compute(loop, office->counters, std::move(work));
  co_await std::move(done);
  co_return std::move(*receipt);
}

}  // namespace mw
