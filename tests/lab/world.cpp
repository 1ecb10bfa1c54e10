// The lab's cast and what each of them says. One upstream, one mirror that follows it, and one for each way not to.
#include "tests/lab/world.hpp"

#include <algorithm>

namespace mw::lab {

namespace {

constexpr std::size_t kArtefactBytes = 384 * 1024;
constexpr std::size_t kFlippedAt = 200'000;

/// A fixed linear congruential sequence: incompressible enough, the same everywhere.
std::string make_artefact() {
  std::string bytes(kArtefactBytes, '\0');
  std::uint64_t state = 0x6d6972726f72;
  for (char& byte : bytes) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    byte = static_cast<char>(state >> 56U);
  }
  return bytes;
}

bool shows(const Host& host, Fault fault) { return host.broken && host.fault == fault; }

/// Index of the publication the host serves at `now`.
std::size_t publication_of(const World& world, const Host& host, Elapsed now) {
  if (shows(host, Fault::lagging)) return 0;
  const Elapsed visible = host.upstream ? now : now - kSyncDelay;
  const auto made = [&](Elapsed at) { return at <= visible; };
  const auto count = std::count_if(world.publications.begin(), world.publications.end(), made);
  return count > 1 ? static_cast<std::size_t>(count - 1) : 0;
}

Response version_file(const World& world, std::size_t publication) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(world.publications[publication]).count();
  const std::string date = http_date(world.started_at + seconds);
  Response response;
  response.last_modified = date;
  response.body = "demo publication " + std::to_string(publication + 1) + "\n" + date + "\n";
  return response;
}

Response artefact_file(const World& world, bool flipped) {
  Response response;
  response.content_type = "application/x-tar";
  response.last_modified = http_date(world.started_at);
  response.body = artefact();
  if (flipped) response.body[kFlippedAt] = static_cast<char>(response.body[kFlippedAt] ^ 1);
  return response;
}

Response html_page() {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\n"
      "<body><h1>We will be back soon</h1></body></html>\n";
  return response;
}

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

bool in_bad_phase(Elapsed now) { return (now / kFlapPhase) % 2 == 1; }

}  // namespace

World make_world(std::int64_t started_at) {
  World world;
  world.started_at = started_at;
  world.publications = {Elapsed{0}};
  world.hosts = {
      {"upstream", "127.77.0.1", "what every mirror is compared with", Fault::erroring, true, false},
      {"healthy", "127.77.0.2", "follows the upstream within a second", Fault::erroring, false, false},
      {"lagging", "127.77.0.3", "stays at the first publication", Fault::lagging},
      {"lying", "127.77.0.4", "one byte of the artefact is flipped", Fault::flipped_byte},
      {"refusing", "127.77.0.5", "nothing listens there", Fault::refusing},
      {"silent", "127.77.0.6", "never answers a SYN", Fault::silent},
      {"flapping", "127.77.0.7", "ten seconds well, ten seconds 503", Fault::flapping},
      {"html", "127.77.0.8", "200 and an HTML error page for everything", Fault::html},
  };
  return world;
}

Host* find_host(World& world, std::string_view name) {
  const auto found =
      std::find_if(world.hosts.begin(), world.hosts.end(), [&](const Host& host) { return host.name == name; });
  return found == world.hosts.end() ? nullptr : &*found;
}

Door door_of(const Host& host) {
  if (shows(host, Fault::refusing)) return Door::closed;
  if (shows(host, Fault::silent)) return Door::deaf;
  return Door::open;
}

Response answer(const World& world, const Host& host, const Request& request, Elapsed now) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "GET or HEAD\n");
  if (shows(host, Fault::html)) return html_page();
  if (shows(host, Fault::erroring)) return text(503, "out of order\n");
  if (shows(host, Fault::flapping) && in_bad_phase(now)) return text(503, "over capacity\n");
  if (request.target == "/VERSION") return version_file(world, publication_of(world, host, now));
  if (request.target == "/artefact-1.0.tar") return artefact_file(world, shows(host, Fault::flipped_byte));
  if (request.target == "/") return text(200, "VERSION\nartefact-1.0.tar\n");
  return text(404, "no such file\n");
}

const std::string& artefact() {
  static const std::string bytes = make_artefact();
  return bytes;
}

}  // namespace mw::lab
