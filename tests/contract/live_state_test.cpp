// The state file for real: what was saved is there, what is damaged is put aside, and only one process has it.
#include "probes/live_state.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

using namespace mw;

namespace {

struct Directory {
  std::string path;
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "mw-state-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string database() const { return path + "/state.db"; }
};

std::shared_ptr<StateFile> opened(const std::string& directory) {
  auto result = open_state(directory);
  if (auto* why = std::get_if<std::string>(&result)) FAIL(*why);
  return std::get<StateOpened>(result).file;
}

const Record kRecord{"sighting", "p", "m", "", std::string("3:a\0c,", 6)};

void overwrite(const std::string& path, std::size_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file << bytes;
}

}  // namespace

TEST_CASE("what was saved is there when it is opened again") {
  const Directory directory;
  {
    const auto state = opened(directory.path + "/made/when/missing");
    CHECK(state->load().empty());
    CHECK_FALSE(state->save({kRecord, {"x", "", "", "", "gone"}}));
    CHECK_FALSE(state->save({{"x", "", "", "", std::nullopt}}));
  }
  const auto records = opened(directory.path + "/made/when/missing")->load();
  REQUIRE(records.size() == 1);
  CHECK(records[0] == kRecord);
}

TEST_CASE("a second process is refused, and told what to do") {
  const Directory directory;
  const auto first = opened(directory.path);
  const auto second = open_state(directory.path);
  REQUIRE(std::holds_alternative<std::string>(second));
  CHECK(std::get<std::string>(second).find("in use by another process") != std::string::npos);
}

TEST_CASE("a damaged file is put aside, not lost, and not believed") {
  const std::string nothing;
  const std::string damages[] = {"", std::string(4096, 'x'), std::string(100, '\0'), "SQLite format 3"};
  for (const std::string& damage : damages) {
    const Directory directory;
    std::ofstream(directory.database(), std::ios::binary) << damage;
    auto result = open_state(directory.path);
    REQUIRE(std::holds_alternative<StateOpened>(result));
    auto& state = std::get<StateOpened>(result);
    CHECK(state.file->load().empty());
    CHECK_FALSE(state.file->save({kRecord}));
    CHECK(state.moved_aside.empty() == damage.empty());
    if (!state.moved_aside.empty()) CHECK(std::filesystem::exists(state.moved_aside));
  }
}

TEST_CASE("flipped bytes anywhere neither crash nor block the start") {
  const Directory directory;
  { opened(directory.path)->save({kRecord}); }
  const std::size_t size = std::filesystem::file_size(directory.database());
  for (std::size_t at = 0; at < size; at += 61) {
    const Directory copy;
    std::filesystem::copy_file(directory.database(), copy.database());
    overwrite(copy.database(), at, "\xff\xfe\xfd");
    auto result = open_state(copy.path);
    if (auto* state = std::get_if<StateOpened>(&result)) {
      state->file->load();
      state->file->save({kRecord});
    } else {
      CHECK(std::get<std::string>(result).find("newer") != std::string::npos);
    }
  }
}

TEST_CASE("a directory that cannot be written is an error that says so") {
  const auto result = open_state("/proc/mirrorwarden");
  REQUIRE(std::holds_alternative<std::string>(result));
  CHECK(std::get<std::string>(result).find("must be writable") != std::string::npos);
}

TEST_CASE("a save that finds no room says why and leaves the file whole") {
  const Directory directory;
  const auto state = opened(directory.path);
  REQUIRE_FALSE(state->save({kRecord}));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 64 * 1024;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  std::vector<Record> many;
  for (int i = 0; i < 500; ++i) many.push_back({"k", "p", std::to_string(i), "", std::string(1000, 'x')});
  const auto trouble = state->save(many);
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE(trouble);
  CHECK(state->load() == std::vector<Record>{kRecord});
  CHECK_FALSE(state->save(many));
  CHECK(state->load().size() == 501);
}
