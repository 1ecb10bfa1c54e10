// Runs a fuzz target over the files of its corpus, and over every prefix of the small ones, without a fuzzer: so that
// what was found once is tested for ever. Usage: NAME_replay CORPUS_FOLDER. An empty folder is a failure.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kPrefixesUpTo = 1024;

/// A copy of exactly that size, so that the address sanitizer sees one byte too far.
void run_exactly(const std::vector<char>& bytes, std::size_t size) {
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

bool replay(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  run_exactly(bytes, bytes.size());
  if (bytes.size() > kPrefixesUpTo) return true;
  for (std::size_t size = 0; size < bytes.size(); ++size) run_exactly(bytes, size);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  int files = 0;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], trouble)) {
    if (!entry.is_regular_file()) continue;
    if (!replay(entry.path())) {
      std::fprintf(stderr, "cannot read %s\n", entry.path().c_str());
      return 1;
    }
    ++files;
  }
  std::printf("%d files replayed\n", files);
  return files == 0 ? 1 : 0;
}
