// Each answer in turn: is it the file, does gpgv vouch for it, is it of our suite, are its dates good.
#include "probes/apt_release.hpp"

#include "probes/digest.hpp"
#include "probes/evidence.hpp"
#include "probes/formats/clearsign.hpp"
#include "probes/formats/gpgv_status.hpp"
#include "probes/formats/html.hpp"
#include "probes/formats/packages.hpp"
#include "probes/formats/text.hpp"

namespace mw::apt {

namespace {

constexpr Duration kMaxFuture = std::chrono::seconds(10);       ///< apt's Acquire::Max-FutureTime
constexpr Duration kMaxTraceFuture = std::chrono::minutes(10);  ///< nobody checks the clocks that write traces

std::int64_t seconds_of(SysTime moment) {
  return std::chrono::duration_cast<std::chrono::seconds>(moment.time_since_epoch()).count();
}

/// Why there is no text file to look at.
std::optional<Failure> no_text(const std::string& name, const Got& got) {
  if (auto failure = no_answer(name, got)) return failure;
  if (got.reply.body.empty()) return Failure{Layer::content, Reason::empty, name + ": empty"};
  if (looks_like_html(got.reply.body)) return Failure{Layer::content, Reason::html, name + ": a web page instead"};
  return std::nullopt;
}

Command gpgv(const Pool& pool) {
  std::string keyring = option(pool, "keyring");
  // gpgv takes a bare name for one in its home directory.
  if (keyring.find('/') == std::string::npos) keyring.insert(0, "./");
  Command command;
  command.argv = {"gpgv", "--quiet", "--status-fd", "2", "--keyring", keyring};
  return command;
}

/// As apt compares them: the whole name, or what stands before its last slash ("stable/updates").
bool is_suite(const Release& release, const std::string& asked) {
  const auto named = [&release](const std::string& name) { return release.suite == name || release.codename == name; };
  const std::size_t slash = asked.rfind('/');
  return named(asked) || (slash != std::string::npos && named(asked.substr(0, slash)));
}

/// A Release that names neither cannot contradict us.
std::optional<Failure> wrong_suite(const Release& release, const std::string& asked) {
  if ((release.suite.empty() && release.codename.empty()) || is_suite(release, asked)) return std::nullopt;
  return Failure{Layer::integrity, Reason::wrong_object,
                 "Release: it is of suite \"" + release.suite + "\", codename \"" + release.codename + "\", not of \"" +
                     asked + "\""};
}

std::string date_key(const Target& target) { return "apt/date/" + option(*target.pool, "suite"); }

/// The newest Date this mirror was ever seen to serve.
std::optional<std::int64_t> newest_date(const Target& target) {
  const auto found = target.remembered->find(date_key(target));
  if (found == target.remembered->end()) return std::nullopt;
  const auto seconds = parse_decimal(found->second);
  if (!seconds) return std::nullopt;
  return static_cast<std::int64_t>(*seconds);
}

bool is_future(const Release& release, SysTime now) { return release.date > now + kMaxFuture; }

/// What every client sees comes before what only one that remembers does.
std::optional<Failure> bad_dates(const Release& release, const Target& target, SysTime now) {
  if (is_future(release, now)) return Failure{Layer::freshness, Reason::future, "Release: its Date is in the future"};
  if (release.valid_until && *release.valid_until < now)
    return Failure{Layer::freshness, Reason::metadata_expired, "Release: its Valid-Until has passed"};
  const auto newest = newest_date(target);
  const std::int64_t date = seconds_of(release.date);
  if (newest && date < *newest)
    return Failure{Layer::freshness, Reason::rollback,
                   "Release: its Date is " + std::to_string(*newest - date) + " s older than one served before"};
  return std::nullopt;
}

}  // namespace

bool is_missing(const Got& got) {
  const auto failure = no_answer("", got);
  return failure && failure->reason == Reason::not_found;
}

Url dists_url(const Target& target, const std::string& file) {
  return join(target.mirror->url, "dists/" + encode_path(option(*target.pool, "suite") + "/" + file));
}

std::optional<Failure> no_inrelease(const Got& got) {
  if (auto failure = no_text("InRelease", got)) return failure;
  const auto trouble = clearsign_trouble(got.reply.body);
  if (!trouble) return std::nullopt;
  if (std::holds_alternative<Release>(parse_release(got.reply.body)))
    return Failure{Layer::integrity, Reason::signature, "InRelease: a Release without its signature"};
  return Failure{Layer::content, Reason::parse, "InRelease: " + *trouble};
}

std::optional<Failure> no_release(const Got& got) { return no_text("Release", got); }

std::optional<Failure> no_signature(const Got& got) {
  if (is_missing(got))
    return Failure{Layer::integrity, Reason::signature, "Release: there is no InRelease and no Release.gpg beside it"};
  if (auto failure = no_text("Release.gpg", got)) return failure;
  if (const auto trouble = detached_trouble(got.reply.body))
    return Failure{Layer::integrity, Reason::signature, "Release.gpg: " + *trouble};
  return std::nullopt;
}

Command clearsigned_verification(const Pool& pool, std::string clearsigned) {
  Command command = gpgv(pool);
  command.argv.insert(command.argv.end(), {"--output", "-", "-"});
  command.input = std::move(clearsigned);
  return command;
}

Command detached_verification(const Pool& pool, std::string signature, const std::string& file) {
  Command command = gpgv(pool);
  command.argv.insert(command.argv.end(), {"-", file});
  command.input = std::move(signature);
  return command;
}

std::optional<Failure> not_verified(const std::string& name, const Ran& ran) {
  // That gpgv is missing, slow, killed or cannot read our own files says nothing about the mirror.
  const auto ours = [](std::string why) { return Failure{Layer::integrity, Reason::local_resource, std::move(why)}; };
  if (ran.failure) return ours("gpgv: " + ran.failure->detail);
  const SignatureVerdict verdict = judge_gpgv(ran.err);
  if (verdict.kind == SignatureVerdict::Kind::keyring) return ours(name + ": " + verdict.reason);
  if (ran.err.starts_with("gpgv: can't open signed data")) return ours("gpgv cannot read our copy of " + name);
  if (ran.exit_code < 0 || ran.exit_code > 2) return ours("gpgv ended with code " + std::to_string(ran.exit_code));
  if (verdict.kind == SignatureVerdict::Kind::bad)
    return Failure{Layer::integrity, Reason::signature, name + ": " + verdict.reason};
  return std::nullopt;
}

std::variant<Opened, Failure> read_release(std::string_view verified, const Target& target, SysTime now) {
  auto parsed = parse_release(verified);
  if (const auto* error = std::get_if<std::string>(&parsed))
    return Failure{Layer::content, Reason::parse, "Release: " + *error};
  Opened opened{std::get<Release>(std::move(parsed)), {}, {}};
  if (auto failure = wrong_suite(opened.release, option(*target.pool, "suite"))) return *failure;
  // Of the text: another signature on it, or a detached one, is not another version.
  opened.version = Version{sha256_hex(trim(verified)), seconds_of(opened.release.date), opened.release.date};
  opened.freshness = bad_dates(opened.release, target, now);
  return opened;
}

void take_in(Finding& finding, const Opened& opened, const Target& target) {
  finding.version = opened.version;
  finding.valid_until = opened.release.valid_until;
  finding.failure = opened.freshness;
  const std::int64_t newest = newest_date(target).value_or(0);
  const bool believed = !opened.freshness || opened.freshness->reason != Reason::future;
  const std::int64_t date = believed ? std::max(newest, *opened.version.order) : newest;
  if (date > 0) finding.remember[date_key(target)] = std::to_string(date);
}

std::optional<std::string> site_trace(const Mirror& mirror) {
  if (parse_address(mirror.url.host)) return std::nullopt;
  return mirror.url.host;
}

std::variant<Trace, Failure> read_trace(const std::string& name, const Got& got, SysTime now) {
  const std::string what = "trace/" + name;
  if (auto failure = no_text(what, got)) return *failure;
  auto parsed = parse_trace(got.reply.body);
  if (const auto* error = std::get_if<std::string>(&parsed))
    return Failure{Layer::content, Reason::parse, what + ": " + *error};
  const auto& trace = std::get<Trace>(parsed);
  if (trace.date > now + kMaxTraceFuture)
    return Failure{Layer::freshness, Reason::future, what + ": its date is in the future"};
  return trace;
}

FeedLook trace_look(const std::string& name, const std::variant<Trace, Failure>& read) {
  FeedLook look{"trace/" + name, std::nullopt, std::nullopt};
  if (const auto* failure = std::get_if<Failure>(&read)) {
    look.failure = *failure;
    return look;
  }
  const auto& trace = std::get<Trace>(read);
  const std::int64_t order = trace.serial.value_or(seconds_of(trace.date));
  look.version = Version{std::to_string(order), order, trace.date};
  return look;
}

std::optional<Failure> trace_trouble(SysTime release_date, const Trace& archive, const std::optional<Trace>& site) {
  if (release_date > archive.date)
    return Failure{Layer::freshness, Reason::half_synced,
                   "the Release is newer than the archive's trace: indexes were copied before the rest"};
  if (site && site->date < archive.date)
    return Failure{Layer::freshness, Reason::half_synced,
                   "the mirror's own trace is older than the archive's: its synchronisation has not ended"};
  return std::nullopt;
}

}  // namespace mw::apt
