// Every form of --web.listen-address, and what is said of those that are none.
#include "exporter/web/listen_address.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

std::string normal(std::string_view text) {
  const auto place = parse_listen_address(text);
  const auto* good = std::get_if<ListenPlace>(&place);
  return good != nullptr ? to_string(*good) : "wrong: " + std::get<std::string>(place);
}

}  // namespace

TEST_CASE("where to listen") {
  struct Row {
    const char* text;
    const char* normal;
  };
  for (const auto& [text, expected] : {Row{"127.0.0.1:19791", "127.0.0.1:19791"},
                                       {"localhost:1", "127.0.0.1:1"},
                                       {"0.0.0.0:65535", "0.0.0.0:65535"},
                                       {":19791", ":19791"},
                                       {"[::]:19791", ":19791"},
                                       {"[::1]:80", "[::1]:80"},
                                       {"[2001:DB8::0:1]:80", "[2001:db8::1]:80"},
                                       {"unix:/run/a b.sock", "unix:/run/a b.sock"}}) {
    INFO(text);
    CHECK(normal(text) == expected);
  }
}

TEST_CASE("where not to listen, and why") {
  struct Row {
    const char* text;
    const char* why;
  };
  for (const auto& [text, why] :
       {Row{"", "\"\" is not of the form host:port, [v6]:port, :port or unix:/path"},
        {"127.0.0.1", "\"127.0.0.1\" is not of the form host:port, [v6]:port, :port or unix:/path"},
        {"127.0.0.1:", "\"\" is not a port (0 to 65535)"},
        {"127.0.0.1:65536", "\"65536\" is not a port (0 to 65535)"},
        {"127.0.0.1:-1", "\"-1\" is not a port (0 to 65535)"},
        {"127.0.0.1:443s", "\"443s\" is not a port (0 to 65535)"},
        {"127.0.0.1:80,127.0.0.1:81",
         "\"127.0.0.1:80,127.0.0.1\" is IPv6 without brackets: write [127.0.0.1:80,127.0.0.1]:port"},
        {"127.1:80", "\"127.1\" is not an IP address (nor localhost): names are not resolved here"},
        {"host:80", "\"host\" is not an IP address (nor localhost): names are not resolved here"},
        {"::1:80", "\"::1\" is IPv6 without brackets: write [::1]:port"},
        {"[127.0.0.1]:80", "\"[127.0.0.1]\" is not an IP address (nor localhost): names are not resolved here"},
        {"[::1:80", "\"[::1\" is not an IP address (nor localhost): names are not resolved here"},
        {"unix:web.sock", "\"web.sock\" is not an absolute path: unix:/run/mirrorwarden/web.sock"}}) {
    INFO(text);
    CHECK(normal(text) == std::string("wrong: ") + why);
  }
  CHECK(normal("unix:/" + std::string(107, 'x')).ends_with("is longer than the 107 bytes that a unix socket can have"));
}
