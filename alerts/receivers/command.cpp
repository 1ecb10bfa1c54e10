// A program of one's own: Alertmanager's webhook payload, version 4, on its standard input. No shell reads anything of
// it, and nothing outside text says gets into its arguments. Success is exit code 0.
#include <algorithm>

#include "alerts/layout.hpp"
#include "alerts/payload.hpp"

namespace mw {

namespace {

Outgoing render(const Receiver& receiver, const Message& message, SysTime) {
  Program program{{receiver.option("run")}, webhook_payload(message)};
  if (const std::string& argument = receiver.option("argument"); !argument.empty()) program.argv.push_back(argument);
  return program;
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found;
  const std::string& run = receiver.option("run");
  if (!run.empty() && (!run.starts_with('/') || run.ends_with('/') || has_control(run)))
    found.push_back({"run", "is no absolute path of a program"});
  if (has_control(receiver.option("argument"))) found.push_back({"argument", "holds a control character"});
  return found;
}

}  // namespace

const ReceiverKind& command_receiver() {
  static const ReceiverKind kind = {
      .name = "command",
      .doc = "a program that reads Alertmanager's webhook payload, version 4, from its standard input",
      .options = {{.key = "run",
                   .required = true,
                   .doc = "the absolute path of an executable; no shell is involved",
                   .example = "/usr/local/bin/tell-oncall"},
                  {.key = "argument", .doc = "its only argument, as it stands", .example = "--mirrors"}},
      .render = render,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
