// Markers: every form mirrors use, and every one that must not become a version.
#include "probes/formats/marker.hpp"

#include <catch2/catch.hpp>

#include "probes/digest.hpp"

using namespace mw;

namespace {

using std::chrono::seconds;

const SysTime kNow{seconds(1'723'460'000)};

MarkerFormat format(const std::string& word, const std::string& key = "", const std::string& pointer = "") {
  const auto made = marker_format({word, key, pointer});
  if (const auto* problem = std::get_if<MarkerWordsProblem>(&made)) FAIL(word << ": " << problem->what);
  return std::get<MarkerFormat>(made);
}

/// "id order", or "layer/reason".
std::string told(std::string_view bytes, const MarkerFormat& how, SysTime now = kNow) {
  const auto read = read_marker(bytes, how, now);
  if (const auto* failure = std::get_if<Failure>(&read))
    return std::string(name(failure->layer)) + "/" + std::string(name(failure->reason));
  const Version& version = std::get<Version>(read);
  if (version.time) CHECK(std::chrono::floor<seconds>(*version.time).time_since_epoch().count() == version.order);
  return version.id + (version.order ? " " + std::to_string(*version.order) : "");
}

std::string detail(std::string_view bytes, const MarkerFormat& how) {
  const auto read = read_marker(bytes, how, kNow);
  const auto* failure = std::get_if<Failure>(&read);
  return failure == nullptr ? "" : failure->detail;
}

struct Row {
  MarkerFormat how;
  std::string_view bytes;
  std::string_view expected;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.bytes);
    CHECK(told(row.bytes, row.how) == row.expected);
  }
}

const std::string kJuly = "2024-07-02T08:24:45Z 1719908685";
const std::string kAugust = "2024-08-12T10:53:09Z 1723459989";

}  // namespace

TEST_CASE("marker: every form in use is read") {
  check_rows({
      {format("epoch"), "1723459989\n", kAugust},
      {format("epoch"), "1723459989", kAugust},
      {format("epoch"), " 1723459989 \r\n\n", kAugust},
      {format("first_token:epoch"), "1723459989 from rsync.example.org, took 12 s\n", kAugust},
      {format("first_token:epoch"), "\n1723459989\nmore\n", kAugust},
      {format("first_line:posix_date"), "Tue Jul  2 08:24:45 UTC 2024\nUsed ftpsync version: 20180513\n", kJuly},
      {format("posix_date"), "Tue Jul  2 08:24:45 UTC 2024\n", kJuly},
      {format("rfc", "Date"), "Archive serial: 2024070203\nDate: Tue, 02 Jul 2024 08:24:45 +0000\nCreator: x\n", kJuly},
      {format("rfc", "Date"), "Date: Tue, 02 Jul 2024 08:24:45 UTC\n", kJuly},
      {format("compact"), "20240702T08:24:45", kJuly},
      {format("rfc3339"), "2024-07-02T08:24:45Z", kJuly},
      {format("rfc3339"), "2024-07-02T08:24:45.123456Z", "2024-07-02T08:24:45.123456Z 1719908685"},
      {format("rfc3339"), "2024-07-02T16:24:45+08:00", kJuly},
      {format("tunasync"), "2024-07-02 16:24:45 +0800", kJuly},
      {format("compact"), "20240702082445", kJuly},
      {format("compact"), "20240702082445.120 +0000", "2024-07-02T08:24:45.12Z 1719908685"},
      {format("serial"), "2024070203\n", "2024070203 2024070203"},
      {format("serial", "Archive serial"), "Archive serial: 2024070203\nDate: x\n", "2024070203 2024070203"},
      {format("epoch_ms"), "1723459989123", "2024-08-12T10:53:09.123Z 1723459989"},
      {format("epoch_ms"), "1723459989000", kAugust},
      {format("rfc3339", "date"), "# state\nstate=8a4e\ndate=2024-07-02T08:24:45Z\n", kJuly},
      {format("compact", "nexus.index.timestamp"),
       "#Tue Jul 02 08:24:45 UTC 2024\nnexus.index.timestamp=20240702082445.000 +0000\n", kJuly},
      {format("rfc"), "Tue, 02 Jul 2024 08:24:45 GMT", kJuly},
      {format("rfc"), "Tuesday, 02-Jul-24 08:24:45 GMT", kJuly},
      {format("rfc"), "Tue Jul  2 08:24:45 2024", kJuly},
      {format("first_line:rfc3339"), "2024-07-02T08:24:45Z", kJuly},
      {format("json:rfc3339", "", "/Time"), R"({"Version":"v1.2.3","Time":"2024-07-02T08:24:45Z"})", kJuly},
      {format("json:epoch", "", "/0/last_update_ts"), R"([{"last_update_ts":1719908685}])", kJuly},
      {format("json:tunasync", "", "/0/last_update"), R"([{"last_update":"2024-07-02 16:24:45 +0800"}])", kJuly},
      {format("json:epoch_ms", "", "/repo/timestamp"), R"({"repo":{"timestamp":1719908685000}})", kJuly},
      {format("json:serial", "", "/meta/_last-serial"), R"({"meta":{"_last-serial":23906214}})", "23906214 23906214"},
      {format("xml:compact", "", "/metadata/versioning/lastUpdated"),
       "<metadata><versioning><lastUpdated>\n20240702082445 </lastUpdated></versioning></metadata>", kJuly},
      {format("xml:epoch", "", "/repomd/revision"), "<repomd><revision>1719908685</revision></repomd>", kJuly},
  });
}

TEST_CASE("marker: a digest takes any bytes but none") {
  const std::string page = "<!DOCTYPE html>";
  CHECK(told("x", format("digest")) == sha256_hex("x"));
  CHECK(told(page, format("digest")) == sha256_hex(page));
  CHECK(told(std::string(100'000, '\0'), format("digest")) == sha256_hex(std::string(100'000, '\0')));
  CHECK(told("", format("digest")) == "content/empty");
}

TEST_CASE("marker: a serial is no time") {
  const auto read = read_marker("2024070203", format("serial"), kNow);
  CHECK(std::get<Version>(read) == Version{"2024070203", 2024070203, std::nullopt});
  CHECK(told("0", format("serial")) == "0 0");
  CHECK(told("9223372036854775807", format("serial")) == "9223372036854775807 9223372036854775807");
  for (const auto* bad : {"9223372036854775808", "18446744073709551616", "-1", "+1", "1e3", "1.0", "0x10", "007", "12a",
                          "1 2", "Infinity"}) {
    INFO(bad);
    CHECK(told(bad, format("serial")) == "content/parse");
  }
}

TEST_CASE("marker: what cannot be true is refused") {
  const std::string page = "<!DOCTYPE html><title>Sign in</title>";
  const std::string_view nul("1723459989\0", 11);
  check_rows({
      {format("epoch"), "", "content/empty"},
      {format("epoch"), " \n\n", "content/empty"},
      {format("rfc3339", "date"), "date=\n", "content/empty"},
      {format("json:rfc3339", "", "/t"), R"({"t":""})", "content/empty"},
      {format("epoch"), "-1723459989", "content/parse"},
      {format("epoch_ms"), "-1", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"t":-62135596800})", "content/parse"},
      {format("epoch"), "0", "content/parse"},
      {format("epoch"), "788918399", "content/parse"},
      {format("epoch_ms"), "1723459989", "content/parse"},
      {format("rfc3339"), "1994-12-31T23:59:59Z", "content/parse"},
      {format("rfc3339"), "0001-01-01T00:00:00Z", "content/parse"},
      {format("tunasync"), "0001-01-01 00:00:00 +0000", "content/parse"},
      {format("rfc"), "Thu, 01 Jan 1970 00:00:00 GMT", "content/parse"},
      {format("epoch"), page, "content/html"},
      {format("rfc3339", "date"), page, "content/html"},
      {format("json:epoch", "", "/t"), "\n" + page, "content/html"},
      {format("xml:epoch", "", "/t"), "<html><t>1</t></html>", "content/html"},
      {format("epoch"), "1723459989\n<html></html>", "content/parse"},
      {format("epoch"), "1723459989 x", "content/parse"},
      {format("epoch"), "1723459989x", "content/parse"},
      {format("epoch"), "1723459989\n1723459989\n", "content/parse"},
      {format("epoch"),
       "\xEF\xBB\xBF"
       "1723459989",
       "content/parse"},
      {format("epoch"), "+1723459989", "content/parse"},
      {format("epoch"), "01723459989", "content/parse"},
      {format("epoch"), "1723459989.5", "content/parse"},
      {format("epoch"), "1.7e9", "content/parse"},
      {format("epoch"), "Infinity", "content/parse"},
      {format("epoch"), "18446744073709551616", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"t":1e308})", "content/parse"},
      {format("epoch"), nul, "content/parse"},
      {format("first_line:epoch"), nul, "content/parse"},
      {format("compact"), "2024070203", "content/parse"},
      {format("rfc3339"), "2024-02-30T00:00:00Z", "content/parse"},
      {format("rfc3339"), "2024-06-30T23:59:60Z", "content/parse"},
      {format("posix_date"), "Tue Jul  2 08:24:45 CST 2024", "content/parse"},
      {format("first_line:posix_date"), "\nTue Jul  2 08:24:45 UTC 2024\n", "content/empty"},
      {format("rfc3339", "date"), "dates=2024-07-02T08:24:45Z\n", "content/parse"},
      {format("rfc3339", "date"), "Date: 2024-07-02T08:24:45Z\n", "content/parse"},
      {format("rfc3339", "date"), "date 2024-07-02T08:24:45Z\n", "content/parse"},
      {format("rfc3339", "date"), "date=2024-07-02T08:24:45Z\ndate=2024-07-02T08:24:45Z\n", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"t":1719908685,"t":1719908686})", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"t":1719908685)", "content/parse"},
      {format("json:rfc3339", "", "/t"), R"({"t":null})", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"u":1719908685})", "content/parse"},
      {format("json:epoch", "", "/t"), R"({"t":[1719908685]})", "content/parse"},
      {format("xml:epoch", "", "/t"), "<!DOCTYPE t><t>1719908685</t>", "content/parse"},
      {format("xml:epoch", "", "/t"), "<t>1719908685</t", "content/parse"},
      {format("xml:epoch", "", "/t"), "<u>1719908685</u>", "content/parse"},
  });
}

TEST_CASE("marker: the future is a fault of its own, and begins ten minutes from now") {
  const auto edge = kNow + std::chrono::minutes(10);
  const auto text = [](SysTime time) {
    return std::to_string(std::chrono::floor<seconds>(time).time_since_epoch().count());
  };
  CHECK(told(text(edge), format("epoch")) == "2024-08-12T11:03:20Z 1723460600");
  CHECK(told(text(edge + seconds(1)), format("epoch")) == "freshness/future");
  CHECK(told("1723460600001", format("epoch_ms")) == "freshness/future");
  CHECK(told("2024-08-12T11:03:20.000000001Z", format("rfc3339")) == "freshness/future");
  CHECK(told("2100-01-01T00:00:00Z", format("rfc3339")) == "freshness/future");
  CHECK(told("9999-12-31T23:59:59Z", format("rfc3339")) == "freshness/future");
  CHECK(told("Fri, 31 Dec 9999 23:59:59 GMT", format("rfc")) == "freshness/future");
  CHECK(told("Fri Dec 31 23:59:59 UTC 9999", format("posix_date")) == "freshness/future");
  CHECK(told("9223372036854775807", format("epoch")) == "freshness/future");
  CHECK(told("18446744073709551615", format("epoch")) == "freshness/future");
  CHECK(told("18446744073709551615", format("epoch_ms")) == "freshness/future");
  CHECK(told("1723459989123", format("epoch")) == "freshness/future");
  CHECK(detail("1723459989123", format("epoch")).find("epoch_ms") != std::string::npos);
  CHECK(told("1723459989", format("epoch"), SysTime(-seconds(1'000'000))) == "freshness/future");
}

TEST_CASE("marker: 1995 is the first year that is believed") {
  CHECK(told("788918400", format("epoch")) == "1995-01-01T00:00:00Z 788918400");
  CHECK(detail("788918399", format("epoch")) == "'788918399' lies before 1995");
  CHECK(detail("-5", format("epoch")) == "'-5' is negative, not seconds since 1970");
}

TEST_CASE("marker: sizes have limits") {
  const std::string_view stamp = "1723459989\n";
  const auto padded = [&](std::size_t size) { return std::string(stamp) + std::string(size - stamp.size(), '#'); };
  CHECK(told(padded(4096), format("first_line:epoch")) == kAugust);
  CHECK(told(padded(4097), format("first_line:epoch")) == "content/content_limit");
  CHECK(told("<html>" + std::string(9000, 'x'), format("epoch")) == "content/html");
  const std::string blank(100'000, ' ');
  CHECK(told("{\"t\":1723459989" + blank + "}", format("json:epoch", "", "/t")) == kAugust);
  CHECK(told(std::string(100, '['), format("json:epoch", "", "/t")) == "content/content_limit");
  CHECK(told("<t>1723459989" + blank + "</t>", format("xml:epoch", "", "/t")) == kAugust);
  const std::string huge(16 * 1024 * 1024, ' ');
  CHECK(told("{\"t\":1723459989" + huge + "}", format("json:epoch", "", "/t")) == "content/content_limit");
  CHECK(told("<t>1723459989" + huge + "</t>", format("xml:epoch", "", "/t")) == "content/content_limit");
}

TEST_CASE("marker: the same moment has the same identity, however it is written") {
  const std::string id = told("1719908685", format("epoch"));
  CHECK(told("2024-07-02T16:24:45.000+08:00", format("rfc3339")) == id);
  CHECK(told("20240702T08:24:45", format("compact")) == id);
}

TEST_CASE("marker: the words of a format that make no sense are complained of") {
  struct Bad {
    MarkerWords words;
    std::string MarkerWords::*word;
    std::string_view what;
  };
  const Bad rows[] = {
      {{"epok", "", ""}, &MarkerWords::format, "'epok' is not known, expected one of digest, epoch, epoch_ms"},
      {{"", "", ""}, &MarkerWords::format, "'' is not known"},
      {{"json:", "", "/a"}, &MarkerWords::format, "'json:' is not known"},
      {{"yaml:epoch", "", "/a"}, &MarkerWords::format, "'yaml:epoch' is not known"},
      {{"json:xml:epoch", "", "/a"}, &MarkerWords::format, "'json:xml:epoch' is not known"},
      {{"json:digest", "", "/a"}, &MarkerWords::format, "'json:digest' is not known"},
      {{"json:epoch", "", ""}, &MarkerWords::pointer, "is missing"},
      {{"xml:epoch", "", ""}, &MarkerWords::pointer, "is missing"},
      {{"json:epoch", "", "a/b"}, &MarkerWords::pointer, "is 'a/b', expected a JSON pointer"},
      {{"json:epoch", "", "/a~2"}, &MarkerWords::pointer, "is '/a~2', expected a JSON pointer"},
      {{"xml:epoch", "", "/a/@b"}, &MarkerWords::pointer, "is '/a/@b', expected a path of elements"},
      {{"epoch", "", "/a"}, &MarkerWords::pointer, "is given for 'epoch'"},
      {{"digest", "date", ""}, &MarkerWords::key, "is given for a digest"},
      {{"json:epoch", "date", "/a"}, &MarkerWords::key, "is given together with 'json:epoch'"},
      {{"first_line:epoch", "date", ""}, &MarkerWords::key, "is given together with 'first_line:epoch'"},
      {{"epoch", "date=", ""}, &MarkerWords::key, "is 'date=', expected"},
      {{"epoch", " date", ""}, &MarkerWords::key, "is ' date', expected"},
  };
  for (const Bad& row : rows) {
    INFO(row.words.format << " " << row.words.key << " " << row.words.pointer);
    const auto made = marker_format(row.words);
    REQUIRE(std::holds_alternative<MarkerWordsProblem>(made));
    CHECK(std::get<MarkerWordsProblem>(made).word == row.word);
    CHECK_THAT(std::get<MarkerWordsProblem>(made).what, Catch::StartsWith(std::string(row.what)));
  }
}
