// Written out in full, comments included: for a newcomer this is the first configuration they read.
#include "tests/lab/lab_config.hpp"

#include "probes/digest.hpp"

namespace mw::lab {

namespace {

std::string url(const std::string& address, std::uint16_t port) {
  return "\"http://" + address + ":" + std::to_string(port) + "/\"";
}

std::string pool_head(const Host& upstream, std::uint16_t port) {
  std::string out =
      R"(# Watches the lab: one upstream and seven mirrors on loopback, most of them broken in their own way.
[agent]
vantage             = "lab"
evaluation_interval = "1s"

[[pool]]
name               = "demo"
ecosystem          = "file"
)";
  out += "reference          = [{ name = \"" + upstream.name + "\", url = " + url(upstream.address, port) + " }]\n";
  out += R"(checks             = ["tcp", "http", "freshness", "integrity"]
interval           = "2s"
integrity_interval = "4s"
timeout            = "1s"
confirm_every      = "1s"
fail_after         = 2
recover_after      = 2
http               = { path = "VERSION" }
)";
  out += "canaries           = [\"VERSION\", { name = \"artefact-1.0.tar\", sha256 = \"" + sha256_hex(artefact()) +
         "\" }]\n";
  return out;
}

std::string mirror_table(const Host& host, std::uint16_t port) {
  return "\n[[pool.mirror]]  # " + host.story + "\nname = \"" + host.name + "\"\nurl  = " + url(host.address, port) +
         "\n";
}

std::string rules(std::uint16_t port) {
  std::string out = R"(
[[alert]]
name     = "MirrorErrors"
when     = "error_ratio[30s] > 50%"
for      = "5s"
severity = "page"
notify   = ["collector"]

[[alert]]
name         = "MirrorStale"
when         = "sync_lag > 10s"
for          = "5s"
severity     = "warning"
notify       = ["collector"]
inhibited_by = ["MirrorErrors"]

[[receiver]]
name           = "collector"
group_by       = ["alertname", "pool", "mirror"]
group_wait     = "0s"
group_interval = "0s"
)";
  out += "webhook = { url = " + url(kCollectorAddress, port) + " }\n";
  return out;
}

}  // namespace

std::string lab_config(const World& world, std::uint16_t port) {
  std::string out;
  for (const Host& host : world.hosts) out += host.upstream ? pool_head(host, port) : mirror_table(host, port);
  return out + rules(port);
}

}  // namespace mw::lab
