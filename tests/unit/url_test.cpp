// URLs: what is accepted, what is refused and why, references, and joining.
#include "probes/url.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {
Url url(const std::string& text) { return std::get<Url>(parse_url(text)); }
}  // namespace

TEST_CASE("a URL comes apart and goes together") {
  CHECK(url("https://Mirrors.Example.ORG/debian/?a=b").str() == "https://mirrors.example.org/debian/?a=b");
  CHECK(url("http://example.org").str() == "http://example.org/");
  CHECK(url("http://[::1]:8080/x").authority() == "[::1]:8080");
  CHECK(url("http://[::1]:8080/x").host == "::1");
  CHECK(url("https://example.org.").host == "example.org");
  CHECK(url("socks5://127.0.0.1").port == 1080);
}

TEST_CASE("numeric disguises of an address are normalised before any policy sees them") {
  for (const auto* text : {"http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/"})
    CHECK(url(text).host == "127.0.0.1");
}

TEST_CASE("what is not a usable URL is refused") {
  for (const auto* text :
       {"", "example.org", "http:///debian", "ftp://example.org/", "file:///etc/passwd", "http://", "http://a b/",
        "http://u:p@example.org/", "http://example.org:0/", "http://example.org:99999/", "http://example.org/#x",
        "http://example.org\\@evil/", "javascript:alert(1)", "http://exa\nmple.org/"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<std::string>(parse_url(text)));
  }
}

TEST_CASE("a mail server is a host and a port") {
  const auto server = [](const std::string& text) { return std::get<Url>(parse_mail_server(text)); };
  CHECK(server("smtp://Mail.Example.ORG").str() == "smtp://mail.example.org/");
  CHECK(server("smtp://mail.example.org").port == 587);
  CHECK(server("smtps://mail.example.org/").port == 465);
  CHECK(server("smtp://[::1]:25").authority() == "[::1]:25");
  CHECK(server("smtps://[::1]:465").authority() == "[::1]");
  for (const auto* text :
       {"", "mail.example.org", "https://mail.example.org", "smtp://", "smtp:///x", "smtp://u@example.org",
        "smtp://example.org/hello", "smtp://example.org:0", "smtp://a b", "smtp://example.org/?x"})
    CHECK(std::holds_alternative<std::string>(parse_mail_server(text)));
  CHECK(std::holds_alternative<std::string>(parse_url("smtp://mail.example.org")));
  CHECK(std::holds_alternative<std::string>(resolve_reference(url("http://example.org/"), "smtp://example.org/")));
}

TEST_CASE("references are resolved as RFC 3986 says") {
  const Url base = url("http://example.org/a/b?c");
  CHECK(std::get<Url>(resolve_reference(base, "/x")).str() == "http://example.org/x");
  CHECK(std::get<Url>(resolve_reference(base, "x")).str() == "http://example.org/a/x");
  CHECK(std::get<Url>(resolve_reference(base, "//cdn.example/x")).str() == "http://cdn.example/x");
  CHECK(std::get<Url>(resolve_reference(base, "https://cdn.example/x#frag")).str() == "https://cdn.example/x");
  CHECK(std::holds_alternative<std::string>(resolve_reference(base, "")));
  CHECK(std::holds_alternative<std::string>(resolve_reference(base, "file:///etc/passwd")));
}

TEST_CASE("joining appends to a directory") {
  CHECK(join(url("http://example.org/debian"), "dists/x").str() == "http://example.org/debian/dists/x");
  CHECK(join(url("http://example.org/debian/"), "/dists/x").str() == "http://example.org/debian/dists/x");
}
