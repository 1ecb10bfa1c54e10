// Clearsigned files: what is let through has one block, from the first byte to the last line.
#include "probes/formats/clearsign.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  if (!detached_trouble(text)) {
    must(size <= kMaxSignature && text.starts_with("-----BEGIN PGP SIGNATURE-----"));
    must(text.find("\n-----BEGIN") == std::string_view::npos);
  }
  if (clearsign_trouble(text)) return 0;
  constexpr std::string_view kBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
  constexpr std::string_view kEnd = "-----END PGP SIGNATURE-----";
  must(text.starts_with(kBegin));
  must(text.find("\n-----BEGIN PGP SIGNED") == std::string_view::npos);
  must(text.find_first_not_of(" \t\r\n", text.rfind(kEnd) + kEnd.size()) == std::string_view::npos);
  must(text.find(std::string_view("\0", 1)) == std::string_view::npos);
  return 0;
}
