// The agent: owns everything and wires it from top to bottom, as design's picture shows it. One loop thread does
// all the work; the web server's threads read only what was published.
#pragma once

#include <memory>
#include <string>

#include "exporter/config.hpp"
#include "exporter/log.hpp"
#include "exporter/web/listener.hpp"

namespace mw {

struct AgentOptions {
  std::string config_file;
  std::string telemetry_path = "/metrics";
  ListenerOptions web;
};

/// Runs until SIGTERM or SIGINT. SIGHUP and POST /-/reload read the configuration again.
/// The process' exit code: 0, or 1 if it could not listen.
int run_agent(const AgentOptions&, Config, Log&);

}  // namespace mw
