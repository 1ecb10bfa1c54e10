// From a kind of check to the function that does it.
#include "probes/checks.hpp"

namespace mw {

Look find_look(CheckKind kind, const Ecosystem& ecosystem) {
  switch (kind) {
    case CheckKind::dns:
      return look_dns;
    case CheckKind::tcp:
      return look_tcp;
    case CheckKind::tls:
      return look_tls;
    case CheckKind::http:
      return look_http;
    case CheckKind::freshness:
      return look_freshness;
    case CheckKind::integrity:
      return ecosystem.integrity;
  }
  return look_http;
}

bool applies(CheckKind kind, const Mirror& mirror) {
  const bool direct = !mirror.proxy;
  switch (kind) {
    case CheckKind::dns:
      return direct && !parse_address(mirror.url.host);
    case CheckKind::tcp:
      return direct;
    case CheckKind::tls:
      return direct && mirror.url.scheme == "https";
    case CheckKind::http:
    case CheckKind::freshness:
    case CheckKind::integrity:
      return true;
  }
  return true;
}

}  // namespace mw
