// Runs the machine's own gpgv for tests, without the live door.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "probes/net.hpp"

namespace mw {

namespace detail {

struct Output {
  std::string text;
  int exit_code = -1;
};

inline Output run_shell(const std::string& line) {
  FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run a shell");
  Output output;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.text.append(buffer, n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) output.exit_code = WEXITSTATUS(status);
  return output;
}

}  // namespace detail

/// The command's argv with `file` on its standard input: once for each of its streams.
inline Ran run_gpgv(const Command& command, const std::string& file) {
  std::string line = "env -i PATH=/usr/bin:/bin LC_ALL=C";
  for (const std::string& word : command.argv) line += " '" + word + "'";
  line += " < '" + file + "' ";
  Ran ran;
  ran.out = detail::run_shell(line + "2>/dev/null").text;
  const detail::Output err = detail::run_shell(line + "2>&1 >/dev/null");
  ran.err = err.text;
  ran.exit_code = err.exit_code;
  return ran;
}

}  // namespace mw
