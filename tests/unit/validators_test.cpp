// Conditional requests: what is asked, what is believed, what is forgotten.
#include "probes/validators.hpp"

#include <catch2/catch.hpp>

#include "probes/digest.hpp"

using namespace mw;

namespace {

Fetch fetch_of(const std::string& path, const std::string& address = "192.0.2.7") {
  Fetch fetch;
  fetch.url = std::get<Url>(parse_url("http://ftp.debian.org/" + path));
  fetch.address = *parse_address(address);
  return fetch;
}

Reply whole(const std::string& body, Headers headers) {
  Reply reply;
  reply.status = 200;
  reply.body = body;
  reply.body_bytes = body.size();
  reply.sha256 = sha256_hex(body);
  reply.headers = std::move(headers);
  return reply;
}

Reply unchanged(Headers headers = {}) {
  Reply reply;
  reply.status = 304;
  reply.headers = std::move(headers);
  return reply;
}

struct Memory {
  Validators validators{std::make_shared<Bodies>()};

  void sent(const Fetch& fetch, Reply reply, Reuse reuse = Reuse::body) {
    validators.take_answer(fetch, validators.conditions(fetch, reuse), reply);
  }
};

const Headers kTagged = {{"etag", "W/\"a b\""}};
const Headers kDated = {{"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"date", "Sun, 06 Nov 1994 09:49:37 GMT"}};

}  // namespace

TEST_CASE("validators: a tag is sent back verbatim, and alone; a date only when there is no tag") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  CHECK(memory.validators.conditions(fetch, Reuse::body).empty());
  Headers both = kDated;
  both.insert(both.end(), kTagged.begin(), kTagged.end());
  memory.sent(fetch, whole("one", both));
  CHECK(memory.validators.conditions(fetch, Reuse::body) == Headers{{"If-None-Match", "W/\"a b\""}});
  memory.sent(fetch, whole("one", kDated));
  CHECK(memory.validators.conditions(fetch, Reuse::body) ==
        Headers{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}});
}

TEST_CASE("validators: a date of the second in which it was sent tells no changes apart") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  for (const auto* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "junk", ""}) {
    memory.sent(fetch, whole("one", {{"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"date", date}}));
    CHECK(memory.validators.conditions(fetch, Reuse::body).empty());
  }
}

TEST_CASE("validators: a 304 becomes the 200 it stands for, with the newer fields") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  Headers headers = kTagged;
  headers.emplace_back("age", "1");
  headers.emplace_back("content-type", "text/plain");
  memory.sent(fetch, whole("one", headers));
  Reply reply = unchanged({{"age", "7"}});
  memory.validators.take_answer(fetch, memory.validators.conditions(fetch, Reuse::body), reply);
  CHECK(reply.not_modified);
  CHECK(reply.status == 200);
  CHECK(reply.body == "one");
  CHECK(reply.sha256 == sha256_hex("one"));
  CHECK(reply.body_bytes == 3);
  CHECK(header(reply, "age") == "7");
  CHECK(header(reply, "content-type") == "text/plain");
}

TEST_CASE("validators: a 304 that nobody asked for stays one") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  Reply stray = unchanged();
  memory.validators.take_answer(fetch, {}, stray);
  CHECK(stray.status == 304);
  memory.sent(fetch, whole("one", kTagged));
  Reply unasked = unchanged();
  memory.validators.take_answer(fetch, {}, unasked);
  CHECK(unasked.status == 304);
}

TEST_CASE("validators: every 24th request asks outright") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  memory.sent(fetch, whole("one", kTagged));
  int conditional = 0;
  while (!memory.validators.conditions(fetch, Reuse::body).empty() && conditional < 100) {
    memory.sent(fetch, unchanged());
    ++conditional;
  }
  CHECK(conditional == 23);
  memory.sent(fetch, whole("one", kTagged));
  CHECK_FALSE(memory.validators.conditions(fetch, Reuse::body).empty());
}

TEST_CASE("validators: each address and each URL has its own") {
  Memory memory;
  memory.sent(fetch_of("InRelease"), whole("one", kTagged));
  CHECK(memory.validators.conditions(fetch_of("InRelease", "192.0.2.8"), Reuse::body).empty());
  CHECK(memory.validators.conditions(fetch_of("Release"), Reuse::body).empty());
}

TEST_CASE("validators: what is not a plain GET of a file with a validator is neither kept nor conditional") {
  Memory memory;
  const Fetch plain = fetch_of("InRelease");
  const auto not_kept = [&](const Fetch& fetch, Reply reply) {
    memory.sent(plain, whole("one", kTagged));
    memory.sent(fetch, std::move(reply));
    return memory.validators.conditions(plain, Reuse::body).empty();
  };
  Fetch head = plain;
  head.method = "HEAD";
  Fetch range = plain;
  range.headers = {{"range", "bytes=-5"}};
  Reply missing = whole("one", kTagged);
  missing.status = 404;
  for (const Fetch& fetch : {head, range}) CHECK(not_kept(fetch, whole("one", kTagged)));
  CHECK(not_kept(plain, missing));
  CHECK(not_kept(plain, whole("one", {{"etag", std::string(257, 'x')}})));
  CHECK(not_kept(plain, whole("one", {})));
  memory.sent(plain, whole("one", kTagged));
  for (const Fetch& fetch : {head, range}) CHECK(memory.validators.conditions(fetch, Reuse::body).empty());
}

TEST_CASE("validators: a body too large to keep, or in a file, calls for a caller to whom its digest suffices") {
  Memory memory;
  Fetch fetch = fetch_of("Packages.xz");
  const std::string large(1024 * 1024 + 1, 'x');
  for (const bool spool : {false, true}) {
    fetch.spool = spool;
    memory.sent(fetch, whole(large, kTagged));
    CHECK(memory.validators.conditions(fetch, Reuse::body).empty());
    CHECK(memory.validators.conditions(fetch, Reuse::none).empty());
    const Headers conditions = memory.validators.conditions(fetch, Reuse::digest);
    CHECK_FALSE(conditions.empty());
    Reply reply = unchanged();
    memory.validators.take_answer(fetch, conditions, reply);
    CHECK(reply.not_modified);
    CHECK(reply.body.empty());
    CHECK(reply.body_bytes == large.size());
    CHECK(reply.sha256 == sha256_hex(large));
  }
}

TEST_CASE("validators: a failed exchange changes nothing") {
  Memory memory;
  const Fetch fetch = fetch_of("InRelease");
  memory.sent(fetch, whole("one", kTagged));
  Reply failed;
  failed.failure = Failure{Layer::connect, Reason::refused, ""};
  memory.sent(fetch, failed);
  CHECK_FALSE(memory.validators.conditions(fetch, Reuse::body).empty());
}

TEST_CASE("validators: what was only digested does not answer who wants the body") {
  Memory memory;
  Fetch fetch = fetch_of("a.tar");
  fetch.keep_body = false;
  memory.sent(fetch, whole("one", kTagged));
  CHECK_FALSE(memory.validators.conditions(fetch, Reuse::body).empty());
  fetch.keep_body = true;
  CHECK(memory.validators.conditions(fetch, Reuse::body).empty());
}

TEST_CASE("validators: of too many URLs, the one used longest ago is forgotten") {
  Memory memory;
  for (int n = 0; n < 256; ++n) memory.sent(fetch_of(std::to_string(n)), whole("one", kTagged));
  CHECK_FALSE(memory.validators.conditions(fetch_of("0"), Reuse::body).empty());
  memory.sent(fetch_of("more"), whole("one", kTagged));
  CHECK_FALSE(memory.validators.conditions(fetch_of("0"), Reuse::body).empty());
  CHECK(memory.validators.conditions(fetch_of("1"), Reuse::body).empty());
}

TEST_CASE("validators: after something was found broken, nothing is asked conditionally") {
  Memory memory;
  memory.sent(fetch_of("InRelease"), whole("one", kTagged));
  memory.validators.forget();
  CHECK(memory.validators.conditions(fetch_of("InRelease"), Reuse::body).empty());
}

TEST_CASE("bodies: the same bytes are kept once, and no more than the limit") {
  Bodies bodies(10);
  const auto one = bodies.keep("digest-a", "12345");
  CHECK(bodies.keep("digest-a", "12345") == one);
  auto two = bodies.keep("digest-b", "67890");
  CHECK(two != nullptr);
  CHECK(bodies.keep("digest-c", "x") == nullptr);
  two.reset();
  CHECK(bodies.keep("digest-c", "x") != nullptr);
}
