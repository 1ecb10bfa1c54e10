// Module zips: whatever the bytes, an answer; and a hash only for an archive of this module whose members are whole.
#include "probes/formats/module_zip.hpp"
#include "probes/spool.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto spool = Spool::make();
  must(spool != nullptr && spool->append(as_text(data, size)) && spool->rewind());
  const auto read = read_module_zip(spool->file(), {"example.com/m", "v1.0.0"});
  if (const auto* fault = std::get_if<ZipFault>(&read)) {
    must(fault->trouble != ZipTrouble::unreadable && !name(fault->trouble).empty());
    return 0;
  }
  const auto& zip = std::get<ModuleZip>(read);
  must(zip.h1.size() == 47 && zip.h1.starts_with("h1:"));
  must(zip.files > 0 && zip.unpacked <= kMaxModuleZip);
  must(as_text(data, size).find("example.com/m@v1.0.0/") != std::string_view::npos);
  return 0;
}
