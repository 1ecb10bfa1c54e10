// The tcp prober: connect, perhaps TLS, then a conversation step by step.
#include "probes/probe_steps.hpp"
#include "probes/talk.hpp"

namespace mw {

namespace {

bool has_byte_steps(const TcpModule& tcp) {
  for (const TcpStep& step : tcp.query_response)
    if (!step.expect_bytes.empty()) return true;
  return false;
}

TalkOpening opening_of(const ProbeRun& run, const HostPort& where, const Address& address) {
  const TcpModule& tcp = run.module().tcp;
  TalkOpening how;
  how.address = address;
  how.port = *where.port;
  how.source = tcp.source;
  how.host = where.host;
  how.terms = tcp.tls_terms;
  if (how.terms.server_name.empty()) how.terms.server_name = run.target.hostname;
  if (tcp.use_tls) how.tls = tcp.tls;
  how.timeout = run.left();
  return how;
}

/// Reads lines until one matches; nothing when none did, and then the run has failed.
Task<std::optional<Caught>> expected_line(ProbeRun& run, Talk& talk, Regex wanted) {
  for (;;) {
    const TalkHeard heard = co_await talk.line(run.left());
    if (heard.failure) {
      run.fail(*heard.failure);
      co_return std::nullopt;
    }
    if (heard.ended) {
      run.probed.tcp->failed_due_to_regex = true;
      run.fail({Layer::content, Reason::body_mismatch, "no line matches " + wanted.pattern()});
      co_return std::nullopt;
    }
    run.note("heard: " + printable(heard.text));
    auto caught = wanted.find(heard.text);
    if (caught) co_return caught;
  }
}

Task<bool> expected_bytes(ProbeRun& run, Talk& talk, std::string wanted) {
  const TalkHeard heard = co_await talk.bytes(wanted.size(), run.left());
  if (heard.failure) {
    run.fail(*heard.failure);
    co_return false;
  }
  run.probed.tcp->failed_due_to_bytes = heard.text != wanted;
  if (heard.text == wanted) co_return true;
  run.fail({Layer::content, Reason::body_mismatch, "other bytes came than were expected"});
  co_return false;
}

/// What the step says, and the labels that its line gave. False: the step failed.
Task<bool> listen(ProbeRun& run, Talk& talk, TcpStep step, std::string& say) {
  say = step.send;
  if (!step.expect_bytes.empty()) {
    const bool good = co_await expected_bytes(run, talk, step.expect_bytes);
    co_return good;
  }
  if (!step.expect) co_return true;
  const auto caught = co_await expected_line(run, talk, *step.expect);
  if (!caught) co_return false;
  run.probed.tcp->failed_due_to_regex = false;
  say = caught->expand(step.send);
  if (!step.labels.empty()) run.probed.tcp->expect_info.clear();
  for (const auto& [label, value] : step.labels) run.probed.tcp->expect_info.emplace_back(label, caught->expand(value));
  co_return true;
}

Task<bool> take_step(ProbeRun& run, Talk& talk, TcpStep step) {
  std::string say;
  const bool heard = co_await listen(run, talk, step, say);
  if (!heard) co_return false;
  std::optional<Failure> failure;
  if (!say.empty()) {
    run.note("say: " + printable(say));
    std::string line = say + "\n";
    failure = co_await talk.say(std::move(line), run.left());
  }
  if (!failure && step.starttls) {
    failure = co_await talk.secure(run.module().tcp.tls, run.left());
    run.probed.tls = talk.tls_seen();
  }
  if (failure) run.fail(*failure);
  co_return !failure;
}

}  // namespace

Task<Probed> probe_tcp(Net& net, ProbeTarget target) {
  const TcpModule& tcp = target.module->tcp;
  ProbeRun run{net, target};
  Probed& probed = run.probed;
  probed.tcp.emplace();
  probed.tcp->expects_bytes = has_byte_steps(tcp);
  const auto where = split_host_port(target.target);
  if (!where || !where->port) {
    run.fail({Layer::connect, Reason::malformed, "the target is not of the form host:port"});
    co_return std::move(run.probed);
  }
  const Found found = co_await find_address(run, where->host, tcp.ip, true);
  if (!found.address) co_return std::move(run.probed);
  TalkOpening how = opening_of(run, *where, *found.address);
  const TalkOpened opened = co_await net.open(std::move(how));
  probed.tls = opened.tls_seen;
  if (opened.failure) {
    run.fail(*opened.failure);
    co_return std::move(run.probed);
  }
  run.note("connected");
  for (const TcpStep& step : tcp.query_response) {
    const bool good = co_await take_step(run, *opened.talk, step);
    if (!good) co_return std::move(run.probed);
  }
  probed.success = true;
  co_return std::move(run.probed);
}

}  // namespace mw
