// The GOPROXY list.
#include "probes/formats/goproxy.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

using Kind = GoProxyEntry::Kind;

std::vector<GoProxyEntry> entries(std::string_view list) {
  const auto parsed = parse_goproxy(list);
  if (const auto* error = std::get_if<std::string>(&parsed)) FAIL(*error);
  return std::get<std::vector<GoProxyEntry>>(parsed);
}

std::string trouble(std::string_view list) {
  const auto parsed = parse_goproxy(list);
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
}

}  // namespace

TEST_CASE("goproxy: separators, keywords and bare hosts") {
  CHECK(entries("https://goproxy.cn,direct") ==
        std::vector<GoProxyEntry>{{Kind::proxy, "https://goproxy.cn", false}, {Kind::direct, "", false}});
  CHECK(entries(" https://goproxy.cn | goproxy.io , https://u:p@go.example.org/x ,off, https://never.example.org") ==
        std::vector<GoProxyEntry>{{Kind::proxy, "https://goproxy.cn", true},
                                  {Kind::proxy, "https://goproxy.io", false},
                                  {Kind::proxy, "https://u:p@go.example.org/x", false},
                                  {Kind::off, "", false}});
  CHECK(entries(",,direct|https://x.example.org") == std::vector<GoProxyEntry>{{Kind::direct, "", false}});
  CHECK(entries("file:///srv/proxy").front().url == "file:///srv/proxy");
  CHECK(entries("localhost:8080").front().url == "https://localhost:8080");
}

TEST_CASE("goproxy: lists that the go command refuses, and words that quote no password") {
  CHECK(trouble("") == "has no entries");
  CHECK(trouble(" , | ") == "has no entries");
  for (const char* list : {"ftp://x.example.org", "proxy", "/srv/proxy", "https://", "http://u:secret@", "https://a b",
                           "https://u:secret@x.example.org:99999", "file://host/x", "https://goproxy.cn,://secret"}) {
    INFO(list);
    CHECK(!trouble(list).empty());
    CHECK(trouble(list).find("secret") == std::string::npos);
  }
  CHECK(trouble(std::string(20'000, 'a')) == "is too long");
}

TEST_CASE("goproxy: only not found goes past a comma, anything past a bar") {
  const auto list = entries("https://a.example.org,https://b.example.org|direct");
  const Failure not_found{Layer::http, Reason::not_found, ""};
  const Failure broken{Layer::http, Reason::server_error, ""};
  const Failure no_name{Layer::dns, Reason::nxdomain, ""};
  CHECK(falls_through(list[0], not_found));
  CHECK_FALSE(falls_through(list[0], broken));
  CHECK_FALSE(falls_through(list[0], no_name));
  CHECK(falls_through(list[1], not_found));
  CHECK(falls_through(list[1], broken));
  CHECK(falls_through(list[1], no_name));
  CHECK_FALSE(falls_through(list[2], not_found));
  CHECK_FALSE(falls_through(list[2], broken));
}
