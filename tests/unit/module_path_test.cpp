// Module paths: which are well-formed, and how proxies spell them.
#include "probes/formats/module_path.hpp"

#include <catch2/catch.hpp>

#include "probes/formats/case_fold.hpp"

using namespace mw;

TEST_CASE("module path: what the go command accepts") {
  for (const char* path :
       {"example.com", "github.com/Azure/azure-sdk", "github.com/BurntSushi/toml", "golang.org/x/text",
        "rsc.io/quote/v3", "gopkg.in/yaml.v2", "gopkg.in/yaml.v0", "gopkg.in/check.v1-unstable", "a.b/c_d~e/f.g",
        "example.com/v", "k8s.io/v10", "example.com/av1", "example.com/xtilde~a1", "example.com/v2/x", "1.2/3"}) {
    INFO(path);
    CHECK(is_module_path(path));
  }
}

TEST_CASE("module path: what the go command refuses") {
  for (const char* path : {"",
                           "/",
                           "example",
                           "text",
                           "std",
                           "example.com/",
                           "/example.com",
                           "example.com//x",
                           "example.com/../x",
                           "example.com/./x",
                           "example.com/.git",
                           "example.com/a.",
                           "-example.com/x",
                           "Example.com/x",
                           "exa_mple.com",
                           "example.com/A!",
                           "example.com/a b",
                           "example.com/a@b",
                           "example.com/a:b",
                           "example.com/a\\b",
                           "example.com/a\nb",
                           "example.com/\xc3\xa9",
                           "example.com/con",
                           "example.com/NuL.txt",
                           "example.com/com1",
                           "example.com/longna~1",
                           "example.com/v1",
                           "example.com/v0",
                           "example.com/v02",
                           "example.com/v2.1",
                           "gopkg.in/yaml",
                           "gopkg.in/yaml.v02",
                           "gopkg.in/yaml/v2",
                           "example.com?x",
                           "example.com/%2e",
                           "example.com/a#b"}) {
    INFO(path);
    CHECK(!is_module_path(path));
  }
  CHECK_FALSE(is_module_path(std::string_view("example.com/a\0b", 15)));
}

TEST_CASE("module path: capitals are escaped, and come back") {
  const std::pair<const char*, const char*> rows[] = {
      {"github.com/Azure/azure-sdk", "github.com/!azure/azure-sdk"},
      {"github.com/BurntSushi/toml", "github.com/!burnt!sushi/toml"},
      {"golang.org/x/text", "golang.org/x/text"},
  };
  for (const auto& [path, escaped] : rows) {
    CHECK(escape_path(path) == escaped);
    CHECK(unescape_path(escaped) == path);
  }
  CHECK_FALSE(escape_path("example.com/A!"));
  CHECK(escape_version("v1.0.0-RC1") == "v1.0.0-!r!c1");
  CHECK(unescape_version("v1.0.0-!r!c1") == "v1.0.0-RC1");
  CHECK(escape_version("v2.0.0+incompatible") == "v2.0.0+incompatible");
  for (const char* version : {"", ".", "v1.0.0/x", "v1!", "v1.0.0\n", "caf\xc3\xa9", "..", "v1."})
    CHECK_FALSE(escape_version(version));
}

TEST_CASE("module path: what is not the escape of anything") {
  for (const char* escaped : {"github.com/Azure/x", "github.com/azure!", "github.com/!Azure", "github.com/!1",
                              "github.com/!!a", "github.com/!\xc3\xa9", "github.com/v1", ""})
    CHECK_FALSE(unescape_path(escaped));
  for (const char* escaped : {"v1.0.0-RC1", "v1.0.0-!", "v1!/x", ""}) CHECK_FALSE(unescape_version(escaped));
}

TEST_CASE("module path: the request line is the go command's") {
  CHECK(proxy_path("github.com/Azure/x", "@v/list") == "github.com/%21azure/x/@v/list");
  CHECK(proxy_path("golang.org/x/text", "@latest") == "golang.org/x/text/@latest");
  CHECK(proxy_path(ModuleVersion{"github.com/Azure/x", "v1.0.0-RC1"}, ".mod") ==
        "github.com/%21azure/x/@v/v1.0.0-%21r%21c1.mod");
  CHECK(proxy_path(ModuleVersion{"a.b/x~y", "v2.0.0+incompatible"}, ".info") == "a.b/x~y/@v/v2.0.0+incompatible.info");
  CHECK_FALSE(proxy_path("../etc", "@v/list"));
  CHECK_FALSE(proxy_path(ModuleVersion{"a.b/c", "v1/../x"}, ".zip"));
}

TEST_CASE("module path: a major version belongs to its own path") {
  const std::tuple<const char*, const char*, bool> rows[] = {
      {"rsc.io/quote", "v1.5.2", true},           {"rsc.io/quote", "v0.0.1", true},
      {"rsc.io/quote", "v2.0.0", false},          {"rsc.io/quote", "v2.0.0+incompatible", true},
      {"rsc.io/quote/v3", "v3.1.0", true},        {"rsc.io/quote/v3", "v4.0.0", false},
      {"gopkg.in/yaml.v2", "v2.2.1", true},       {"gopkg.in/yaml.v2", "v1.0.0", false},
      {"gopkg.in/x.v3-unstable", "v3.0.0", true}, {"gopkg.in/check.v1", "v0.0.0-20161208181325-20d25e280405", true},
      {"rsc.io/quote", "1.5.2", false},           {"example.com/v1", "v1.0.0", false},
  };
  for (const auto& [path, version, fits] : rows) CHECK(version_fits(path, version) == fits);
}

TEST_CASE("module path: files within a module") {
  for (const char* path : {"go.mod", "a/b/c.go", "a b.txt", "x/[1].txt", ".github/ci.yml", "\xe4\xb8\xad/\xc3\xa9.txt",
                           "x~1", "LICENSE", "a!b", "{x}"}) {
    INFO(path);
    CHECK(is_module_file(path));
  }
  for (const char* path : {"",    "/etc/passwd", "../x", "a/../b",    "a/./b", "a//b", "a/",       "a\\b",
                           "C:x", "a*b",         "a?b",  "a|b",       "a<b",   "a>b",  "a\"b",     "a'b",
                           "a`b", "a\nb",        "aux",  "x/CON.txt", "a.",    "\xff", "\xc0\xaf", "a/.."}) {
    INFO(path);
    CHECK(!is_module_file(path));
  }
}

TEST_CASE("case folding: alike exactly when only the case differs") {
  const std::pair<const char*, const char*> alike[] = {
      {"README", "readme"},         {"\xc3\x89t\xc3\xa9", "\xc3\xa9T\xc3\x89"},
      {"\xe2\x84\xaa", "k"},        {"\xc5\xbf", "S"},
      {"\xce\xa3", "\xcf\x82"},     {"\xd0\x94", "\xd0\xb4"},
      {"\xe1\xba\x9e", "\xc3\x9f"}, {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},
  };
  for (const auto& [a, b] : alike) CHECK(case_folded(a) == case_folded(b));
  const std::pair<const char*, const char*> different[] = {
      {"a", "b"}, {"i", "\xc4\xb1"}, {"\xc3\x9f", "ss"}, {"\xd0\x90", "A"}, {"\xc3\xa9", "e"}};
  for (const auto& [a, b] : different) CHECK(case_folded(a) != case_folded(b));
  CHECK(case_folded("") == "");
}

TEST_CASE("case folding: what is not UTF-8 has no fold") {
  for (const char* text :
       {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xff", "\xf8\x88\x80\x80\x80"}) {
    CHECK_FALSE(is_valid_utf8(text));
    CHECK_FALSE(case_folded(text));
  }
  CHECK(is_valid_utf8("\xf4\x8f\xbf\xbf\xef\xbf\xbd"));
}
