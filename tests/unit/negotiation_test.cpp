// Which format and which coding a request gets: tables of what clients really send, and of what nobody should.
#include "exporter/web/negotiation.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "exporter/web/gzip.hpp"

using namespace mw;

namespace {

const std::string kLong(10'000, ',');

/// By zlib, which is not what made them.
std::string gunzip(const std::string& bytes, std::size_t expected) {
  std::string out(expected + 1, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.avail_in == 0);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("who gets OpenMetrics") {
  for (const std::string& accept :
       {// Prometheus 2.42, 2.5, and 3.x with and without native histograms
        std::string("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
        std::string("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;"
                    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
        std::string("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
                    "q=0.7,application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,"
                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.2"),
        std::string("application/openmetrics-text"), std::string("application/openmetrics-text; version=1.0.0"),
        std::string("APPLICATION/OpenMetrics-Text ; VERSION=\"1.0.0\" ; Q=1.000"),
        std::string("text/plain, application/openmetrics-text"),
        std::string("text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.5"),
        std::string("application/openmetrics-text;q=0.001"),
        std::string("text/plain;version=0.0.3;q=0.9, application/openmetrics-text;q=0.5"),
        std::string("text/html;q=nonsense,,;,application/openmetrics-text"),
        std::string("*/*;q=0.5, application/openmetrics-text;q=0.9"),
        std::string("application/openmetrics-text;charset=\"a,b;c\\\"d\";version=1.0.0")}) {
    INFO(accept);
    CHECK(format_for(accept) == Format::open_metrics);
  }
}

TEST_CASE("who gets text, which is everybody else") {
  for (const std::string& accept :
       {std::string(),
        std::string("*/*"),
        std::string("text/plain"),
        std::string("text/plain;version=0.0.4"),
        std::string("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        std::string("application/*"),
        std::string("application/json"),
        std::string("text/plain;version=1.0.0"),
        std::string("application/openmetrics-text;version=0.0.1"),
        std::string("application/openmetrics-text;version=2.0.0;q=1,text/plain;q=0.1"),
        std::string("application/openmetrics-text;q=0"),
        std::string("application/openmetrics-text;q=0.000"),
        std::string("application/openmetrics-text;q=0.4,text/plain;version=0.0.4;q=0.5"),
        std::string("application/openmetrics-text;q=0.4,text/*;q=0.5"),
        std::string("application/openmetrics-text;q=0.4,*/*;q=0.5"),
        std::string("application/openmetrics-text;version=1.0.0;q=0,application/openmetrics-text;q=1"),
        std::string("application/openmetrics-text;q=1.1"),
        std::string("application/openmetrics-text;q=2"),
        std::string("application/openmetrics-text;q=0.1234"),
        std::string("application/openmetrics-text;q="),
        std::string("application/openmetrics-text;q=-1"),
        std::string("application/openmetrics-textual"),
        std::string("application/openmetrics-text2, text/plain"),
        std::string("application/openmetrics"),
        std::string("\"application/openmetrics-text"),
        std::string(";;;===,,,\"\\"),
        kLong}) {
    INFO(accept);
    CHECK(format_for(accept) == Format::text);
  }
}

TEST_CASE("who gets gzip") {
  for (const char* yes : {"gzip", "GZIP", "x-gzip", "gzip, deflate, br", "deflate, gzip;q=1.0, *;q=0.5", "*", "*;q=0.1",
                          "gzip;q=0.5", "gzip;q=0.5, identity;q=0.5", "identity;q=0, gzip;q=0.001",
                          "identity;q=0, *;q=0.5", "br;q=1, gzip;q=0.2", " gzip ;q=0.8 ,", "*;q=0, gzip"}) {
    INFO(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* no :
       {"", "identity", "br", "deflate", "gzip;q=0", "gzip;q=0.0", "*;q=0", "gzip;q=0, *", "identity;q=1, gzip;q=0.5",
        "identity, *;q=0.5", "gzipped", "gzip;q=", "gzip;q=x", "gzip;q=1.5", "gzip;q=1.001", "gzip/1", ",", ";q=1"}) {
    INFO(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}

TEST_CASE("what was made smaller is the same when it comes out, and names itself") {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "mirror_check_runs_total{mirror=\"" + std::to_string(i) + "\"} 1\n";
  for (const std::string& bytes : {std::string(), std::string("x"), std::string("\0\xff\r\n", 4), lines}) {
    const std::string small = gzip(bytes);
    REQUIRE(small.size() >= 18);
    CHECK(small.starts_with("\x1f\x8b"));
    CHECK(gunzip(small, bytes.size()) == bytes);
  }
  CHECK(gzip(lines).size() < lines.size() / 5);
}
