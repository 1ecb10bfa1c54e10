// Go module proxies: the newest version of each module, and the files of a version against the checksum database.
// What the answers mean is in go_answers.hpp; here is what is asked, and in which order.
#include "probes/computed.hpp"
#include "probes/digest.hpp"
#include "probes/ecosystem.hpp"
#include "probes/evidence.hpp"
#include "probes/follow.hpp"
#include "probes/formats/semver.hpp"
#include "probes/go_answers.hpp"
#include "probes/sumdb.hpp"

namespace mw {

namespace {

// ---- asking a proxy ---------------------------------------------------------------------------------------------

Get get_of(const Target& target, const std::string& path, std::size_t limit) {
  Get get;
  get.url = join(target.mirror->url, path);
  get.body_limit = limit;
  // Servers of goproxy's kind then answer from what they have, and fetch nothing.
  if (option(*target.pool, "cached_only") == "header") get.headers.emplace_back("Disable-Module-Fetch", "true");
  return get;
}

Task<Got> ask(Net& net, Target target, std::string path, std::size_t limit) {
  Get get = get_of(target, path, limit);
  get.reuse = Reuse::body;
  return follow(net, target, std::move(get));
}

/// One file of a version, small enough for memory.
Task<Got> ask_file(Net& net, Target target, ModuleVersion module, std::string_view suffix) {
  const std::size_t limit = suffix == ".mod" ? kMaxModuleDocument : kMaxInfo;
  Get get = get_of(target, *proxy_path(module, suffix), limit);
  return follow(net, target, std::move(get));
}

struct Newest {
  Finding finding;
  std::variant<Version, Failure> version;
};

struct Listed {
  Finding finding;
  std::variant<VersionList, Failure> list;
};

/// The list, with "+incompatible" versions only if they count.
Task<Listed> read_list(Net& net, Target target, Finding finding, std::string module) {
  std::string path = *proxy_path(module, "@v/list");
  const Got got = co_await ask(net, target, std::move(path), kMaxVersionList);
  Listed listed{std::move(finding), listed_versions(module, got)};
  note(listed.finding, got);
  const auto* list = std::get_if<VersionList>(&listed.list);
  const auto decider = list == nullptr ? std::nullopt : decides_incompatible(*list);
  if (!decider) co_return listed;
  const ModuleVersion version{module, *decider};
  const Got go_mod = co_await ask_file(net, target, version, ".mod");
  note(listed.finding, go_mod);
  listed.list = settled_list(std::get<VersionList>(std::move(listed.list)), version, go_mod);
  co_return listed;
}

Task<Newest> find_newest(Net& net, Target target, Finding finding, std::string module) {
  Listed listed = co_await read_list(net, target, std::move(finding), module);
  Newest newest{std::move(listed.finding), {}};
  if (const auto* failure = std::get_if<Failure>(&listed.list)) {
    newest.version = *failure;
    co_return newest;
  }
  const VersionList list = std::get<VersionList>(std::move(listed.list));
  if (auto version = newest_listed(list)) {
    newest.version = std::move(*version);
    co_return newest;
  }
  std::string path = *proxy_path(module, "@latest");
  const Got got = co_await ask(net, target, std::move(path), kMaxInfo);
  note(newest.finding, got);
  newest.version = latest_of(module, list, got);
  co_return newest;
}

// ---- freshness --------------------------------------------------------------------------------------------------

void add_look(Finding& finding, const std::string& module, std::variant<Version, Failure> version) {
  FeedLook look{module, std::nullopt, std::nullopt};
  if (auto* failure = std::get_if<Failure>(&version)) {
    look.failure = *failure;
    if (!finding.failure) finding.failure = std::move(*failure);
  } else {
    look.version = std::get<Version>(std::move(version));
  }
  finding.feeds.push_back(std::move(look));
}

bool is_over(const Finding& finding) {
  const FeedLook& last = finding.feeds.back();
  return last.failure && ends_the_look(*last.failure);
}

Task<Finding> look_at_modules(Net& net, Target target, std::vector<std::string> modules) {
  Finding finding;
  for (const std::string& module : modules) {
    if (!finding.feeds.empty() && is_over(finding)) {
      add_look(finding, module, *finding.feeds.back().failure);
      continue;
    }
    Newest newest = co_await find_newest(net, target, std::move(finding), module);
    finding = std::move(newest.finding);
    add_look(finding, module, std::move(newest.version));
  }
  co_return finding;
}

std::string support_key(const NamedSumDatabase& named) { return feed_name(named.key) + "/supported"; }

/// Whether the integrity check saw that the mirror has this database.
bool has_sums(const Target& target, const GoOptions& options) {
  return options.sumdb && target.remembered->contains(support_key(*options.sumdb));
}

/// The go command never asks for the head itself: that it cannot be read is no failure of the mirror's, what it
/// shows can be one.
Task<Finding> add_head(Net& net, Target target, Finding finding, NamedSumDatabase named) {
  SumDatabase database = through(target.mirror->url, named);
  SumsChecked checked = co_await look_at_head(net, target, std::move(database));
  if (checked.failure && checked.failure->layer < Layer::freshness) checked.failure.reset();
  take_in(finding, checked);
  co_return finding;
}

Finding failed(Failure failure) {
  Finding finding;
  finding.failure = std::move(failure);
  return finding;
}

Task<Finding> freshness(Net& net, Target target) {
  const auto options = go_options(*target.pool);
  if (const auto* failure = std::get_if<Failure>(&options)) co_return failed(*failure);
  auto modules = go_modules(*target.pool, target.round);
  if (const auto* failure = std::get_if<Failure>(&modules)) co_return failed(*failure);
  std::vector<std::string> names = std::get<std::vector<std::string>>(std::move(modules));
  Finding finding = co_await look_at_modules(net, target, std::move(names));
  const auto& chosen = std::get<GoOptions>(options);
  if (is_over(finding) || !has_sums(target, chosen)) co_return finding;
  NamedSumDatabase named = *chosen.sumdb;
  co_return co_await add_head(net, target, std::move(finding), std::move(named));
}

// ---- integrity --------------------------------------------------------------------------------------------------

/// Where one run of the check compares hashes.
struct Comparison {
  GoOptions options;
  std::optional<SumDatabase> database;
  SumsRoute route = SumsRoute::direct;
};

struct Prepared {
  Finding finding;
  Comparison comparison;
};

/// The references' copies of the log: for tiles that a mirror which is behind need not have.
std::vector<Url> sums_elsewhere(const Target& target, const NamedSumDatabase& named) {
  std::vector<Url> bases;
  for (const Mirror& one : target.pool->mirrors)
    if (one.reference && one.url != target.mirror->url) bases.push_back(through(one.url, named).base);
  return bases;
}

SumDatabase database_at(const Target& target, const NamedSumDatabase& named, SumsRoute route) {
  SumDatabase database = route == SumsRoute::mirror ? through(target.mirror->url, named) : direct(named);
  if (route == SumsRoute::mirror) database.elsewhere = sums_elsewhere(target, named);
  database.cache = std::make_shared<TileBytes>();
  return database;
}

/// As the go command: a mirror that says it has the database is the only one asked.
Task<Prepared> prepare(Net& net, Target target, GoOptions options) {
  Prepared prepared{{}, {std::move(options), std::nullopt}};
  const auto named = prepared.comparison.options.sumdb;
  if (!named) co_return prepared;
  std::variant<SumsRoute, Failure> route = SumsRoute::direct;
  if (!prepared.comparison.options.sumdb_at_url) {
    std::string path = feed_name(named->key) + "/supported";
    const Got got = co_await ask(net, target, std::move(path), kMaxInfo);
    note(prepared.finding, got);
    route = sums_route(got);
  }
  if (const auto* failure = std::get_if<Failure>(&route)) {
    prepared.finding.failure = *failure;
    co_return prepared;
  }
  prepared.comparison.route = std::get<SumsRoute>(route);
  prepared.comparison.database = database_at(target, *named, prepared.comparison.route);
  if (prepared.comparison.route == SumsRoute::mirror) prepared.finding.remember[support_key(*named)] = "yes";
  co_return prepared;
}

Task<std::variant<ModuleZip, ZipFault>> read_zip(Net& net, std::shared_ptr<Spool> spool, ModuleVersion module) {
  const std::size_t size = spool->size();
  std::function<std::variant<ModuleZip, ZipFault>()> work = [spool = std::move(spool), module = std::move(module)] {
    return read_module_zip(spool->file(), module);
  };
  return computed(net, size, std::move(work));
}

/// One version, as far as it has been looked at.
struct Examined {
  Finding finding;
  ModuleVersion module;
  GoHashes hashes;
  std::string go_mod_sha256;
};

Task<Examined> examine_documents(Net& net, Target target, Finding finding, ModuleVersion module) {
  Examined examined{std::move(finding), module, {}, {}};
  const Got info = co_await ask_file(net, target, module, ".info");
  note(examined.finding, info);
  examined.finding.failure = bad_info(module, info);
  if (examined.finding.failure) co_return examined;
  const Got go_mod = co_await ask_file(net, target, module, ".mod");
  note(examined.finding, go_mod);
  auto hash = hash_of_go_mod(module, go_mod);
  if (const auto* failure = std::get_if<Failure>(&hash)) {
    examined.finding.failure = *failure;
  } else {
    examined.hashes.go_mod = std::get<std::string>(std::move(hash));
    examined.go_mod_sha256 = sha256_hex(go_mod.reply.body);
  }
  co_return examined;
}

/// What the zip is, against what was pinned and against the .mod beside it.
std::optional<Failure> judge_zip(Examined& examined, const std::variant<ModuleZip, ZipFault>& read) {
  if (const auto* fault = std::get_if<ZipFault>(&read)) return zip_failure(examined.module, *fault);
  const auto& zip = std::get<ModuleZip>(read);
  examined.hashes.zip = zip.h1;
  if (zip.go_mod_sha256.empty() || zip.go_mod_sha256 == examined.go_mod_sha256) return std::nullopt;
  return Failure{Layer::integrity, Reason::checksum,
                 shown(examined.module) + ": its .mod is not the go.mod in its .zip"};
}

std::optional<Failure> not_pinned(const ModuleVersion& module, const std::string& pinned, const Got& got) {
  const Promised promised{shown(module) + ".zip", std::nullopt, pinned};
  return pinned.empty() ? std::nullopt : broken_promise(promised, got);
}

/// Without its body only if the mirror says that it is still the file that was read before.
Task<Got> fetch_zip(Net& net, Target target, ModuleVersion module, bool is_known) {
  const auto limit = std::get<GoOptions>(go_options(*target.pool)).max_zip;
  Get get = get_of(target, *proxy_path(module, ".zip"), limit);
  get.decode = false;
  get.spool = true;
  get.reuse = is_known ? Reuse::digest : Reuse::body;
  return follow(net, target, std::move(get));
}

Task<Examined> examine_zip(Net& net, Target target, Examined examined, std::string pinned) {
  const auto known = recall_zip(target, examined.module);
  Got got = co_await fetch_zip(net, target, examined.module, known.has_value());
  note(examined.finding, got);
  const bool other = got.reply.not_modified && got.reply.sha256 != known->sha256;
  if (other) {
    got = co_await fetch_zip(net, target, examined.module, false);
    note(examined.finding, got);
  }
  examined.finding.failure = no_zip(examined.module, got);
  if (!examined.finding.failure) examined.finding.failure = not_pinned(examined.module, pinned, got);
  if (examined.finding.failure) co_return examined;
  std::variant<ModuleZip, ZipFault> read;
  if (got.reply.not_modified)
    read = known->zip;
  else
    read = co_await read_zip(net, got.reply.spool, examined.module);
  examined.finding.failure = judge_zip(examined, read);
  if (!examined.finding.failure)
    remember_zip(examined.finding, examined.module, {std::get<ModuleZip>(read), got.reply.sha256});
  co_return examined;
}

Task<Finding> compare_sums(Net& net, Target target, Examined examined, Comparison comparison) {
  Finding finding = std::move(examined.finding);
  Target wiser = knowing(target, finding.remember);
  SumDatabase database = *comparison.database;
  SumsChecked checked = co_await check_sums(net, std::move(wiser), std::move(database), examined.module);
  if (checked.failure && comparison.route == SumsRoute::direct) checked.failure = of_database(*checked.failure);
  take_in(finding, checked);
  if (checked.sums) finding.failure = other_hashes(examined.module, examined.hashes, *checked.sums);
  co_return finding;
}

struct Chosen {
  Finding finding;
  std::optional<ModuleVersion> module;  ///< nothing: the finding says why
};

Task<Chosen> choose_version(Net& net, Target target, Finding finding, GoCanary canary) {
  Chosen chosen{std::move(finding), ModuleVersion{canary.module, canary.version}};
  if (!canary.version.empty()) co_return chosen;
  Newest newest = co_await find_newest(net, target, std::move(chosen.finding), canary.module);
  chosen = {std::move(newest.finding), std::nullopt};
  if (const auto* failure = std::get_if<Failure>(&newest.version))
    chosen.finding.failure = *failure;
  else
    chosen.module = ModuleVersion{canary.module, std::get<Version>(newest.version).id};
  co_return chosen;
}

Task<Examined> examine(Net& net, Target target, Finding finding, GoCanary canary) {
  Chosen chosen = co_await choose_version(net, target, std::move(finding), canary);
  Examined examined{std::move(chosen.finding), {}, {}, {}};
  if (!chosen.module) co_return examined;
  examined = co_await examine_documents(net, target, std::move(examined.finding), *chosen.module);
  if (examined.finding.failure || option(*target.pool, "verify_zip") == "false") co_return examined;
  co_return co_await examine_zip(net, target, std::move(examined), canary.sha256);
}

Task<Finding> verify(Net& net, Target target, Prepared prepared, GoCanary canary) {
  Examined examined = co_await examine(net, target, std::move(prepared.finding), std::move(canary));
  for (Artefact& one : artefacts_of(examined.module, examined.hashes))
    examined.finding.artefacts.push_back(std::move(one));
  if (examined.finding.failure || !prepared.comparison.database) co_return std::move(examined.finding);
  co_return co_await compare_sums(net, target, std::move(examined), std::move(prepared.comparison));
}

Task<Finding> integrity(Net& net, Target target) {
  const auto options = go_options(*target.pool);
  if (const auto* failure = std::get_if<Failure>(&options)) co_return failed(*failure);
  const auto read = go_canaries(*target.pool);
  if (const auto* failure = std::get_if<Failure>(&read)) co_return failed(*failure);
  const std::vector<GoCanary> canaries = std::get<std::vector<GoCanary>>(read);
  GoOptions chosen = std::get<GoOptions>(options);
  Prepared prepared = co_await prepare(net, target, std::move(chosen));
  for (const GoCanary& canary : canaries) {
    if (prepared.finding.failure) break;
    prepared.finding = co_await verify(net, target, prepared, canary);
  }
  co_return std::move(prepared.finding);
}

/// What the mirror does not have is asked of its origin; an error of the mirror ends the command (`,`, not `|`).
std::string client_line(const Pool&, const Mirror& mirror) { return "GOPROXY=" + mirror.url.str() + ",direct"; }

}  // namespace

const Ecosystem& go_ecosystem() {
  static const Ecosystem ecosystem = {
      .name = "go",
      .doc =
          "Go module proxies (GOPROXY). Fresh by the newest version of each canary and sample; whole when a canary's "
          ".info, .mod and .zip are what they should be and the checksum database has the same hashes.",
      .canary_doc =
          "a module path, for the newest version that the mirror lists, or module@version for that one; choose small "
          "ones, their zips are downloaded",
      .options = {{"sumdb", "sum.golang.org", false,
                   "The checksum database, as in GOSUMDB: a name, a key, either with a URL; \"off\" for modules that "
                   "it does not know."},
                  {"verify_zip", "true", false, "Whether to download and hash the zips: \"true\" or \"false\"."},
                  {"max_zip_bytes", "524288000", false, "The largest zip to download."},
                  {"cached_only", "no", false,
                   "\"header\" sends Disable-Module-Fetch: true, so that a proxy of goproxy's kind answers only from "
                   "what it has; \"no\" lets it fetch."}},
      .client_line = &client_line,
      .freshness = &freshness,
      .integrity = &integrity,
  };
  return ecosystem;
}

}  // namespace mw
