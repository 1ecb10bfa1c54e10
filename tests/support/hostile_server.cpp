// The troubles, one small function each, in a table by path.
#include "tests/support/hostile_server.hpp"

#include <unistd.h>

#include <functional>
#include <map>

#include "tests/support/hostile_peer.hpp"

namespace mw {

namespace {

using Trouble = std::function<void(const HostilePeer&)>;

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kBlock(16 * 1024, 'x');

std::string answer(const std::string& status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
}

Trouble says(std::string text) {
  return [text = std::move(text)](const HostilePeer& peer) { peer.say(text); };
}

/// Says it and leaves the connection open: nothing must depend on the server's closing it.
Trouble says_and_stays(std::string text) {
  return [text = std::move(text)](const HostilePeer& peer) {
    peer.say(text);
    peer.stay();
  };
}

Trouble repeats(std::string opening, std::string again) {
  return [opening = std::move(opening), again = std::move(again)](const HostilePeer& peer) {
    if (peer.say(opening)) peer.say_for_ever(again);
  };
}

/// Several small lines in one send: as nasty, and quicker.
std::string many(const std::string& line) {
  std::string block;
  while (block.size() < 8192) block += line;
  return block;
}

void reset_mid_body(const HostilePeer& peer) {
  peer.say(kOk + "Content-Length: 1000\r\n\r\npart");
  peer.gone(50ms);  // lets the part be read before the RST throws it away
  peer.reset();
}

std::map<std::string, Trouble, std::less<>> endless_ones() {
  return {
      {"endless_header", repeats(kOk, many("X-More: and more\r\n"))},
      {"endless_header_line", repeats(kOk + "X-More: ", kBlock)},
      {"endless_status_line", repeats("HTTP/1.1 200 ", kBlock)},
      {"endless_1xx", repeats("", many("HTTP/1.1 100 Continue\r\n\r\n"))},
      {"endless_trailer", repeats(kChunked + "4\r\nbody\r\n0\r\n", many("X-More: and more\r\n"))},
      {"endless_trailer_line", repeats(kChunked + "4\r\nbody\r\n0\r\nX-More: ", kBlock)},
      {"endless_body", repeats(kOk + "\r\n", kBlock)},
      {"endless_chunks", repeats(kChunked, "4000\r\n" + kBlock + "\r\n")},
      {"endless_chunk_extension", repeats(kChunked + "4;", kBlock)},
      {"tiny_chunks_for_ever", repeats(kChunked, many("1;" + std::string(120, 'x') + "\r\nx\r\n"))},
      {"slow_header", [](const HostilePeer& peer) { peer.drip(kOk + "X-Slow: ", 50ms); }},
      {"slow_body", [](const HostilePeer& peer) { peer.drip(kOk + "Content-Length: 100000\r\n\r\n", 5ms); }},
      {"stall", [](const HostilePeer& peer) { peer.stay(); }},
      {"stall_mid_body", says_and_stays(kOk + "Content-Length: 1000\r\n\r\npart")},
  };
}

std::map<std::string, Trouble, std::less<>> framing_ones() {
  return {
      {"chunk_garbage", says_and_stays(kChunked + "zz\r\nbody\r\n")},
      {"chunk_size_overflow", says_and_stays(kChunked + "fffffffffffffffffff\r\nbody\r\n")},
      {"chunk_without_end", says(kChunked + "4\r\nbody\r\n")},
      {"chunk_leftovers", says_and_stays(kChunked + "4\r\nbody\r\n0\r\n\r\nmore")},
      {"length_twice", says_and_stays(kOk + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody!")},
      {"length_twice_in_a_list", says_and_stays(kOk + "Content-Length: 4, 5\r\n\r\nbody!")},
      {"length_twice_the_same", says_and_stays(kOk + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody")},
      {"length_and_chunked",
       says_and_stays(kOk + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")},
      {"length_negative", says_and_stays(kOk + "Content-Length: -1\r\n\r\nbody")},
      {"length_huge", says_and_stays(kOk + "Content-Length: 99999999999999999999\r\n\r\nbody")},
      {"length_beyond_limit", says_and_stays(kOk + "Content-Length: 100000000000\r\n\r\nbody")},
      {"length_words", says_and_stays(kOk + "Content-Length: four\r\n\r\nbody")},
      {"excess_bytes", says_and_stays(kOk + "Content-Length: 4\r\n\r\nbody and more")},
      {"two_answers", says_and_stays(answer("200 OK", "", "body") + answer("200 OK", "", "body"))},
      {"transfer_gzip", says_and_stays(kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")},
      {"fin_mid_header", says(kOk + "X-Half: ")},
      {"fin_mid_body", says(kOk + "Content-Length: 1000\r\n\r\npart")},
      {"reset_mid_body", reset_mid_body},
      {"no_status", says("hello\r\n\r\n")},
      {"bad_status", says("HTTP/1.1 abc OK\r\n\r\n")},
      {"status_000", says("HTTP/1.1 000 OK\r\n\r\n")},
      {"status_999", says("HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n")},
      {"status_99999", says("HTTP/1.1 99999 OK\r\n\r\n")},
      {"http_9_9", says("HTTP/9.9 200 OK\r\n\r\n")},
      {"switches_protocols", says_and_stays("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\n\r\n")},
      {"nul_in_header", says(kOk + "X-Nul: a" + '\0' + "b\r\nContent-Length: 0\r\n\r\n")},
      {"header_without_colon", says(kOk + "what is this\r\nContent-Length: 0\r\n\r\n")},
      {"body_to_head", says_and_stays(answer("200 OK", "", "body"))},
  };
}

std::map<std::string, Trouble, std::less<>> good_ones() {
  return {
      {"ok", says_and_stays(answer("200 OK", "X-Word: yes\r\n", "body"))},
      {"ok_folded", says_and_stays(answer("200 OK", "X-Word: yes\r\n and no\r\n", "body"))},
      {"ok_bare_lf", says_and_stays("HTTP/1.1 200 OK\nContent-Length: 4\n\nbody")},
      {"ok_chunked", says_and_stays(kChunked + "2;ext=1\r\nbo\r\n2\r\ndy\r\n0\r\nX-Trailer: late\r\n\r\n")},
      {"ok_until_close", says(kOk + "\r\nbody")},
      {"ok_after_100", says_and_stays("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                                      answer("200 OK", "", "body"))},
      {"gzip_unasked", says_and_stays(answer("200 OK", "Content-Encoding: gzip\r\n", "\x1f\x8b\x08 not really"))},
      {"html_200", says_and_stays(answer("200 OK", "Content-Type: text/html\r\n", "<html>captive</html>"))},
      {"no_content", says_and_stays("HTTP/1.1 204 No Content\r\n\r\n")},
      {"redirect", says_and_stays(answer("302 Found", "Location: http://192.0.2.1/elsewhere\r\n", ""))},
      {"not_found", says_and_stays(answer("404 Not Found", "", "no such thing"))},
      {"too_many", says_and_stays(answer("429 Too Many Requests", "Retry-After: 7\r\n", ""))},
      {"server_error", says_and_stays(answer("500 Internal Server Error", "", "oops"))},
      {"big", says_and_stays(answer("200 OK", "", std::string(1 << 20, 'b')))},
      {"head", says_and_stays("HTTP/1.1 200 OK\r\nContent-Length: 123456\r\n\r\n")},
      {"connect", says_and_stays("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")},
  };
}

const std::map<std::string, Trouble, std::less<>>& troubles() {
  static const auto all = [] {
    auto table = endless_ones();
    table.merge(framing_ones());
    table.merge(good_ones());
    return table;
  }();
  return all;
}

/// "GET /name HTTP/1.1" → name; a proxy's absolute target → the name at its end; CONNECT → "connect".
std::string trouble_asked_for(const std::string& head) {
  if (head.starts_with("CONNECT ")) return "connect";
  const std::size_t target = head.find(' ') + 1;
  const std::string path = head.substr(target, head.find(' ', target) - target);
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

HostileServer::HostileServer(Greeting greeting) : greeting_(greeting) {
  listener_ = listening_socket(port_);
  if (greeting != Greeting::never_accept) acceptor_ = std::thread([this] { accept_loop(); });
}

HostileServer::~HostileServer() {
  stopping_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::vector<std::string> HostileServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HostileServer::accept_loop() {
  const HostilePeer listener(listener_, stopping_);
  while (!stopping_) {
    if (!listener.wait(POLLIN, 1s)) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    connections_.emplace_back([this, socket] {
      greet(socket);
      ::close(socket);
    });
  }
}

void HostileServer::greet(int socket) {
  const HostilePeer peer(socket, stopping_);
  const bool reads_hello = greeting_ == Greeting::alert || greeting_ == Greeting::swallow_hello ||
                           greeting_ == Greeting::reset_on_hello || greeting_ == Greeting::say_hello;
  if (reads_hello) peer.read_something();
  if (greeting_ == Greeting::serve) return serve(socket);
  if (greeting_ == Greeting::silent) return peer.stay();
  if (greeting_ == Greeting::reset_at_once || greeting_ == Greeting::reset_on_hello) return peer.reset();
  if (greeting_ == Greeting::say_hello) peer.say("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  if (greeting_ == Greeting::alert) peer.say(std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7));
}

void HostileServer::serve(int socket) {
  const HostilePeer peer(socket, stopping_);
  const std::string head = peer.read_head();
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(head);
  }
  const auto trouble = troubles().find(trouble_asked_for(head));
  if (trouble != troubles().end()) trouble->second(peer);
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  ::close(listening_socket(port));
  return port;
}

}  // namespace mw
