// A reply as it is written, and as its frame is read.
#include "exporter/web/reply_text.hpp"

#include <catch2/catch.hpp>

using namespace mw;

TEST_CASE("a reply's head") {
  WebReply reply = plain(503, "busy");
  reply.headers.emplace_back("Retry-After", "1");
  reply.headers.emplace_back("Cache-Control", "max-age=5");
  CHECK(reply_head(reply, false) ==
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
        "Retry-After: 1\r\nCache-Control: max-age=5\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
        "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n");
  CHECK(reply_head(reply, true).ends_with("\r\nConnection: keep-alive\r\n\r\n"));
  reply.status = 299;
  CHECK(reply_head(reply, true).starts_with("HTTP/1.1 299 Status\r\n"));
}

TEST_CASE("configured headers take the place of ours") {
  WebReply reply = plain(200, "x");
  reply.headers.emplace_back("Content-Security-Policy", "default-src 'none'");
  dress(reply, {{"X-Frame-Options", "sameorigin"}, {"Content-Security-Policy", "default-src 'self'"}});
  const std::string head = reply_head(reply, false);
  CHECK(head.find("X-Frame-Options: sameorigin\r\n") != std::string::npos);
  CHECK(head.find("DENY") == std::string::npos);
  CHECK(head.find("'none'") == std::string::npos);
}

TEST_CASE("a reply's frame") {
  WebReply reply = plain(200, "12345");
  const std::string text = reply_head(reply, true) + reply.body;
  for (std::size_t size = 0; size < text.size() - reply.body.size(); ++size)
    CHECK_FALSE(frame_of(std::string_view(text).substr(0, size)));
  const auto frame = frame_of(text);
  REQUIRE(frame);
  CHECK(frame->head + frame->body == text.size());
  CHECK(frame->body == 6);
  CHECK(frame->keeps_alive);
  CHECK_FALSE(frame_of(reply_head(reply, false))->keeps_alive);
  CHECK_FALSE(frame_of("HTTP/1.1 200 OK\r\n\r\n"));
}
