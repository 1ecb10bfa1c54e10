// What is a request, what is none, and what is said of it.
#include "exporter/web/request_head.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

std::string get(const std::string& headers = "", const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\nHost: example.org\r\n" + headers + "\r\n";
}

RequestHead good(const std::string& bytes) {
  INFO(bytes);
  const auto reading = read_head(bytes);
  REQUIRE(std::holds_alternative<RequestHead>(reading));
  return std::get<RequestHead>(reading);
}

/// "400 why", or "" when nothing is wrong with it.
std::string trouble(const std::string& bytes) {
  const auto reading = read_head(bytes);
  const auto* found = std::get_if<HeadTrouble>(&reading);
  return found == nullptr ? "" : std::to_string(found->status) + " " + std::string(found->why);
}

bool is_incomplete(const std::string& bytes) { return std::holds_alternative<HeadIncomplete>(read_head(bytes)); }

}  // namespace

TEST_CASE("a request head is read in full") {
  const std::string bytes =
      "POST /a/%41?x=1&y HTTP/1.1\r\nhost: [::1]:19791\r\nACCEPT: text/plain\r\nAccept: text/html;q=0.5 \r\n"
      "Accept-Encoding:gzip\r\nX-Prometheus-Scrape-Timeout-Seconds:\t10 \r\nOrigin: null\r\nSec-Fetch-Site: none\r\n"
      "Authorization: Bearer x\r\nX-Mirrorwarden-Token: y\r\nUser-Agent: caf\xc3\xa9\r\nContent-Length: 3\r\n"
      "Expect: 100-Continue\r\n\r\n";
  const RequestHead head = good(bytes + "a=bGET /");
  CHECK(head.size == bytes.size());
  CHECK(head.request.method == "POST");
  CHECK(head.request.path == "/a/%41");
  CHECK(head.request.query == "x=1&y");
  CHECK(head.request.accept == "text/plain, text/html;q=0.5");
  CHECK(head.request.accept_encoding == "gzip");
  CHECK(head.request.scrape_timeout == "10");
  CHECK(head.request.origin == "null");
  CHECK(head.request.fetch_site == "none");
  CHECK(head.request.authorization.reveal() == "Bearer x");
  CHECK(head.request.token.reveal() == "y");
  CHECK(head.request.body.empty());
  CHECK(head.body_length == 3);
  CHECK(head.awaits_continue);
  CHECK(head.keeps_alive);
}

TEST_CASE("whether a connection is kept") {
  CHECK(good(get()).keeps_alive);
  CHECK(good(get("Connection: keep-alive\r\n")).keeps_alive);
  CHECK_FALSE(good(get("Connection: close\r\n")).keeps_alive);
  CHECK_FALSE(good(get("Connection: x, Close ,keep-alive\r\n")).keeps_alive);
  CHECK_FALSE(good("GET / HTTP/1.0\r\n\r\n").keeps_alive);
  CHECK(good("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keeps_alive);
  CHECK_FALSE(good(get("Expect: 100-continue\r\n")).awaits_continue);
}

TEST_CASE("a head that has not ended") {
  const std::string whole = get("Accept: x\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK(is_incomplete(whole.substr(0, size)));
  }
  good(whole);
  const std::string line = "X: " + std::string(kLargestHead - whole.size() - 5, 'x') + "\r\n";
  CHECK(good(get("Accept: x\r\n" + line)).size == kLargestHead);
  CHECK(trouble(get("Accept: x\r\nY: y\r\n" + line)) == "431 the request's head is larger than 8 KiB");
  CHECK(trouble("GET /" + std::string(kLargestHead, 'x')) == "414 the request's first line is longer than 8 KiB");
  CHECK(is_incomplete("GET /" + std::string(kLargestHead - 6, 'x')));
}

TEST_CASE("what is no request of ours") {
  const std::string once = "400 a header field that may come once came twice";
  const std::string control = "400 the head has a control character, or a line that ends not in CR LF";
  const std::string target = "400 the target has bytes that no URI may have";
  const std::string path = "400 this is no proxy: the target must be a path that begins with a slash";
  const std::string first = "400 the first line is not METHOD TARGET VERSION";
  const std::string field = "400 a header line is not NAME: VALUE";
  const std::string length = "400 the Content-Length is no number";
  const std::string coding = "400 a Transfer-Encoding is not understood here: send a Content-Length";
  struct Row {
    std::string bytes;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"\r\n\r\n", first},
      {"GET\r\n\r\n", first},
      {"GET /\r\n\r\n", first},
      {" GET / HTTP/1.1\r\n\r\n", first},
      {"G(T / HTTP/1.1\r\n\r\n", first},
      {"GET / HTTP/1.1 \r\n\r\n", "400 the first line does not end in HTTP/1.1"},
      {"GET / http/1.1\r\n\r\n", "400 the first line does not end in HTTP/1.1"},
      {"GET / HTTP/evil\r\n\r\n", "400 the first line does not end in HTTP/1.1"},
      {"GET / HTTP/1.2\r\n\r\n", "505 this port speaks HTTP/1.1"},
      {"GET / HTTP/2.0\r\n\r\n", "505 this port speaks HTTP/1.1"},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", path},
      {"GET / / HTTP/1.1\r\nHost: x\r\n\r\n", target},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 this port speaks HTTP/1.1, and that was HTTP/2"},
      {"\x16\x03\x01\x02", "400 this port speaks plain HTTP, and that was TLS: use http://, or configure TLS here"},
      {"PUT / HTTP/1.1\r\nHost: x\r\n\r\n", "405 method not allowed"},
      {"get / HTTP/1.1\r\nHost: x\r\n\r\n", "405 method not allowed"},
      {"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", "405 method not allowed"},
      {get("", "http://example.org/"), path},
      {get("", "*"), path},
      {get("", "/%00"), target},
      {get("", "/a%0d%0Ab"), target},
      {get("", "/?q=%0a"), target},
      {get("", "/a#b"), target},
      {get("", "/\xff"), target},
      {"GET /\x01 HTTP/1.1\r\n\r\n", control},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 19), control},
      {"GET / HTTP/1.1\nHost: x\n\n", control},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", control},
      {get("A: b\x7f\r\n"), control},
      {"GET / HTTP/1.1\r\n\r\n", "400 the request has no Host header"},
      {get("Host: example.org\r\n"), once},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 the Host header is no host"},
      {get("A\r\n"), field},
      {get("A : b\r\n"), field},
      {get(": b\r\n"), field},
      {get("A: b\r\n c\r\n"), "400 a header field goes on in the next line"},
      {get("\tA: b\r\n"), "400 a header field goes on in the next line"},
      {get("Transfer-Encoding: chunked\r\n"), coding},
      {get("Content-Length: 5\r\ntransfer-encoding: identity\r\n"), coding},
      {get("Content-Length: 5\r\nContent-Length: 5\r\n"), once},
      {get("Content-Length: 5, 5\r\n"), length},
      {get("Content-Length: 5x\r\n"), length},
      {get("Content-Length: -1\r\n"), length},
      {get("Content-Length: +1\r\n"), length},
      {get("Content-Length: \r\n"), length},
      {get("Content-Length: 65537\r\n"), "413 the body is larger than 64 KiB"},
      {get("Content-Length: 99999999999999999999999999\r\n"), "413 the body is larger than 64 KiB"},
      {get("Authorization: a\r\nAuthorization: b\r\n"), once},
      {get("Origin: a\r\nOrigin: b\r\n"), once},
      {get("Expect: miracles\r\n"), "417 only 100-continue can be expected"},
  };
  for (const auto& [bytes, why] : rows) {
    INFO(bytes);
    CHECK(trouble(bytes) == why);
  }
  std::string many;
  for (int i = 0; i < 100; ++i) many += "A: b\r\n";
  CHECK(trouble(get(many)) == "431 the request has more than 100 header fields");
}

TEST_CASE("what was wrong is told, and what may be done instead") {
  const WebReply reply = reply_to(HeadTrouble{405, "method not allowed"});
  CHECK(reply.status == 405);
  CHECK(reply.headers.at(0) == std::pair<std::string, std::string>("Allow", "GET, HEAD, POST, DELETE"));
  CHECK(reply_to(HeadTrouble{400, "x"}).headers.empty());
}
