// From answers to failures: the words that all ecosystems share, and the host they blame.
#include "probes/evidence.hpp"

#include <catch2/catch.hpp>

#include "probes/digest.hpp"

using namespace mw;

namespace {

Got answer(int status, const std::string& body) {
  Got got;
  got.reply.status = status;
  got.reply.body = body;
  got.reply.body_bytes = body.size();
  got.reply.sha256 = sha256_hex(body);
  got.url = std::get<Url>(parse_url("http://mirror.example.org/file"));
  return got;
}

Got redirected(Got got) {
  got.redirects = 1;
  got.url = std::get<Url>(parse_url("http://third.example.net:8080/file"));
  return got;
}

const Promised kPromised{"the file", 5, sha256_hex("right")};
const std::string kBlame = " (redirected to third.example.net:8080)";

}  // namespace

TEST_CASE("without a redirect, details name the file only") {
  CHECK(no_answer("the file", answer(404, ""))->detail == "the file: status 404");
  CHECK(broken_promise(kPromised, answer(200, "wrong"))->detail ==
        "the file: got sha256 " + sha256_hex("wrong") + ", expected " + sha256_hex("right"));
  CHECK_FALSE(broken_promise(kPromised, redirected(answer(200, "right"))));
}

TEST_CASE("after a redirect, every detail names the host that answered") {
  Got cut = redirected(answer(200, ""));
  cut.failure = Failure{Layer::http, Reason::body_limit, "more than 6 bytes"};
  Got slow = redirected(answer(0, ""));
  slow.failure = Failure{Layer::http, Reason::timeout, "took too long"};
  CHECK(no_answer("the file", redirected(answer(404, "")))->detail == "the file: status 404" + kBlame);
  CHECK(no_answer("the file", slow)->detail == "the file: took too long" + kBlame);
  CHECK(broken_promise(kPromised, cut)->detail == "the file: longer than the 5 bytes listed" + kBlame);
  for (const Got& got : {redirected(answer(404, "")), redirected(answer(200, "<html>")), redirected(answer(200, "")),
                         redirected(answer(200, "wrong")), redirected(answer(200, "short and long"))}) {
    INFO(got.reply.body);
    const auto failure = broken_promise(kPromised, got);
    REQUIRE(failure);
    CHECK(failure->detail.ends_with(kBlame));
  }
}
