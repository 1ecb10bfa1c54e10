// apt archives: the Release, its signature and dates; the Packages index it lists; the packages that lists; all asked
// for in the order in which apt asks. What the answers mean is said in probes/apt_release.* and probes/apt_index.*.
#include <unistd.h>

#include <algorithm>

#include "probes/apt_index.hpp"
#include "probes/apt_memory.hpp"
#include "probes/apt_release.hpp"
#include "probes/computed.hpp"
#include "probes/ecosystem.hpp"
#include "probes/evidence.hpp"
#include "probes/formats/clearsign.hpp"

namespace mw {

namespace {

using namespace apt;

// ---- the Release -----------------------------------------------------------------------------------------------

/// What has been asked so far, and the Release once it is verified and read, however bad its dates.
struct Top {
  Finding finding;
  std::optional<Opened> opened;
  Url asked;           ///< the file that was read, InRelease or Release
  Url url;             ///< where it came from in the end
  std::string digest;  ///< of the file as served
};

Top failed(Top top, Failure failure) {
  top.finding.failure = std::move(failure);
  return top;
}

Task<Got> fetch_file(Net& net, Target target, Url url) {
  Get get = raw_get(std::move(url), kMaxRelease);
  get.reuse = Reuse::body;
  return follow(net, target, std::move(get));
}

void note_file(Top& top, Url asked, const Got& got) {
  note(top.finding, got);
  top.asked = std::move(asked);
  top.url = got.url;
  top.digest = got.reply.sha256;
}

Task<Top> read_verified(Net& net, Target target, Top top, std::string text) {
  const std::size_t bytes = text.size();
  const SysTime now = net.wall();
  std::function<std::variant<Opened, Failure>()> work = [text = std::move(text), target, now] {
    return read_release(text, target, now);
  };
  Task<std::variant<Opened, Failure>> reading = computed(net, bytes, std::move(work));
  auto read = co_await std::move(reading);
  if (const auto* failure = std::get_if<Failure>(&read)) co_return failed(std::move(top), *failure);
  top.opened = std::get<Opened>(std::move(read));
  take_in(top.finding, *top.opened, target);
  co_return top;
}

/// gpgv takes signed text from a file only. Ours has no name, but the process's own view of it has.
std::string path_of(const Spool& spool) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(::fileno(spool.file()));
}

Task<Ran> verify_detached(Net& net, Target target, std::string text, std::string signature) {
  Ran ran;
  const auto spool = Spool::make();
  if (!spool || !spool->append(text) || !spool->rewind()) {
    ran.failure = Failure{Layer::integrity, Reason::local_resource, "there is no room for a temporary file"};
    co_return ran;
  }
  Command command = detached_verification(*target.pool, std::move(signature), path_of(*spool));
  command.timeout = time_left(net, target);
  ran = co_await net.run(std::move(command));
  co_return ran;
}

/// An archive without InRelease: Release, and Release.gpg beside it. `missing` is what the InRelease came to.
Task<Top> open_detached(Net& net, Target target, Top top, Failure missing) {
  const Url url = dists_url(target, "Release");
  Got release = co_await fetch_file(net, target, url);
  note_file(top, url, release);
  if (is_missing(release)) co_return failed(std::move(top), std::move(missing));
  if (auto failure = no_release(release)) co_return failed(std::move(top), *failure);
  Get get = raw_get(dists_url(target, "Release.gpg"), kMaxSignature);
  Got signature = co_await follow(net, target, std::move(get));
  note(top.finding, signature);
  if (auto failure = no_signature(signature)) co_return failed(std::move(top), *failure);
  std::string text = release.reply.body;
  std::string armour = std::move(signature.reply.body);
  Task<Ran> verifying = verify_detached(net, target, std::move(text), std::move(armour));
  const Ran ran = co_await std::move(verifying);
  if (auto failure = not_verified("Release.gpg", ran)) co_return failed(std::move(top), *failure);
  std::string verified = std::move(release.reply.body);
  Task<Top> reading = read_verified(net, target, std::move(top), std::move(verified));
  co_return co_await std::move(reading);
}

Task<Top> open_release(Net& net, Target target) {
  Top top;
  const Url url = dists_url(target, "InRelease");
  Got got = co_await fetch_file(net, target, url);
  note_file(top, url, got);
  const auto failure = no_inrelease(got);
  if (failure && is_missing(got)) {
    Task<Top> opening = open_detached(net, target, std::move(top), *failure);
    co_return co_await std::move(opening);
  }
  if (failure) co_return failed(std::move(top), *failure);
  Command command = clearsigned_verification(*target.pool, std::move(got.reply.body));
  command.timeout = time_left(net, target);
  Ran ran = co_await net.run(std::move(command));
  if (auto trouble = not_verified("InRelease", ran)) co_return failed(std::move(top), *trouble);
  std::string text = std::move(ran.out);  // the text that counts as signed, and nothing else of what the mirror sent
  Task<Top> reading = read_verified(net, target, std::move(top), std::move(text));
  co_return co_await std::move(reading);
}

// ---- freshness -------------------------------------------------------------------------------------------------

Task<Got> fetch_trace(Net& net, Target target, std::string name) {
  Get get = raw_get(join(target.mirror->url, "project/trace/" + encode_path(name)), kMaxTrace);
  get.reuse = Reuse::body;
  return follow(net, target, std::move(get));
}

Task<Finding> with_traces(Net& net, Target target, Top top) {
  const std::string name = option(*target.pool, "trace");
  const Got got = co_await fetch_trace(net, target, name);
  top.finding.traffic += got.traffic;
  const auto archive = read_trace(name, got, net.wall());
  top.finding.feeds.push_back(trace_look(name, archive));
  const auto* trace = std::get_if<Trace>(&archive);
  if (trace == nullptr || top.finding.failure) co_return std::move(top.finding);
  std::optional<Trace> own;
  const auto site = site_trace(*target.mirror);
  if (site && *site != name) {
    const std::string site_name = *site;
    const Got beside = co_await fetch_trace(net, target, site_name);
    top.finding.traffic += beside.traffic;
    const auto read = read_trace(site_name, beside, net.wall());
    if (std::holds_alternative<Trace>(read)) own = std::get<Trace>(read);
  }
  top.finding.failure = trace_trouble(top.opened->release.date, *trace, own);
  co_return std::move(top.finding);
}

Task<Finding> freshness(Net& net, Target target) {
  Task<Top> opening = open_release(net, target);
  Top top = co_await std::move(opening);
  if (!top.opened || option(*target.pool, "trace").empty()) co_return std::move(top.finding);
  Task<Finding> looking = with_traces(net, target, std::move(top));
  co_return co_await std::move(looking);
}

// ---- integrity -------------------------------------------------------------------------------------------------

struct IndexLook {
  Finding finding;
  ServedIndex served;
  IndexReading reading;
  bool outright = false;  ///< this time nothing is taken from memory
};

/// What was read before and did not change need not travel again.
Task<Got> fetch_index(Net& net, Target target, Get get, std::string known_sha256) {
  Get outright = get;
  outright.reuse = Reuse::none;
  Got got = co_await follow(net, target, std::move(get));
  const bool other = got.reply.not_modified && got.reply.body.empty() && got.reply.sha256 != known_sha256;
  if (!other) co_return got;
  Got whole = co_await follow(net, target, std::move(outright));
  whole.traffic += got.traffic;
  co_return whole;
}

Task<IndexLook> read_served(Net& net, IndexLook look) {
  const std::size_t work_size = reading_work(look.served);
  const auto served = std::make_shared<ServedIndex>(std::move(look.served));
  std::function<IndexReading()> work = [served] { return read_index(*served); };
  Task<IndexReading> reading = computed(net, work_size, std::move(work));
  look.reading = co_await std::move(reading);
  look.served = std::move(*served);
  co_return look;
}

/// The first place that has it, read.
Task<IndexLook> look_in(Net& net, Target target, IndexLook look, std::vector<Place> where) {
  const auto recalled = recall_reading(target, look.served.index, look.served.names);
  for (const Place& place : where) {
    Get get = index_get(look.served.index, place);
    if (!look.outright) get.reuse = recalled ? Reuse::digest : Reuse::body;
    look.served.place = place;
    look.served.got = co_await fetch_index(net, target, std::move(get), look.served.index.listed.sha256);
    note(look.finding, look.served.got);
    if (!is_missing(look.served.got)) break;
  }
  const Reply& reply = look.served.got.reply;
  if (recalled && reply.not_modified && reply.body.empty()) {
    look.reading = *recalled;
    co_return look;
  }
  Task<IndexLook> reading = read_served(net, std::move(look));
  look = co_await std::move(reading);
  remember_reading(look.finding, target, look.served.index, look.reading);
  co_return look;
}

/// Only a second answer with the same trouble is believed when the first could have been damaged on its way.
Task<IndexLook> look_twice(Net& net, Target target, IndexLook look, std::vector<Place> where) {
  Task<IndexLook> first = look_in(net, target, std::move(look), std::move(where));
  look = co_await std::move(first);
  if (!look.reading.ask_again) co_return look;
  std::vector<Place> same = {look.served.place};
  look.outright = true;
  Task<IndexLook> second = look_in(net, target, std::move(look), std::move(same));
  co_return co_await std::move(second);
}

/// Behind a good index by its hash, an older one may lie under its own name: apt is fine with that, others are not.
Task<IndexLook> look_at_tail(Net& net, Target target, IndexLook look, Place canonical) {
  Get get = tail_get(look.served.index, canonical.url);
  const Got got = co_await follow(net, target, std::move(get));
  look.finding.traffic += got.traffic;
  const Version release = look.finding.version.value_or(Version{});
  look.finding.feeds.push_back(judge_tail(look.served.index, got, look.reading.tail_sha256, release));
  co_return look;
}

/// The smallest form that is served: mirrors need not have all that are listed.
Task<IndexLook> open_index(Net& net, Target target, Top top, std::vector<Index> indexes) {
  IndexLook look;
  look.finding = std::move(top.finding);
  look.served.names = names_to_read(*target.pool);
  for (const Index& index : indexes) {
    look.served.index = index;
    look.served.known = known_digests(target, index);
    std::vector<Place> where = places(target, top.opened->release, index, top.url);
    const auto own = std::find_if(where.begin(), where.end(), [](const Place& place) { return !place.by_hash; });
    const Place canonical = *own;
    Task<IndexLook> looking = look_twice(net, target, std::move(look), std::move(where));
    look = co_await std::move(looking);
    if (is_missing(look.served.got)) continue;
    if (!look.reading.failure && look.served.place.by_hash && index.listed.size > 0) {
      Task<IndexLook> beside = look_at_tail(net, target, std::move(look), canonical);
      look = co_await std::move(beside);
    }
    break;
  }
  look.finding.failure = look.reading.failure;
  co_return look;
}

Task<Finding> look_at_package(Net& net, Target target, Finding finding, Listed listed) {
  for (int times = 0; times < 2; ++times) {
    Get get = package_get(target, listed.file);
    const Got got = co_await follow(net, target, std::move(get));
    note(finding, got);
    finding.failure = bad_package(target, listed, got);
    const bool again = finding.failure && finding.failure->reason == Reason::checksum;
    if (again && times == 0) continue;
    take_in(finding, target, listed, got);
    break;
  }
  co_return finding;
}

Task<Finding> look_at_packages(Net& net, Target target, IndexLook look) {
  Finding finding = std::move(look.finding);
  for (const Canary& canary : wanted_packages(target)) {
    const auto located = locate(look.reading.packages.at(canary.name), canary);
    if (const auto* failure = std::get_if<Failure>(&located)) {
      finding.failure = *failure;
      co_return finding;
    }
    Listed wanted{canary.name, std::get<PackageFile>(located)};
    Task<Finding> looking = look_at_package(net, target, std::move(finding), std::move(wanted));
    finding = co_await std::move(looking);
    if (finding.failure) co_return finding;
  }
  co_return finding;
}

/// An archive that has been published anew since we began is not broken: the pieces we hold are of two generations.
Task<Finding> unless_moved(Net& net, Target target, Top top, Finding finding) {
  Get get = raw_get(top.asked, kMaxRelease);
  get.keep_body = false;
  const Got again = co_await follow(net, target, std::move(get));
  finding.traffic += again.traffic;
  if (no_answer("", again) || again.reply.sha256 == top.digest) co_return finding;
  const std::string what = finding.failure->detail + "; the Release has changed meanwhile";
  finding.failure = Failure{Layer::freshness, Reason::half_synced, what};
  co_return finding;
}

Task<Finding> integrity(Net& net, Target target) {
  Task<Top> opening = open_release(net, target);
  Top top = co_await std::move(opening);
  if (!top.opened) co_return std::move(top.finding);
  // Bad dates are for the freshness check to report; the bytes can still be right.
  top.finding.failure.reset();
  auto listed = listed_indexes(top.opened->release, *target.pool);
  if (const auto* failure = std::get_if<Failure>(&listed)) {
    top.finding.failure = *failure;
    co_return std::move(top.finding);
  }
  std::vector<Index> indexes = std::get<std::vector<Index>>(std::move(listed));
  remember_listed(top.finding, target, indexes);
  Task<IndexLook> climbing = open_index(net, target, top, std::move(indexes));
  IndexLook look = co_await std::move(climbing);
  Finding finding = look.finding;
  if (!finding.failure) {
    Task<Finding> comparing = look_at_packages(net, target, std::move(look));
    finding = co_await std::move(comparing);
  }
  if (!may_have_moved(finding.failure)) co_return finding;
  Task<Finding> checking = unless_moved(net, target, std::move(top), std::move(finding));
  co_return co_await std::move(checking);
}

std::string client_line(const Pool& pool, const Mirror& mirror) {
  return "deb " + mirror.url.str() + " " + option(pool, "suite") + " " + option(pool, "component");
}

}  // namespace

const Ecosystem& apt_ecosystem() {
  static const Ecosystem ecosystem = {
      .name = "apt",
      .doc =
          "Debian, Ubuntu and other apt archives. Fresh by the Date in a verified InRelease (or Release and "
          "Release.gpg); whole when the Packages index, asked for as apt does, and the packages of canaries and "
          "samples have the bytes that it vouches for.",
      .canary_doc = "the name of a binary package in the component; choose small ones, they are downloaded",
      .options = {{"suite", "", true, "The suite below dists/, as in sources.list."},
                  {"keyring", "", true, "Path of the keyring for gpgv (binary, not armoured)."},
                  {"component", "main", false, "The component whose Packages index is looked at."},
                  {"architecture", "amd64", false, "The architecture whose Packages index is looked at."},
                  {"trace", "", false,
                   "A name below project/trace/, e.g. master, for archives that are copied in two stages: it and the "
                   "mirror's own trace must fit the Release. Empty: traces are not looked at."}},
      .client_line = &client_line,
      .freshness = &freshness,
      .integrity = &integrity,
  };
  return ecosystem;
}

}  // namespace mw
