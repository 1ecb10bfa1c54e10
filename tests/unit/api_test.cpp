// The API's replies: what a name in a path leads to, what a query chooses, and that errors are JSON below /api/.
// The shape of every page is held against deploy/openapi.json by tests/integration/openapi_test.py.
#include <catch2/catch.hpp>

#include "exporter/web/api_routes.hpp"
#include "exporter/web/query.hpp"
#include "probes/formats/json.hpp"
#include "tests/support/sample_site.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

WebReply get(const std::string& uri, const std::string& accept = "") {
  Site site;
  site.published = std::make_shared<const Published>(sample_published());
  site.now = kSampleNow;
  WebRequest request;
  request.method = "GET";
  request.path = uri.substr(0, uri.find('?'));
  if (const auto mark = uri.find('?'); mark != std::string::npos) request.query = uri.substr(mark + 1);
  request.accept = accept;
  return answer(request, site);
}

/// The scalar there, or what is wrong.
std::string at(const WebReply& reply, const std::string& pointer) {
  const auto found = json_at(reply.body, pointer);
  if (const auto* text = std::get_if<std::string>(&found)) return *text;
  return "(" + std::string(name(std::get<JsonTrouble>(found))) + ")";
}

std::string error_of(const std::string& uri) {
  const WebReply reply = get(uri);
  CHECK(reply.content_type == "application/json; charset=utf-8");
  CHECK(at(reply, "/error/status") == std::to_string(reply.status));
  return std::to_string(reply.status) + " " + at(reply, "/error/message");
}

}  // namespace

TEST_CASE("a path's names are decoded, and a plus is a plus") {
  CHECK(path_parts("/api/a%2Fb+c/%E9%98%BF") == std::vector<std::string>{"", "api", "a/b+c", "阿"});
  CHECK(path_parts("") == std::vector<std::string>{""});
  CHECK(path_parts("a/") == std::vector<std::string>{"a", ""});
  CHECK(decode_path("100%+%4") == "100%+%4");
}

TEST_CASE("a mirror's page has each check with the trace of what was seen") {
  const WebReply page = get("/api/v1/mirrors/go/goproxy-io");
  CHECK(page.status == 200);
  CHECK(at(page, "/verdict/state") == "down");
  CHECK(at(page, "/checks/http/because/reason") == "refused");
  CHECK(at(page, "/checks/http/last/addresses/1/address") == "2001:db8::1");
  CHECK(at(page, "/checks/http/last/addresses/1/failure/layer") == "connect");
  CHECK(at(page, "/checks/http/last_good/timings/tls_seconds") == "0.024");
  CHECK(at(page, "/checks/http/last_good/http/final_host") == "cdn.example.org");
  CHECK(at(page, "/checks/tls/last/certificate/not_after") == "1789827200.0");
  CHECK(at(page, "/checks/tls/last_good/at") == "(not there)");
  CHECK(at(get("/api/v1/mirrors/go/%E9%98%BF%E9%87%8C%E4%BA%91"), "/verdict/because_of_parent") == "goproxy-cn");
}

TEST_CASE("what is documented and seldom seen") {
  const WebReply stale = get("/api/v1/mirrors/go/%E9%98%BF%E9%87%8C%E4%BA%91");
  CHECK(at(stale, "/addresses/1/address") == "2001:db8::1");
  CHECK(at(stale, "/addresses/0/sync_lag/upper_bound_seconds") == "25800.0");
  CHECK(at(stale, "/stale/0/name") == "golang.org/x/text");
  CHECK(at(stale, "/stale/0/known") == "true");
  CHECK(at(stale, "/stale/0/seconds") == "21780.25");
  CHECK(at(stale, "/checks/freshness/last/version/order") == "7");
  CHECK(at(stale, "/checks/freshness/last/version/time") == "1789982000.0");
  CHECK(at(stale, "/checks/freshness/last/valid_until") == "1790518400.0");
  CHECK(at(get("/api/v1/alerts"), "/alerts/1/muted_by") == "MirrorDown");
  CHECK(at(get("/api/v1/receivers"), "/receivers/0/last_error") == "HTTP 503 from <b>chat</b>");
}

TEST_CASE("the last failure stays when it is over") {
  Pool pool;
  pool.name = "p";
  Finding bad;
  bad.check = CheckKind::http;
  bad.at = kSampleNow;
  bad.failure = Failure{Layer::http, Reason::server_error, "status 503\n<b>"};
  bad.http = HttpFacts{503, 12, 0, "a.example.org"};
  bad.remember = {{"k", std::string(100'000, 'x')}};
  bad.feeds.resize(1000);
  Finding good;
  good.check = CheckKind::http;
  good.at = kSampleNow + 1s;
  Finding ours = good;
  ours.failure = Failure{Layer::connect, Reason::local_resource, "no ports left"};
  const CheckState state = settle(settle(settle({}, bad, pool), good, pool), ours, pool);
  REQUIRE(state.last_failed);
  CHECK(state.last_failed->at == kSampleNow);
  CHECK(state.last_failed->failure->detail == "status 503\\x0a<b>");
  CHECK(state.last_failed->http == bad.http);
  CHECK((state.last_failed->remember.empty() && state.last_failed->feeds.empty()));
}

TEST_CASE("a history is cut by check and by time") {
  const WebReply all = get("/api/v1/history/go/goproxy-cn");
  CHECK(at(all, "/runs/0/check") == "dns");
  CHECK(at(all, "/runs/2/failed") == "false");
  CHECK(at(all, "/runs/3/at") == "(not there)");
  CHECK(at(get("/api/v1/history/go/goproxy-cn?check=http"), "/runs/0/at") == "1789999940.0");
  CHECK(at(get("/api/v1/history/go/goproxy-cn?since=1789999941"), "/runs/0/at") == "1789999970.0");
  CHECK(at(get("/api/v1/history/go/goproxy-cn?since=2026-09-21T14:12:21Z"), "/runs/0/at") == "1789999970.0");
  CHECK(at(get("/api/v1/history/go/goproxy-cn?since=1789999941&check=dns"), "/runs/0/at") == "(not there)");
  CHECK(error_of("/api/v1/history/go/goproxy-cn?check=ftp") ==
        "400 check is none of dns, tcp, tls, http, freshness, integrity");
  CHECK(error_of("/api/v1/history/go/goproxy-cn?since=yesterday") ==
        "400 since is no time such as 2027-01-31T22:00:00Z or 1801519200");
}

TEST_CASE("advice as JSON or as text") {
  const WebReply json = get("/api/v1/advice/go", "text/plain;q=0.5, application/json");
  CHECK(at(json, "/line") == "GOPROXY=https://goproxy.cn/,direct");
  CHECK(at(json, "/safe/0/mirror") == "goproxy-cn");
  CHECK(at(json, "/safe/0/verdict/state") == "fresh");
  CHECK(at(json, "/safe/1/mirror") == "(not there)");
  CHECK(at(json, "/not_safe/1/verdict/reason") == "refused");
  for (const WebReply& text : {get("/api/v1/advice/go", "text/plain"), get("/api/v1/advice/go?format=text")}) {
    CHECK(text.content_type == "text/plain; charset=utf-8");
    CHECK(text.body.find("\nGOPROXY=https://goproxy.cn/,direct\n") != std::string::npos);
  }
  CHECK(at(get("/api/v1/advice/go?format=json", "text/plain"), "/pool") == "go");
  CHECK(error_of("/api/v1/advice/go?format=yaml") == "400 format is neither text nor json");
  CHECK(at(get("/api/v1/advice"), "/pools/1/pool") == "debian");
}

TEST_CASE("what is not there is told in JSON below /api/, and elsewhere in words") {
  CHECK(error_of("/api/") == "404 not found");
  CHECK(error_of("/api/v1/nope") == "404 not found");
  for (const char* path : {"/api/v1/pools/", "/api/v1/pools/nope", "/api/v1/pools/go/x", "/api/v1/advice/nope"})
    CHECK(error_of(path) == "404 there is no such pool; /api/v1/pools lists them");
  for (const char* path : {"/api/v1/mirrors/", "/api/v1/mirrors/go", "/api/v1/mirrors/go/nope",
                           "/api/v1/mirrors/go/a/b", "/api/v1/history/go%2Fgoproxy-cn"})
    CHECK(error_of(path) == "404 there is no such mirror; /api/v1/mirrors lists them");
  CHECK(error_of("/api/v1/alerts/acknowledge") == "405 method not allowed");
  CHECK(get("/nope").body == "not found\n");
}

TEST_CASE("every mirror is a target that Prometheus can discover") {
  const WebReply reply = get("/sd/prometheus");
  CHECK(reply.content_type == "application/json; charset=utf-8");
  CHECK(at(reply, "/0/targets/0") == "https://proxy.golang.org/");
  CHECK(at(reply, "/0/labels/__meta_mirrorwarden_role") == "reference");
  CHECK(at(reply, "/1/labels/operator") == "七牛云");
  CHECK(at(reply, "/1/labels/__meta_mirrorwarden_mirror") == "goproxy-cn");
  CHECK(at(reply, "/7/labels/__meta_mirrorwarden_pool") == "debian");
}
