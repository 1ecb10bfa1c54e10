// gpgv verdicts: nothing is good without the words that make it so.
#include "probes/formats/gpgv_status.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const SignatureVerdict verdict = judge_gpgv(text);
  const bool good = verdict.kind == SignatureVerdict::Kind::good;
  must(good == verdict.reason.empty());
  must(good == !verdict.fingerprint.empty());
  if (good) {
    must(text.find("[GNUPG:] ") != std::string_view::npos);
    must(text.find("GOODSIG") != std::string_view::npos && text.find("VALIDSIG") != std::string_view::npos);
  }
  return 0;
}
