// /probe from a request to its reply, in virtual time.
#include "exporter/probe_service.hpp"

#include <asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "tests/support/fake_net.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

struct Asked {
  asio::io_context loop;
  FakeNet net{loop};
  ProbeService service{loop.get_executor(), net};

  Asked() {
    auto pool = std::make_shared<Pool>();
    Mirror mirror;
    mirror.url = std::get<Url>(parse_url("http://mirror.example.org/debian"));
    pool->mirrors.push_back(mirror);
    Module module;
    module.name = "http_2xx";
    Config config;
    config.pools.push_back(pool);
    config.probe.modules.push_back(std::make_shared<const Module>(module));
    service.configure(config, "1");
    net.name_is("mirror.example.org", {std::nullopt, {*parse_address("192.0.2.7")}, {}});
    net.host("192.0.2.7:80").pages["/"] = {200, "hello", {}};
  }

  std::optional<WebReply> ask(std::string path, std::string query = "", std::string timeout = "") {
    WebRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.query = std::move(query);
    request.scrape_timeout = std::move(timeout);
    std::optional<WebReply> reply;
    const bool taken = service.take(request, [&](WebReply given) {
      CHECK(!reply);
      reply = std::move(given);
    });
    net.run_for(200s);
    CHECK(taken == reply.has_value());
    return reply;
  }

  double count(const std::string& name, const Labels& labels = {}) const {
    for (const Family& family : service.families())
      for (const Sample& sample : family.samples)
        if (family.metric->name == name && sample.labels == labels) return sample.value;
    return -1;
  }
};

}  // namespace

TEST_CASE("probe service: a probe that fails is an answer, one that is not allowed is none") {
  Asked served;
  auto reply = served.ask("/probe", "target=mirror.example.org");
  CHECK(reply->status == 200);
  CHECK(reply->content_type == content_type(Format::text));
  CHECK(reply->body.find("\nprobe_success 1\n") != std::string::npos);
  reply = served.ask("/probe", "target=mirror.example.org:81");
  CHECK(reply->status == 200);
  CHECK(reply->body.find("\nprobe_success 0\n") != std::string::npos);
  for (const char* debug : {"", "&debug=true"}) {
    reply = served.ask("/probe", std::string("target=10.0.0.1") + debug);
    CHECK(reply->status == 403);
    CHECK(reply->body.starts_with("not probed: 10.0.0.1 is no host of a configured mirror"));
  }
  CHECK(served.count("mirrorwarden_probe_refused_total") == 2);
  CHECK(served.count("mirrorwarden_probes_total", {{"outcome", "success"}}) == 1);
  CHECK(served.count("mirrorwarden_probes_total", {{"outcome", "failure"}}) == 1);
}

TEST_CASE("probe service: a redirect that is not allowed is a failure, and counted") {
  Asked served;
  served.net.host("192.0.2.7:80").pages["/"] = {302, "", {{"location", "http://127.0.0.1/"}}};
  const auto reply = served.ask("/probe", "target=mirror.example.org");
  CHECK(reply->status == 200);
  CHECK(reply->body.find("\nprobe_success 0\n") != std::string::npos);
  CHECK(reply->body.find("reason=\"redirect_blocked\"") != std::string::npos);
  CHECK(served.count("mirrorwarden_probe_refused_total") == 1);
}

TEST_CASE("probe service: unknown modules are counted, other paths are left to others") {
  Asked served;
  CHECK(served.ask("/probe", "target=mirror.example.org&module=other")->status == 400);
  CHECK(served.count("mirrorwarden_probe_module_unknown_total") == 1);
  CHECK(served.ask("/probe", "target=mirror.example.org", "junk")->status == 500);
  CHECK(!served.ask("/metrics"));
  WebRequest post;
  post.method = "POST";
  post.path = "/probe";
  int status = 0;
  CHECK(served.service.take(post, [&](const WebReply& reply) { status = reply.status; }));
  CHECK(status == 405);
}

TEST_CASE("probe service: what a scrape allows is what a probe takes") {
  Asked served;
  served.net.host("192.0.2.7:80").trouble = "blackhole";
  const auto reply = served.ask("/probe", "target=mirror.example.org", "3");
  CHECK(reply->body.find("\nprobe_duration_seconds 2.5\n") != std::string::npos);
  CHECK(reply->body.find("\nprobe_timeout_seconds 2.5\n") != std::string::npos);
}

TEST_CASE("probe service: debug, logs and history tell how it went") {
  Asked served;
  auto reply = served.ask("/probe", "target=mirror.example.org&debug=true");
  CHECK(reply->body.find("status 200") != std::string::npos);
  CHECK(reply->body.find("\nprobe_success 1\n") != std::string::npos);
  CHECK(served.ask("/logs", "id=1")->body == reply->body);
  reply = served.ask("/probe/history");
  CHECK(reply->content_type == "text/html; charset=utf-8");
  CHECK(reply->body.find("<td>mirror.example.org</td>") != std::string::npos);
}
