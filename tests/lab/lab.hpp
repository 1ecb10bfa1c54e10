// The lab running: the world's hosts on loopback, the webhook collector, and a control port for tests.
#pragma once

#include <asio.hpp>
#include <map>
#include <memory>
#include <string>

#include "tests/lab/collector.hpp"
#include "tests/lab/deaf_port.hpp"
#include "tests/lab/http_server.hpp"
#include "tests/lab/world.hpp"

namespace mw::lab {

struct Options {
  std::string directory;
  std::uint16_t port = 18791;
  std::chrono::seconds publish_every{6};
  int publications = 2;             ///< made by the clock; more only through the control port
  std::chrono::seconds run_for{0};  ///< 0 = until a signal
};

class Lab {
 public:
  /// Listens everywhere, writes lab.toml, then `ready`. Throws when an address is taken or a file cannot be written.
  Lab(asio::io_context& loop, Options options);

 private:
  Elapsed now() const;
  void open_door(const Host&);
  void set_broken(Host&, bool broken);
  void publish_later(int left);
  void publish();
  Response control(const Request&);
  asio::ip::tcp::endpoint at(const std::string& address) const;

  asio::io_context& loop_;
  Options options_;
  std::chrono::steady_clock::time_point started_;
  World world_;
  Collector collector_;
  asio::steady_timer publication_timer_;
  std::map<std::string, std::unique_ptr<HttpServer>> servers_;
  std::map<std::string, std::unique_ptr<DeafPort>> deaf_;
};

}  // namespace mw::lab
