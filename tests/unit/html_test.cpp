// Pages are told from files by how they begin.
#include "probes/formats/html.hpp"

#include <catch2/catch.hpp>

using namespace mw;

TEST_CASE("pages are recognised") {
  for (const auto* body : {"<!DOCTYPE html><html>", "<html>", "  \r\n<HTML lang=en>", "\xEF\xBB\xBF<!doctype html>",
                           "<!-- portal --><html>", "<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC>", "<head><title>",
                           "<body>", "<script>location='/login'</script>", "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD\">"}) {
    INFO(body);
    CHECK(looks_like_html(body));
  }
}

TEST_CASE("files are left alone") {
  for (const auto* body : {"", "Origin: Debian\n", "1723456789\n", "{}", "<?xml version='1.0'?><metadata/>", "<header>",
                           "<!DOCTYPE metadata>", "<", "<!--", "text about <html>", "\x1f\x8b<html>"}) {
    INFO(body);
    CHECK_FALSE(looks_like_html(body));
  }
}
