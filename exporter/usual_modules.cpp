// The usual modules as values. Pure.
#include "exporter/usual_modules.hpp"

namespace mw {

namespace {

Module module(std::string name, Prober prober) {
  Module made;
  made.name = std::move(name);
  made.prober = prober;
  return made;
}

TcpStep expect(std::string_view pattern, std::string send = "") {
  TcpStep step;
  step.expect = Regex(pattern);
  step.send = std::move(send);
  return step;
}

TcpStep say(std::string line) {
  TcpStep step;
  step.send = std::move(line);
  return step;
}

Module conversation(std::string name, std::vector<TcpStep> steps) {
  Module made = module(std::move(name), Prober::tcp);
  made.tcp.query_response = std::move(steps);
  return made;
}

}  // namespace

std::vector<Module> usual_modules() {
  Module post = module("http_post_2xx", Prober::http);
  post.http.method = "POST";
  Module pop3s = conversation("pop3s_banner", {expect(R"(^\+OK)")});
  pop3s.tcp.use_tls = true;
  Module few_hops = module("icmp_ttl5", Prober::icmp);
  few_hops.timeout = std::chrono::seconds(5);
  few_hops.icmp.ttl = 5;
  return {module("http_2xx", Prober::http),
          post,
          module("tcp_connect", Prober::tcp),
          pop3s,
          conversation("ssh_banner", {expect("^SSH-2.0-"), say("SSH-2.0-mirrorwarden")}),
          conversation("irc_banner", {say("NICK prober"), say("USER prober prober prober :prober"),
                                      expect("PING :([^ ]+)", "PONG ${1}"), expect("^:[^ ]+ 001")}),
          module("icmp", Prober::icmp),
          few_hops};
}

}  // namespace mw
