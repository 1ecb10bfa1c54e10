// Replies to lookups: what is read is what was served, and hashes come from the asked module's two lines only.
#include "probes/formats/sumdb.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

void check_record(std::string_view record, const ModuleVersion& asked) {
  const auto read = read_record(record, asked);
  const auto* sums = std::get_if<Sums>(&read);
  if (sums == nullptr) return;
  const std::string start = asked.module + " " + asked.version;
  const std::string zip = start + " " + sums->zip + "\n";
  const std::string go_mod = start + "/go.mod " + sums->go_mod + "\n";
  must(record == zip + go_mod || record == go_mod + zip);
  must(speaks_of(record, asked));
}

/// The module version that the first line is about.
ModuleVersion first_of(std::string_view record) {
  const std::size_t blank = record.find(' ');
  if (blank == std::string_view::npos) return {"example.org/m", "v1.0.0"};
  const std::string_view rest = record.substr(blank + 1);
  return {std::string(record.substr(0, blank)), std::string(rest.substr(0, rest.find_first_of(" /\n")))};
}

void check_path(const ModuleVersion& one) {
  const auto path = lookup_path(one);
  if (!path) return;
  must(path->starts_with("lookup/") && path->find_first_of(" ?#%\\\n") == std::string::npos);
  must(path->find("//") == std::string::npos && path->find("/../") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view reply = as_text(data, size);
  (void)parse_sumdb(reply);
  const auto parsed = parse_lookup(reply);
  const auto* lookup = std::get_if<Lookup>(&parsed);
  if (lookup == nullptr) return 0;
  must(std::to_string(lookup->id) + "\n" + lookup->record + "\n" + lookup->note == reply);
  must(lookup->record.find("\n\n") == std::string::npos);
  const ModuleVersion one = first_of(lookup->record);
  check_record(lookup->record, one);
  check_path(one);
  return 0;
}
