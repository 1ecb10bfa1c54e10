// Lists of mirrors in Prometheus' JSON: what they say, what is skipped and why, and what becomes of a configuration.
#include "exporter/mirror_lists.hpp"

#include <catch2/catch.hpp>

#include "exporter/plain_file.hpp"

using namespace mw;

namespace {

ListedMirrors good(const std::string& json) {
  const auto read = read_mirror_list(json);
  const auto* why = std::get_if<std::string>(&read);
  INFO((why == nullptr ? "" : *why));
  REQUIRE(why == nullptr);
  return std::get<ListedMirrors>(read);
}

std::string refused(const std::string& json) {
  const auto read = read_mirror_list(json);
  const auto* why = std::get_if<std::string>(&read);
  return why == nullptr ? "" : *why;
}

/// Why the one target is skipped.
std::string skipped(const std::string& target, const std::string& labels = "{}") {
  const ListedMirrors list = good(R"([{"targets":[")" + target + R"("],"labels":)" + labels + "}]");
  CHECK(list.mirrors.empty());
  REQUIRE(list.skipped.size() == 1);
  CHECK(list.skipped[0].target == target);
  return list.skipped[0].why;
}

Config config_of(const std::vector<std::string>& names) {
  Pool pool;
  pool.name = "p";
  for (const std::string& name : names) {
    pool.mirrors.emplace_back();
    pool.mirrors.back().name = name;
  }
  Config config;
  config.pools = {std::make_shared<const Pool>(pool)};
  return config;
}

}  // namespace

TEST_CASE("a list as Prometheus reads it") {
  const ListedMirrors list = good(R"([
    {"targets": ["https://a.example.org/debian/"],
     "labels": {"mirror": "a", "isp": "教育网", "__meta_consul_dc": "x", "__scheme__": "https"}},
    {"targets": ["http://b.example.org:8080", "http://[2001:db8::1]/"]},
    {"targets": [], "labels": null}])");
  REQUIRE(list.mirrors.size() == 3);
  CHECK(list.skipped.empty());
  CHECK(list.mirrors[0].name == "a");
  CHECK(list.mirrors[0].url.str() == "https://a.example.org/debian/");
  CHECK(list.mirrors[0].labels == std::map<std::string, std::string>{{"isp", "教育网"}});
  CHECK(list.mirrors[1].name == "http://b.example.org:8080");
  CHECK(list.mirrors[1].url.port == 8080);
  CHECK(list.mirrors[2].url.host == "2001:db8::1");
  for (const Mirror& mirror : list.mirrors) CHECK((mirror.listed && !mirror.reference && mirror.priority == 1));
  CHECK(good("[]") == ListedMirrors());
}

TEST_CASE("a URL too long for a name is named by its end") {
  const std::string url = "http://a.example.org/" + std::string(60, 'x') + "/end";
  const ListedMirrors list = good(R"([{"targets":[")" + url + R"("]}])");
  REQUIRE(list.mirrors.size() == 1);
  CHECK(list.mirrors[0].name == "..." + url.substr(url.size() - 61));
  CHECK(list.mirrors[0].url.str() == url);
}

TEST_CASE("targets that are no mirrors are skipped, in the configuration's words") {
  CHECK(skipped("a.example.org:80") == "url has no scheme, expected http or https, as in http://example.org");
  CHECK(skipped("") ==
        "name is empty, expected a name of 1 to 64 printable characters; url is empty, expected an http or "
        "https URL");
  CHECK(skipped("ftp://a.example.org/") == "url scheme 'ftp' is not supported, expected http or https");
  CHECK(skipped("http://user:secret@a.example.org/").find("secret") == std::string::npos);
  CHECK(skipped("http://a.example.org/?q") == "url has a query (?…), expected a URL to append paths to");
  CHECK(skipped("http://a/", R"({"pool":"x"})") == "labels.pool is a reserved label, expected another name");
  CHECK(skipped("http://a/", R"({"not a name":"x"})").find("is not a label name") != std::string::npos);
  CHECK(skipped("http://a/", R"({"isp":""})") == "labels.isp is empty, expected 1 to 256 printable bytes");
  CHECK(skipped("http://a/", R"({"mirror":"a\u0007"})").find("control") != std::string::npos);
}

TEST_CASE("texts that are no lists") {
  CHECK(refused("") == "it is no JSON (malformed)");
  CHECK(refused("[{}") == "it is no JSON (malformed)");
  CHECK(refused("7") == "it is no list of groups");
  CHECK(refused("{}") == "it is no list of groups");
  CHECK(refused("[1]") == "a group is no object with targets and labels");
  CHECK(refused("[{}]") == "a group's targets are no list of strings");
  CHECK(refused(R"([{"targets":"http://a/"}])") == "a group's targets are no list of strings");
  CHECK(refused(R"([{"targets":[1]}])") == "a group's targets are no list of strings");
  CHECK(refused(R"([{"targets":[],"labels":[]}])") == "a group's labels are no object of strings");
  CHECK(refused(R"([{"targets":[],"labels":{"a":1}}])") == "a group's labels are no object of strings");
  CHECK(refused(std::string(100, '[') + std::string(100, ']')) == "it is no JSON (too_deep)");
  CHECK(refused("[" + std::string(kListLimit, ' ') + "]") == "it is larger than 1048576 bytes");
  std::string many = R"([{"targets":["http://a/")";
  for (std::size_t i = 0; i < kMostListed; ++i) many += R"(,"http://a/")";
  CHECK(refused(many + "]}]") == "it has more than 10000 targets");
}

TEST_CASE("listed mirrors come behind the configured ones, and names are first come, first served") {
  const auto list = [](const std::string& name, const std::string& url) {
    return good(R"([{"targets":[")" + url + R"("],"labels":{"mirror":")" + name + R"("}}])");
  };
  const Listed listed = {{"p",
                          {{"/b.json", list("b", "http://b1/")},
                           {"/c.json", list("b", "http://b2/")},
                           {"/d.json", list("own", "http://d/")}}},
                         {"q", {{"/b.json", list("b", "http://b1/")}}}};
  const WithLists made = with_listed(config_of({"own"}), listed);
  const Pool& pool = *made.config.pools.at(0);
  REQUIRE(pool.mirrors.size() == 2);
  CHECK(pool.mirrors[0].name == "own");
  CHECK(pool.mirrors[1].url.str() == "http://b1/");
  REQUIRE(made.skipped.size() == 2);
  CHECK(made.skipped[0].first == "p");
  CHECK(made.skipped[0].second == NotListed{"http://b2/", "another mirror is named 'b'"});
  CHECK(made.skipped[1].second == NotListed{"http://d/", "another mirror is named 'own'"});
}

TEST_CASE("which files a pattern stands for") {
  CHECK(is_like("/a/b.json", "/a/b.json"));
  CHECK_FALSE(is_like("/a/c.json", "/a/b.json"));
  CHECK(is_like("/a/x-1.json", "/a/x*.json"));
  CHECK(is_like("/a/.json", "/a/*.json"));
  CHECK_FALSE(is_like("/a/x.jso", "/a/*.json"));
  CHECK_FALSE(is_like("/a/b/x.json", "/a/*.json"));
  CHECK_FALSE(is_like("/a/aba", "/a/ab*ba"));  // the two ends may not overlap
  CHECK(is_like("/a/abba", "/a/ab*ba"));
  CHECK(files_like("/no/such/file.json", 10) == std::vector<std::string>{"/no/such/file.json"});
  CHECK(files_like("/no/such/*.json", 10).empty());
}
