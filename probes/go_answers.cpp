// Answers of a module proxy, judged as the go command would.
#include "probes/go_answers.hpp"

#include <algorithm>
#include <sstream>

#include "probes/digest.hpp"
#include "probes/formats/dirhash.hpp"
#include "probes/formats/html.hpp"
#include "probes/formats/json.hpp"
#include "probes/formats/rfc3339.hpp"
#include "probes/formats/semver.hpp"
#include "probes/formats/text.hpp"

namespace mw {

namespace {

Failure content(Reason reason, std::string detail) { return {Layer::content, reason, std::move(detail)}; }

Failure misconfigured(std::string detail) { return content(Reason::local_resource, std::move(detail)); }

Failure bad_option(const std::string& key, const std::string& why) {
  return misconfigured("option " + key + " " + why);
}

/// Words of a closed set; the first is the default.
std::optional<bool> choice(const Pool& pool, const std::string& key, std::string_view no, std::string_view yes) {
  const std::string text = option(pool, key);
  if (text == yes) return true;
  if (text == no) return false;
  return std::nullopt;
}

std::optional<Failure> read_sumdb(const Pool& pool, GoOptions& options) {
  const std::string text = option(pool, "sumdb");
  if (text == "off") return std::nullopt;
  auto named = parse_sumdb(text);
  if (const auto* error = std::get_if<std::string>(&named)) return bad_option("sumdb", *error);
  options.sumdb = std::get<NamedSumDatabase>(std::move(named));
  std::string_view rest = text;
  take_word(rest);
  options.sumdb_at_url = !take_word(rest).empty();
  return std::nullopt;
}

std::variant<GoCanary, Failure> read_canary(const Canary& canary) {
  const std::size_t at = canary.name.find('@');
  GoCanary read{canary.name.substr(0, at), {}, canary.sha256};
  if (at != std::string::npos) read.version = canary.name.substr(at + 1);
  if (!is_module_path(read.module)) return misconfigured("canary " + canary.name + " is no module path");
  const bool fits = is_canonical_version(read.version) && version_fits(read.module, read.version);
  if (at != std::string::npos && !fits)
    return misconfigured("canary " + canary.name + " names no version that the module can have");
  return read;
}

/// A body that is text of the kind asked for, as far as one can see without reading it.
std::optional<Failure> no_text(const std::string& what, const Got& got) {
  if (auto failure = no_answer(what, got)) return failure;
  if (looks_like_html(got.reply.body)) return content(Reason::html, what + ": a web page instead");
  return std::nullopt;
}

std::optional<Failure> no_document(const std::string& what, const Got& got) {
  if (auto failure = no_text(what, got)) return failure;
  if (trim(got.reply.body).empty()) return content(Reason::empty, what + ": empty");
  return std::nullopt;
}

Failure bad_json(const std::string& what, JsonTrouble trouble) {
  const bool limit = trouble == JsonTrouble::too_deep || trouble == JsonTrouble::too_large;
  return content(limit ? Reason::content_limit : Reason::parse, what + ": " + std::string(name(trouble)));
}

/// What .info and @latest have in common.
struct Info {
  std::string version;
  std::optional<SysTime> time;
};

/// Nothing, when the proxy does not know; a zero date, as Go writes what it does not know, is the same.
std::variant<std::optional<SysTime>, Failure> read_time(const std::string& what, std::string_view body) {
  const auto text = json_at(body, "/Time");
  if (const auto* trouble = std::get_if<JsonTrouble>(&text)) {
    if (*trouble == JsonTrouble::absent) return std::nullopt;
    return bad_json(what, *trouble);
  }
  const std::string& date = std::get<std::string>(text);
  if (date == "null" || date == "0001-01-01T00:00:00Z") return std::nullopt;
  auto time = parse_rfc3339(date);
  if (!time) return content(Reason::parse, what + ": its Time is no date: " + printable(date, 64));
  return time;
}

std::variant<Info, Failure> read_info(const std::string& what, std::string_view body) {
  auto version = json_at(body, "/Version");
  if (const auto* trouble = std::get_if<JsonTrouble>(&version)) return bad_json(what, *trouble);
  auto time = read_time(what, body);
  if (const auto* failure = std::get_if<Failure>(&time)) return *failure;
  return Info{std::get<std::string>(std::move(version)), std::get<std::optional<SysTime>>(time)};
}

bool is_absent(const Got& got) {
  const auto failure = no_answer("", got);
  return failure && failure->layer == Layer::http && failure->reason == Reason::not_found;
}

/// What the beginning of a file is, its position left at the start.
std::string head_of(const Got& got) {
  std::string head(1024, '\0');
  std::FILE* file = got.reply.spool->file();
  head.resize(std::fread(head.data(), 1, head.size(), file));
  std::rewind(file);
  return head;
}

Reason reason_of(ZipTrouble trouble) {
  switch (trouble) {
    case ZipTrouble::unreadable:
      return Reason::local_resource;
    case ZipTrouble::too_many:
    case ZipTrouble::too_large:
    case ZipTrouble::bomb:
      return Reason::content_limit;
    case ZipTrouble::checksum:
      return Reason::checksum;
    case ZipTrouble::wrong_object:
      return Reason::wrong_object;
    case ZipTrouble::empty:
      return Reason::empty;
    default:
      return Reason::parse;
  }
}

Failure other_hash(const std::string& what, const std::string& served, const std::string& expected) {
  return {Layer::integrity, Reason::checksum,
          what + ": served is " + served + ", the checksum database has " + expected};
}

}  // namespace

std::variant<GoOptions, Failure> go_options(const Pool& pool) {
  GoOptions options;
  if (auto failure = read_sumdb(pool, options)) return *failure;
  const auto verify = choice(pool, "verify_zip", "false", "true");
  if (!verify) return bad_option("verify_zip", "is neither \"true\" nor \"false\"");
  const auto cached = choice(pool, "cached_only", "no", "header");
  if (!cached) return bad_option("cached_only", "is neither \"no\" nor \"header\"");
  const auto most = parse_decimal(option(pool, "max_zip_bytes"));
  if (!most || *most > kMaxModuleZip) return bad_option("max_zip_bytes", "is no number of bytes up to 524288000");
  options.verify_zip = *verify;
  options.cached_only = *cached;
  options.max_zip = *most;
  return options;
}

std::variant<std::vector<GoCanary>, Failure> go_canaries(const Pool& pool) {
  std::vector<GoCanary> canaries;
  for (const Canary& one : pool.canaries) {
    auto read = read_canary(one);
    if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
    canaries.push_back(std::get<GoCanary>(std::move(read)));
  }
  if (canaries.empty()) return misconfigured("the pool has no canaries: name a module or two");
  return canaries;
}

std::variant<std::vector<std::string>, Failure> go_modules(const Pool& pool, std::uint64_t round) {
  std::vector<std::string> names;
  for (const Canary& one : pool.canaries) names.push_back(one.name.substr(0, one.name.find('@')));
  for (std::string& one : sampled(pool, round)) names.push_back(std::move(one));
  std::vector<std::string> modules;
  for (const std::string& one : names) {
    if (!is_module_path(one)) return misconfigured(one + " is no module path");
    if (std::find(modules.begin(), modules.end(), one) == modules.end()) modules.push_back(one);
  }
  if (modules.empty()) return misconfigured("the pool has neither canaries nor samples: name a module or two");
  return modules;
}

bool ends_the_look(const Failure& failure) {
  return failure.layer < Layer::http || failure.reason == Reason::timeout || failure.reason == Reason::rate_limited ||
         failure.reason == Reason::local_resource;
}

std::variant<VersionList, Failure> listed_versions(const std::string& module, const Got& got) {
  const std::string what = module + "/@v/list";
  if (auto failure = no_text(what, got)) return *failure;
  auto read = read_version_list(got.reply.body);
  if (const auto* trouble = std::get_if<VersionListTrouble>(&read))
    return content(Reason::content_limit, what + ": " + std::string(name(*trouble)));
  auto& list = std::get<VersionList>(read);
  // Something among versions is passed over; nothing but something else is no list.
  if (list.junk > 0 && list.versions.empty() && list.latest_commit.empty())
    return content(Reason::parse, what + ": no line of it is a version");
  return std::move(list);
}

std::variant<VersionList, Failure> settled_list(VersionList list, const ModuleVersion& decider, const Got& go_mod) {
  if (auto failure = no_document(shown(decider) + ".mod", go_mod)) return *failure;
  const bool made_up = go_mod.reply.body == made_up_go_mod(decider.module);
  return made_up ? std::move(list) : only_compatible(std::move(list));
}

std::optional<Version> newest_listed(const VersionList& list) {
  const auto newest = newest_version(list.versions);
  if (!newest) return std::nullopt;
  return Version{*newest, version_order(*newest), std::nullopt};
}

std::variant<Version, Failure> latest_of(const std::string& module, const VersionList& list, const Got& got) {
  const std::string what = module + "/@latest";
  if (is_absent(got)) {
    if (list.latest_commit.empty()) return content(Reason::empty, module + ": no versions, and no @latest");
    return Version{list.latest_commit, std::nullopt, pseudo_version_time(list.latest_commit)};
  }
  if (auto failure = no_document(what, got)) return *failure;
  const auto read = read_info(what, got.reply.body);
  if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
  const Info& info = std::get<Info>(read);
  if (!is_canonical_version(info.version))
    return content(Reason::parse, what + ": its Version is none: " + printable(info.version, 64));
  return Version{info.version, version_order(info.version), info.time ? info.time : pseudo_version_time(info.version)};
}

std::optional<Failure> bad_info(const ModuleVersion& module, const Got& got) {
  const std::string what = shown(module) + ".info";
  if (auto failure = no_document(what, got)) return failure;
  const auto read = read_info(what, got.reply.body);
  if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
  const std::string& version = std::get<Info>(read).version;
  if (version == module.version) return std::nullopt;
  return Failure{Layer::integrity, Reason::wrong_object, what + ": is of version " + printable(version, 64)};
}

std::variant<std::string, Failure> hash_of_go_mod(const ModuleVersion& module, const Got& got) {
  if (auto failure = no_document(shown(module) + ".mod", got)) return *failure;
  return go_mod_hash(got.reply.body);
}

std::optional<Failure> no_zip(const ModuleVersion& module, const Got& got) {
  const std::string what = shown(module) + ".zip";
  if (is_absent(got))
    return Failure{Layer::integrity, Reason::missing_artifact, what + ": its version is there, but it is not served"};
  if (auto failure = no_answer(what, got)) return failure;
  if (got.reply.not_modified) return std::nullopt;  // read when it came
  if (!got.reply.spool) return Failure{Layer::content, Reason::local_resource, what + ": not kept"};
  if (got.reply.body_bytes == 0) return content(Reason::empty, what + ": empty");
  if (looks_like_html(head_of(got))) return content(Reason::html, what + ": a web page instead");
  return std::nullopt;
}

void remember_zip(Finding& finding, const ModuleVersion& module, const KnownZip& known) {
  const std::string go_mod = known.zip.go_mod_sha256.empty() ? "-" : known.zip.go_mod_sha256;
  finding.remember["go/zip/" + module.module] = module.version + ' ' + known.sha256 + ' ' + known.zip.h1 + ' ' + go_mod;
}

std::optional<KnownZip> recall_zip(const Target& target, const ModuleVersion& module) {
  const auto found = target.remembered->find("go/zip/" + module.module);
  if (found == target.remembered->end()) return std::nullopt;
  std::istringstream words(found->second);
  std::string version;
  KnownZip known;
  words >> version >> known.sha256 >> known.zip.h1 >> known.zip.go_mod_sha256;
  if (!words || version != module.version) return std::nullopt;
  if (known.zip.go_mod_sha256 == "-") known.zip.go_mod_sha256.clear();
  return known;
}

Failure zip_failure(const ModuleVersion& module, const ZipFault& fault) {
  const Reason reason = reason_of(fault.trouble);
  const bool integrity = reason == Reason::checksum || reason == Reason::wrong_object;
  std::string detail = shown(module) + ".zip: " + std::string(name(fault.trouble)) + ": " + printable(fault.what, 128);
  return {integrity ? Layer::integrity : Layer::content, reason, std::move(detail)};
}

std::vector<Artefact> artefacts_of(const ModuleVersion& module, const GoHashes& hashes) {
  std::vector<Artefact> artefacts;
  if (!hashes.zip.empty()) artefacts.push_back({shown(module), hashes.zip});
  if (!hashes.go_mod.empty()) artefacts.push_back({shown(module) + "/go.mod", hashes.go_mod});
  return artefacts;
}

std::optional<Failure> other_hashes(const ModuleVersion& module, const GoHashes& hashes, const Sums& sums) {
  if (!hashes.go_mod.empty() && hashes.go_mod != sums.go_mod)
    return other_hash(shown(module) + "/go.mod", hashes.go_mod, sums.go_mod);
  if (!hashes.zip.empty() && hashes.zip != sums.zip) return other_hash(shown(module), hashes.zip, sums.zip);
  return std::nullopt;
}

std::variant<SumsRoute, Failure> sums_route(const Got& supported) {
  if (is_absent(supported)) return SumsRoute::direct;
  if (auto failure = no_answer("sumdb/…/supported", supported)) return *failure;
  return SumsRoute::mirror;
}

Failure of_database(Failure failure) {
  failure.detail = "the checksum database: " + failure.detail;
  if (failure.layer < Layer::freshness) failure.reason = Reason::local_resource;
  return failure;
}

}  // namespace mw
