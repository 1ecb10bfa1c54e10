// Versions: reading, comparing, choosing the newest; lists of them.
#include "probes/formats/semver.hpp"

#include <catch2/catch.hpp>

#include "probes/formats/version_list.hpp"

using namespace mw;

namespace {

VersionList listed(std::string_view text) {
  const auto list = read_version_list(text);
  REQUIRE(std::holds_alternative<VersionList>(list));
  return std::get<VersionList>(list);
}

}  // namespace

TEST_CASE("semver: what is a version, and its canonical form") {
  const std::pair<const char*, const char*> rows[] = {
      {"v1.2.3", "v1.2.3"},
      {"v0.0.0", "v0.0.0"},
      {"v1", "v1.0.0"},
      {"v1.2", "v1.2.0"},
      {"v1.2.3-rc.1", "v1.2.3-rc.1"},
      {"v1.2.3+meta", "v1.2.3"},
      {"v1.2.3-a.0b+x.01", "v1.2.3-a.0b"},
      {"v2.0.0+incompatible", "v2.0.0+incompatible"},
      {"v1.0.0---", "v1.0.0---"},
      {"v99999999999999999999.0.1", "v99999999999999999999.0.1"},
      {"v1.0.0-0", "v1.0.0-0"},
      {"v2.0.0-rc1+incompatible", "v2.0.0-rc1+incompatible"},
  };
  for (const auto& [text, canonical] : rows) {
    CHECK(canonical_version(text) == canonical);
    CHECK(is_canonical_version(text) == (std::string(text) == canonical));
  }
  for (const char* text :
       {"",        "v",         "1.2.3",       "V1.2.3",          "v01.2.3",    "v1.02.3", "v1.2.03",  "v1.2.3-",
        "v1.2.3+", "v1.2.3-01", "v1.2.3-a..b", "v1.2.3-a_b",      "v1-rc1",     "v1.2+x",  "v1.2.3.4", "v1.",
        "v1.2.",   "v-1.0.0",   "v1.2.3 ",     "v1.2.3-\xc3\xa9", "v1.2.3+a+b", "v1..2",   "vx"}) {
    INFO(text);
    CHECK(canonical_version(text).empty());
    CHECK_FALSE(is_canonical_version(text));
  }
  CHECK_FALSE(parse_semver(std::string_view("v1.2.3+a\0b", 10)));
}

TEST_CASE("semver: the order is the go command's") {
  const char* ascending[] = {"bad",
                             "v0.0.0-20191109021931-daa7c04131f5",
                             "v0.0.1",
                             "v1.0.0-0",
                             "v1.0.0-1",
                             "v1.0.0-9",
                             "v1.0.0-10",
                             "v1.0.0-alpha",
                             "v1.0.0-alpha.1",
                             "v1.0.0-alpha.beta",
                             "v1.0.0-beta",
                             "v1.0.0-beta.2",
                             "v1.0.0-beta.11",
                             "v1.0.0-rc.1",
                             "v1",
                             "v1.0.1",
                             "v1.2.0",
                             "v1.10.0",
                             "v2.0.0+incompatible",
                             "v20230101.0.0+incompatible",
                             "v99999999999999999999.0.0"};
  for (std::size_t i = 0; i < std::size(ascending); ++i)
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      const int expected = i < j ? -1 : static_cast<int>(i > j);
      CHECK(compare_versions(ascending[i], ascending[j]) == expected);
    }
  CHECK(compare_versions("v1.0.0+a", "v1.0.0+b") == 0);
  CHECK(compare_versions("x", "y") == 0);
}

TEST_CASE("semver: pseudo-versions follow commits") {
  for (const char* text : {"v0.0.0-20191109021931-daa7c04131f5", "v1.2.4-0.20191109021931-daa7c04131f5",
                           "v2.0.1-0.20191109021931-daa7c04131f5+incompatible",
                           "v1.2.3-pre.0.20191109021931-daa7c04131f5", "v1.2.3-a-b.0.20191109021931-X"}) {
    INFO(text);
    CHECK(is_pseudo_version(text));
    CHECK(pseudo_version_time(text) == SysTime(std::chrono::seconds(1573265971)));
    CHECK_FALSE(version_order(text));
  }
  for (const char* text :
       {"v1.2.3", "v1.2.3-20191109021931-daa7c04131f5", "v0.1.0-20191109021931-daa7c04131f5",
        "v1.2.4-1.20191109021931-daa7c04131f5", "v1.2.4-0.2019110902193-daa7c04131f5", "v1.2.4-0.20191109021931",
        "v1.2.4-x0.20191109021931-abc", "v0.0.0-20191109021931-a.b", "v0.0.0--x"}) {
    INFO(text);
    CHECK(!is_pseudo_version(text));
  }
  // Digits that are no date: still a pseudo-version, without a time.
  CHECK(is_pseudo_version("v0.0.0-00000000000000-000000000000"));
  CHECK_FALSE(pseudo_version_time("v0.0.0-00000000000000-000000000000"));
  CHECK_FALSE(pseudo_version_time("v0.0.0-20190230000000-000000000000"));
  CHECK_FALSE(pseudo_version_time("v0.0.0-20190228240000-000000000000"));
  CHECK_FALSE(pseudo_version_time("v0.0.0-99990228000000-000000000000"));
}

TEST_CASE("semver: the order as a number never contradicts the comparison") {
  const char* texts[] = {"v0.0.0",
                         "v0.0.1",
                         "v0.1.0",
                         "v1.0.0-rc1",
                         "v1.0.0-rc2",
                         "v1.0.0",
                         "v1.0.20261231",
                         "v1.0.99999999",
                         "v1.33554431.33554431",
                         "v1.33554432.0",
                         "v1.33554433.5",
                         "v2.0.0",
                         "v4095.0.0",
                         "v4096.0.0",
                         "v20230101.1.0+incompatible",
                         "v18446744073709551616.0.0"};
  for (const char* a : texts)
    for (const char* b : texts) {
      REQUIRE(version_order(a));
      if (compare_versions(a, b) < 0) CHECK(*version_order(a) <= *version_order(b));
    }
  CHECK(*version_order("v1.0.0-rc1") == *version_order("v1.0.0-rc2"));
  CHECK(*version_order("v1.0.0-rc2") < *version_order("v1.0.0"));
  CHECK(*version_order("v1.0.20261230") < *version_order("v1.0.20261231"));
  CHECK(*version_order("v18446744073709551616.0.0") > 0);
  CHECK_FALSE(version_order("1.0.0"));
}

TEST_CASE("semver: the newest is a release if there is one") {
  CHECK(newest_version({"v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0-rc1"}) == "v1.10.0");
  CHECK(newest_version({"v1.0.0-rc1", "v1.0.0-rc2", "v0.9.0-zz"}) == "v1.0.0-rc2");
  CHECK(newest_version({"junk", "v0.0.0-20191109021931-daa7c04131f5"}) == std::nullopt);
  CHECK(newest_version({}) == std::nullopt);
  CHECK(newest_version({"v1.0.0+b", "v1.0.0+a"}) == "v1.0.0+b");
}

TEST_CASE("version list: junk is passed over as the go command does") {
  const VersionList list = listed(
      "v1.0.0\r\n\n  v1.2.0 2020-01-01T00:00:00Z\nnot found: "
      "module\nv1.3\nv1.4.0+meta\nv1.2.0\nlatest\n\tv0.9.0-rc.1\t\n"
      "v0.0.0-20191109021931-daa7c04131f5\nv0.0.0-20201109021931-daa7c04131f5\nv0.0.0-20181109021931-daa7c04131f5\nv2."
      "0.0");
  CHECK(list.versions == std::vector<std::string>{"v1.0.0", "v1.2.0", "v1.2.0", "v0.9.0-rc.1", "v2.0.0"});
  CHECK(list.latest_commit == "v0.0.0-20201109021931-daa7c04131f5");
  CHECK(list.junk == 4);
  CHECK(list.has_version("v2.0.0"));
  CHECK_FALSE(list.has_version("v1.3"));
  CHECK(listed("").versions.empty());
  CHECK(listed("\n\n\n").junk == 0);
}

TEST_CASE("version list: what is too much is refused") {
  std::string many;
  for (std::size_t i = 0; i <= kMaxListedVersions; ++i) many += "v1.0." + std::to_string(i) + "\n";
  CHECK(std::get<VersionListTrouble>(read_version_list(many)) == VersionListTrouble::too_many);
  CHECK(std::holds_alternative<VersionListTrouble>(read_version_list(std::string(10'000'000, 'v'))));
  const std::string long_line = "v1.0.0-" + std::string(kMaxVersionLine, 'a');
  CHECK(std::get<VersionListTrouble>(read_version_list(long_line)) == VersionListTrouble::line_too_long);
  CHECK(listed("v1.0.0-" + std::string(kMaxVersionLine - 7, 'a')).versions.size() == 1);
}

TEST_CASE("version list: incompatible versions wait for the go.mod of the newest other") {
  CHECK(decides_incompatible(listed("v1.0.0\nv1.9.0-rc1\nv3.0.0+incompatible\n")) == "v1.9.0-rc1");
  CHECK_FALSE(decides_incompatible(listed("v3.0.0+incompatible\n")));
  CHECK_FALSE(decides_incompatible(listed("v1.0.0\nv1.9.0\n")));
  CHECK(only_compatible(listed("v1.0.0\nv3.0.0+incompatible\n")).versions == std::vector<std::string>{"v1.0.0"});
  CHECK(made_up_go_mod("rsc.io/quote") == "module rsc.io/quote\n");
}
