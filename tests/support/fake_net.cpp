// Virtual time and canned troubles. Knows what each situation means; the contract test checks that the real
// network agrees.
#include "tests/support/fake_net.hpp"

#include <algorithm>
#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "probes/digest.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

struct Trouble {
  std::string_view name;
  Layer layer;
  Reason reason;
  bool takes_the_timeout;
};

constexpr Trouble kTroubles[] = {
    {"refused", Layer::connect, Reason::refused, false},
    {"unreachable", Layer::connect, Reason::unreachable, false},
    {"blackhole", Layer::connect, Reason::timeout, true},
    {"silent", Layer::http, Reason::timeout, true},
    {"slow_header", Layer::http, Reason::timeout, true},
    {"reset", Layer::http, Reason::reset, false},
    {"truncated", Layer::http, Reason::truncated, false},
    {"malformed", Layer::http, Reason::malformed, false},
    {"header_limit", Layer::http, Reason::header_limit, false},
    {"body_limit", Layer::http, Reason::body_limit, false},
    {"tls_expired", Layer::tls, Reason::expired, false},
    {"tls_host_mismatch", Layer::tls, Reason::host_mismatch, false},
    {"tls_self_signed", Layer::tls, Reason::self_signed, false},
    {"tls_protocol", Layer::tls, Reason::protocol, false},
    {"tls_stalled", Layer::tls, Reason::timeout, true},
};

constexpr Duration kLatency = std::chrono::milliseconds(1);

const Trouble* find_trouble(const std::string& name) {
  for (const Trouble& trouble : kTroubles)
    if (trouble.name == name) return &trouble;
  return nullptr;
}

std::string endpoint(const Address& address, std::uint16_t port) {
  return (address.v6 ? "[" + to_string(address) + "]" : to_string(address)) + ":" + std::to_string(port);
}

/// Nothing listens where no host was arranged.
const Trouble* trouble_of(const FakeHost* host) {
  if (host == nullptr) return find_trouble("refused");
  return host->trouble.empty() ? nullptr : find_trouble(host->trouble);
}

Failure failure_of(const Trouble& trouble, const std::string& where) {
  return {trouble.layer, trouble.reason, where + ": " + std::string(trouble.name)};
}

/// As servers do: the tag decides when there is one, else the date, and both are compared as text.
bool is_unchanged(const FakePage& page, const Fetch& fetch) {
  const auto value_of = [](const Headers& headers, std::string_view name) {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& field) { return equal_ignoring_case(field.first, name); });
    return found == headers.end() ? std::string() : found->second;
  };
  const std::string tag = value_of(fetch.headers, "if-none-match");
  const std::string date = value_of(fetch.headers, "if-modified-since");
  if (!tag.empty()) return tag == value_of(page.headers, "etag");
  return !date.empty() && date == value_of(page.headers, "last-modified");
}

Reply answer_page(const FakePage& page, const Fetch& fetch) {
  Reply reply;
  if (page.status == 200 && is_unchanged(page, fetch)) {
    reply.status = 304;
    reply.headers = page.headers;
    reply.sha256 = sha256_hex("");
    return reply;
  }
  reply.status = page.status;
  reply.headers = page.headers;
  const std::string body = fetch.method == "HEAD" ? "" : page.body;
  if (fetch.method == "HEAD") reply.headers.emplace_back("content-length", std::to_string(page.body.size()));
  reply.body_bytes = body.size();
  reply.bytes_received = body.size();
  if (body.size() > fetch.body_limit) {
    reply.failure =
        Failure{Layer::http, Reason::body_limit, "more than " + std::to_string(fetch.body_limit) + " bytes"};
    return reply;
  }
  reply.sha256 = sha256_hex(body);
  if (fetch.spool) {
    reply.spool = Spool::make();
    reply.spool->append(body);
    reply.spool->rewind();
  } else if (fetch.keep_body) {
    reply.body = body;
  }
  return reply;
}

bool reached(Layer layer, Layer wanted) { return static_cast<int>(layer) > static_cast<int>(wanted); }

}  // namespace

FakeNet::FakeNet(asio::io_context& loop, SysTime wall) : loop_(loop), wall_start_(wall) {}

void FakeNet::drain() {
  loop_.restart();
  loop_.poll();
}

void FakeNet::run_for(Duration duration) {
  const SteadyTime end = now_ + duration;
  drain();
  while (!timers_.empty() && timers_.begin()->first <= end) {
    now_ = std::max(now_, timers_.begin()->first);
    const auto fire = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    fire();
    drain();
  }
  now_ = end;
}

Task<void> FakeNet::sleep(Duration duration) {
  const SteadyTime due = now_ + std::max(duration, Duration::zero());
  co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
      [this, due](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        timers_.emplace(due, [shared] { std::move (*shared)(); });
      },
      asio::use_awaitable);
}

Task<void> FakeNet::compute(std::function<void()> work) {
  work();
  co_return;
}

Task<Reply> FakeNet::fetch(Fetch fetch) {
  const std::string where = endpoint(fetch.address, fetch.proxy ? fetch.proxy->url.port : fetch.url.port);
  const auto found = hosts_.find(where);
  FakeHost* host = found == hosts_.end() ? nullptr : &found->second;
  const Trouble* trouble = trouble_of(host);
  Duration took = host == nullptr ? kLatency : host->latency;
  if (trouble != nullptr) took = trouble->takes_the_timeout ? fetch.timeout : kLatency;
  if (host != nullptr) ++host->requests;
  co_await sleep(took);
  Reply reply;
  if (trouble != nullptr) {
    reply.failure = failure_of(*trouble, where);
    // A body can only be too long once its status has been read.
    if (trouble->reason == Reason::body_limit) reply.status = 200;
    if (trouble->layer == Layer::tls && fetch.tell_tls && host->shown)
      reply.tls_seen = std::make_shared<const TlsSeen>(*host->shown);
    co_return reply;
  }
  if (fetch_hook_) fetch_hook_(fetch);
  const auto again = hosts_.find(where);
  const auto page = again->second.pages.find(fetch.url.target);
  reply = answer_page(page == again->second.pages.end() ? FakePage{404, "not found", {}} : page->second, fetch);
  reply.http_version = "1.1";
  if (fetch.tell_tls && fetch.url.scheme == "https" && again->second.shown)
    reply.tls_seen = std::make_shared<const TlsSeen>(*again->second.shown);
  reply.timings.connect = kLatency / 4;
  reply.timings.processing = kLatency / 2;
  reply.timings.transfer = kLatency / 4;
  co_return reply;
}

Task<Answer> FakeNet::resolve(Question question) {
  Answer answer;
  if (const auto address = parse_address(question.name)) {
    answer.addresses = {*address};
    co_return answer;
  }
  const auto found = names_.find(question.name);
  if (found == names_.end())
    answer.failure = Failure{Layer::dns, Reason::nxdomain, question.name + ": no such name"};
  else
    answer = found->second;
  const bool silent = answer.failure && answer.failure->reason == Reason::timeout;
  answer.took = silent ? question.timeout : kLatency;
  co_await sleep(answer.took);
  co_return answer;
}

Task<Link> FakeNet::dial(Dial dial) {
  const std::string where = endpoint(dial.address, dial.port);
  const auto found = hosts_.find(where);
  const FakeHost* host = found == hosts_.end() ? nullptr : &found->second;
  const Trouble* trouble = trouble_of(host);
  const Layer last = dial.tls ? Layer::tls : Layer::connect;
  if (trouble != nullptr && reached(trouble->layer, last)) trouble = nullptr;
  Link link;
  if (host != nullptr && dial.tls) link.certificate = host->certificate;
  if (trouble != nullptr) link.failure = failure_of(*trouble, where);
  co_await sleep(trouble != nullptr && trouble->takes_the_timeout ? dial.timeout : kLatency);
  if (!link.failure || link.failure->layer != Layer::connect) link.timings.connect = kLatency;
  if (!link.failure && dial.tls) link.timings.tls = kLatency;
  co_return link;
}

Task<Receipt> FakeNet::submit(Letter letter) {
  const std::string where = endpoint(letter.address, letter.url.port);
  const auto found = hosts_.find(where);
  FakeHost* host = found == hosts_.end() ? nullptr : &found->second;
  const Trouble* trouble = trouble_of(host);
  Duration took = host == nullptr ? kLatency : host->latency;
  if (trouble != nullptr) took = trouble->takes_the_timeout ? letter.timeout : kLatency;
  if (host != nullptr) ++host->requests;
  Receipt receipt;
  if (const auto why = unsendable(letter)) {
    receipt.failure = Failure{Layer::http, Reason::local_resource, where + ": " + *why};
    co_return receipt;
  }
  co_await sleep(took);
  if (trouble != nullptr) {
    receipt.failure = failure_of(*trouble, where);
    co_return receipt;
  }
  if (submit_hook_) submit_hook_(letter);
  co_return hosts_[where].receipt;
}

Task<Ran> FakeNet::run(Command command) {
  co_await sleep(kLatency);
  if (run_) co_return run_(command);
  Ran ran;
  ran.failure = Failure{Layer::integrity, Reason::local_resource, command.argv.front() + ": not found"};
  co_return ran;
}

}  // namespace mw
