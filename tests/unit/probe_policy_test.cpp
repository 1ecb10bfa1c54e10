// Where /probe may look: names, globs, networks, and v4 addresses in v6 clothes.
#include "probes/probe_policy.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

struct Row {
  std::string host;
  std::string address;
  bool allowed;
};

void check(const ProbePolicy& policy, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.host << " at " << row.address);
    const bool refused =
        policy.refuses_host(row.host).has_value() || policy.refuses(row.host, *parse_address(row.address)).has_value();
    CHECK(refused == !row.allowed);
  }
}

}  // namespace

TEST_CASE("probe policy: without an allow-list only configured hosts, wherever they are") {
  const ProbePolicy policy({"ftp.debian.org", "10.0.0.7"}, {});
  check(policy, {
                    {"ftp.debian.org", "151.101.2.132", true},
                    {"FTP.Debian.org.", "10.1.2.3", true},
                    {"10.0.0.7", "10.0.0.7", true},
                    {"10.0.0.8", "10.0.0.8", false},
                    {"debian.org", "151.101.2.132", false},
                    {"evil.ftp.debian.org", "151.101.2.132", false},
                    {"127.0.0.1", "127.0.0.1", false},
                    {"::1", "::1", false},
                });
  CHECK(policy.refuses_host("localhost"));
  CHECK(policy.refuses_host("0x7f000001"));
  CHECK(!policy.refuses_host("ftp.debian.org"));
}

TEST_CASE("probe policy: a glob is for public addresses, a name for any") {
  const ProbePolicy policy({}, {"*.example.org", "inner.corp.example"});
  check(policy, {
                    {"a.example.org", "93.184.216.34", true},
                    {"a.b.example.org", "93.184.216.34", true},
                    {"example.org", "93.184.216.34", false},
                    {"badexample.org", "93.184.216.34", false},
                    {".example.org", "93.184.216.34", false},
                    {"a.example.org", "127.0.0.1", false},
                    {"a.example.org", "10.0.0.1", false},
                    {"a.example.org", "169.254.169.254", false},
                    {"a.example.org", "::ffff:127.0.0.1", false},
                    {"a.example.org", "64:ff9b::7f00:1", false},
                    {"a.example.org", "2002:7f00:1::", false},
                    {"a.example.org", "fd00::1", false},
                    {"inner.corp.example", "10.0.0.1", true},
                });
}

TEST_CASE("probe policy: a network is meant as the address is in the end") {
  const ProbePolicy policy({}, {"10.0.0.0/8", "2001:db8::/32"});
  check(policy, {
                    {"10.1.2.3", "10.1.2.3", true},
                    {"anything.test", "10.1.2.3", true},
                    {"::ffff:10.1.2.3", "::ffff:10.1.2.3", true},
                    {"11.0.0.1", "11.0.0.1", false},
                    {"anything.test", "11.0.0.1", false},
                    {"2001:db8::5", "2001:db8::5", true},
                    {"2001:db9::5", "2001:db9::5", false},
                });
  // All of v6 is not all of v4.
  check(ProbePolicy({}, {"::/0"}), {
                                       {"2606::1", "2606::1", true},
                                       {"::1", "::1", true},
                                       {"::ffff:127.0.0.1", "::ffff:127.0.0.1", false},
                                       {"64:ff9b::a00:1", "64:ff9b::a00:1", false},
                                       {"2002:a00:1::", "2002:a00:1::", false},
                                   });
  check(ProbePolicy({}, {"0.0.0.0/0"}), {{"127.0.0.1", "127.0.0.1", true}, {"::1", "::1", false}});
}

TEST_CASE("probe policy: everything public") {
  const ProbePolicy policy({}, {"*"});
  check(policy, {
                    {"example.org", "93.184.216.34", true},
                    {"93.184.216.34", "93.184.216.34", true},
                    {"localhost", "127.0.0.1", false},
                    {"0x7f.1", "127.0.0.1", false},
                    {"192.168.0.1", "192.168.0.1", false},
                    {"::127.0.0.1", "::127.0.0.1", false},
                });
}

TEST_CASE("probe policy: what nobody but a proxy will see resolved needs a name") {
  const ProbePolicy policy({"ftp.debian.org"}, {"10.0.0.0/8", "*.example.org"});
  CHECK(!policy.refuses_unseen("ftp.debian.org"));
  CHECK(!policy.refuses_unseen("a.example.org"));
  CHECK(!policy.refuses_unseen("10.0.0.1"));
  CHECK(policy.refuses_unseen("127.0.0.1"));
  CHECK(policy.refuses_unseen("anything.test"));
}

TEST_CASE("probe policy: entries are hosts, globs or networks") {
  for (const char* good : {"10.0.0.0/8", "::/0", "192.0.2.1", "2001:db8::1", "*", "*.example.org", "ftp.debian.org"})
    CHECK(!allow_trouble(good));
  for (const char* bad :
       {"", "10.0.0.0/33", "10.0.0/8", "*.", "a*.example.org", "http://example.org", "example.org/", "::/129"})
    CHECK(allow_trouble(bad));
}

TEST_CASE("probe policy: networks are read strictly") {
  CHECK(parse_network("10.0.0.0/8") == Network{*parse_address("10.0.0.0"), 8});
  CHECK(parse_network("::1") == Network{*parse_address("::1"), 128});
  CHECK(!parse_network("10.0.0.0/+8"));
  CHECK(!parse_network("010.0.0.0/8"));
  CHECK(!parse_network("10.0.0.0/"));
}
