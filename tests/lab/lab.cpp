// Opens one port per host on that host's own loopback address, so that limits per host behave as in life.
#include "tests/lab/lab.hpp"

#include <fstream>
#include <iostream>
#include <stdexcept>

#include "tests/lab/lab_config.hpp"

namespace mw::lab {

using asio::ip::tcp;

namespace {

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

Response plain(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace

Lab::Lab(asio::io_context& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      started_(std::chrono::steady_clock::now()),
      world_(make_world(std::time(nullptr))),
      collector_(options_.directory + "/notices.jsonl"),
      publication_timer_(loop) {
  for (const Host& host : world_.hosts) open_door(host);
  const auto serve_control = [this](const Request& request) { return control(request); };
  const auto serve_collector = [this](const Request& request) { return collector_.take(request); };
  servers_["(control)"] = std::make_unique<HttpServer>(loop_, at(kControlAddress), serve_control);
  servers_["(collector)"] = std::make_unique<HttpServer>(loop_, at(kCollectorAddress), serve_collector);
  write_file(options_.directory + "/lab.toml", lab_config(world_, options_.port));
  write_file(options_.directory + "/ready", std::to_string(options_.port) + "\n");
  publish_later(options_.publications);
}

Elapsed Lab::now() const { return std::chrono::duration_cast<Elapsed>(std::chrono::steady_clock::now() - started_); }

tcp::endpoint Lab::at(const std::string& address) const { return {asio::ip::make_address(address), options_.port}; }

void Lab::open_door(const Host& host) {
  servers_.erase(host.name);
  deaf_.erase(host.name);
  const auto serve = [this, &host](const Request& request) { return answer(world_, host, request, now()); };
  if (door_of(host) == Door::open) servers_[host.name] = std::make_unique<HttpServer>(loop_, at(host.address), serve);
  if (door_of(host) == Door::deaf) deaf_[host.name] = std::make_unique<DeafPort>(loop_, at(host.address));
}

void Lab::set_broken(Host& host, bool broken) {
  const Door before = door_of(host);
  host.broken = broken;
  if (door_of(host) != before) open_door(host);
}

void Lab::publish() {
  world_.publications.push_back(now());
  std::cout << "upstream: publication " << world_.publications.size() << std::endl;
}

void Lab::publish_later(int left) {
  if (left == 0) return;
  publication_timer_.expires_after(options_.publish_every);
  publication_timer_.async_wait([this, left](asio::error_code error) {
    if (error) return;
    publish();
    publish_later(left - 1);
  });
}

/// POST /publish, /repair/NAME, /break/NAME.
Response Lab::control(const Request& request) {
  if (request.method != "POST") return plain(405, "POST /publish, /repair/NAME or /break/NAME\n");
  if (request.target == "/publish") {
    publish();
    return plain(200, std::to_string(world_.publications.size()) + "\n");
  }
  const bool repair = request.target.starts_with("/repair/");
  const bool breaks = request.target.starts_with("/break/");
  Host* host = find_host(world_, std::string_view(request.target).substr(request.target.rfind('/') + 1));
  if ((!repair && !breaks) || host == nullptr) return plain(404, "no such host or command\n");
  set_broken(*host, breaks);
  return plain(200, host->name + (breaks ? " broken\n" : " repaired\n"));
}

}  // namespace mw::lab
