// The lab as a program: mirrorwarden_lab --directory DIR [--base-port P] ... until a signal or --seconds.
#include <charconv>
#include <csignal>
#include <iostream>
#include <stdexcept>

#include "tests/lab/lab.hpp"

namespace {

using mw::lab::Options;

constexpr std::string_view kUsage =
    "mirrorwarden_lab --directory DIR [--base-port 18791] [--publish-every 6] [--publications 2] [--seconds 0]\n"
    "Serves an upstream and seven mirrors on 127.77.0.x; writes DIR/lab.toml, DIR/notices.jsonl and, when up, "
    "DIR/ready.\n";

int number(std::string_view text, int most) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
    throw std::invalid_argument("not a number from 0 to " + std::to_string(most) + ": " + std::string(text));
  return value;
}

void set_option(Options& options, std::string_view name, std::string_view value) {
  constexpr int kDay = 86'400;
  if (name == "--directory")
    options.directory = value;
  else if (name == "--base-port")
    options.port = static_cast<std::uint16_t>(number(value, 65'535));
  else if (name == "--publish-every")
    options.publish_every = std::chrono::seconds(number(value, kDay));
  else if (name == "--publications")
    options.publications = number(value, 1'000);
  else if (name == "--seconds")
    options.run_for = std::chrono::seconds(number(value, kDay));
  else
    throw std::invalid_argument("unknown option " + std::string(name));
}

Options read_options(int argc, char** argv) {
  Options options;
  if (argc % 2 == 0) throw std::invalid_argument("each option takes a value");
  for (int i = 1; i + 1 < argc; i += 2) set_option(options, argv[i], argv[i + 1]);
  if (options.directory.empty()) throw std::invalid_argument("--directory is missing");
  return options;
}

void run(const Options& options) {
  asio::io_context loop(1);
  const mw::lab::Lab lab(loop, options);
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](asio::error_code, int) { loop.stop(); });
  std::cout << "lab: ready on port " << options.port << ", configuration in " << options.directory << "/lab.toml"
            << std::endl;
  if (options.run_for.count() > 0)
    loop.run_for(options.run_for);
  else
    loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(read_options(argc, argv));
    return 0;
  } catch (const std::invalid_argument& error) {
    std::cerr << "mirrorwarden_lab: " << error.what() << "\n" << kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "mirrorwarden_lab: " << error.what() << "\n";
    return 1;
  }
}
