// gpgv's verdicts: canned status lines, then what the real gpgv says of real signatures.
#include "probes/formats/gpgv_status.hpp"

#include <catch2/catch.hpp>

#include "tests/support/real_gpgv.hpp"

using namespace mw;
using Kind = SignatureVerdict::Kind;

namespace {

const std::string kNew = "[GNUPG:] NEWSIG\n";
const std::string kGood = "[GNUPG:] GOODSIG AAAA Lab archive <archive@example.org>\n";
const std::string kValid = "[GNUPG:] VALIDSIG F1 2025-01-01 1735689600 0 4 0 1 8 01 F2\n";
const std::string kExpired = "[GNUPG:] EXPKEYSIG BBBB Lab retired\n[GNUPG:] VALIDSIG F3 2020-01-01 1 0 4 0 1 8 01 F3\n";
const std::string kUnknown = "[GNUPG:] ERRSIG CCCC 22 8 01 1735689600 9 F4\n[GNUPG:] NO_PUBKEY CCCC\n";

/// What gpgv writes to stderr when run as the apt ecosystem runs it.
std::string real_gpgv(const std::string& keyring, const std::string& file) {
  const std::string folder = MW_SOURCE_DIR "/tests/fixtures/apt/";
  Command command;
  command.argv = {"gpgv", "--quiet", "--status-fd", "2", "--keyring", folder + keyring, "--output", "-", "-"};
  return run_gpgv(command, folder + file).err;
}

}  // namespace

TEST_CASE("a signature needs both GOODSIG and VALIDSIG") {
  const SignatureVerdict good = judge_gpgv(kNew + kGood + kValid);
  CHECK(good.kind == Kind::good);
  CHECK(good.fingerprint == "F2");
  CHECK(judge_gpgv(kNew + kGood).kind == Kind::bad);
  CHECK(judge_gpgv(kNew + kValid).kind == Kind::bad);
  CHECK(judge_gpgv("").kind == Kind::bad);
  CHECK(judge_gpgv("").reason == "there is no signature");
  CHECK(judge_gpgv(kNew + kGood + kNew + kValid).kind == Kind::bad);
}

TEST_CASE("what spoils a signature is named") {
  const std::pair<std::string, const char*> rows[] = {
      {kExpired, "signed by expired key BBBB"},
      {"[GNUPG:] REVKEYSIG DDDD x\n" + kValid, "signed by revoked key DDDD"},
      {"[GNUPG:] EXPSIG AAAA x\n" + kValid, "the signature is expired"},
      {"[GNUPG:] BADSIG AAAA x\n", "the signature by key AAAA does not match the text"},
      {kUnknown, "signed by key CCCC, which is not in the keyring"},
      {"[GNUPG:] ERRSIG CCCC 22 8 01 1735689600 4 F4\n", "the signature by key CCCC cannot be checked"},
      {kGood + "[GNUPG:] VALIDSIG F1 2025-01-01 1 0 4 0 1 2 01 F2\n", "signed with a weak digest"},
      {kGood + kValid + "[GNUPG:] EXPSIG AAAA x\n", "the signature is expired"},
  };
  for (const auto& [status, reason] : rows) {
    INFO(status);
    CHECK(judge_gpgv(kNew + status).kind == Kind::bad);
    CHECK(judge_gpgv(kNew + status).reason == reason);
  }
}

TEST_CASE("one good signature is enough, unless another is forged") {
  CHECK(judge_gpgv(kNew + kUnknown + kNew + kGood + kValid).kind == Kind::good);
  CHECK(judge_gpgv(kNew + kGood + kValid + kNew + kUnknown).kind == Kind::good);
  CHECK(judge_gpgv(kNew + kExpired + kNew + kGood + kValid).kind == Kind::good);
  CHECK(judge_gpgv(kNew + kGood + kValid + kNew + "[GNUPG:] BADSIG CCCC x\n").kind == Kind::bad);
  CHECK(judge_gpgv(kNew + "[GNUPG:] BADSIG CCCC x\n" + kNew + kGood + kValid).kind == Kind::bad);
}

TEST_CASE("only status lines count") {
  CHECK(judge_gpgv("gpgv: " + kGood + kValid).kind == Kind::bad);
  CHECK(judge_gpgv(" " + kGood + kValid).kind == Kind::bad);
  CHECK(judge_gpgv("GOODSIG AAAA\nVALIDSIG F1\n").kind == Kind::bad);
}

TEST_CASE("the real gpgv is judged right") {
  struct Row {
    const char* file;
    Kind kind;
    const char* reason;
  };
  const Row rows[] = {
      {"good.InRelease", Kind::good, ""},
      {"two_keys.InRelease", Kind::good, ""},
      {"with_retired.InRelease", Kind::good, ""},
      {"forged.InRelease", Kind::bad, "does not match the text"},
      {"stranger.InRelease", Kind::bad, "not in the keyring"},
      {"expired_key.InRelease", Kind::bad, "signed by expired key"},
      {"expired_signature.InRelease", Kind::bad, "the signature is expired"},
      {"weak_digest.InRelease", Kind::bad, "weak digest"},
      {"Release", Kind::bad, "there is no signature"},
  };
  for (const Row& row : rows) {
    const std::string status = real_gpgv("keyring.gpg", row.file);
    INFO(row.file << "\n" << status);
    const SignatureVerdict verdict = judge_gpgv(status);
    CHECK(verdict.kind == row.kind);
    CHECK(verdict.reason.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("a keyring that the real gpgv cannot read is not the signature's fault") {
  CHECK(judge_gpgv(real_gpgv("absent.gpg", "good.InRelease")).kind == Kind::keyring);
  CHECK(judge_gpgv(real_gpgv("keyring.asc", "good.InRelease")).kind == Kind::keyring);
}
