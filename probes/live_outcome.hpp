// How an HTTP exchange ended, in numbers, and which layer and reason that is. Pure; knows nothing of libcurl.
#pragma once

#include <optional>
#include <string>

#include "probes/live_response.hpp"
#include "probes/model.hpp"

namespace mw {

enum class End {
  complete,  ///< the client library is content; the reader's verdict decides
  rules,     ///< the reader stopped it
  deadline,
  slow,
  closing,  ///< the door was closed meanwhile
  blocked,  ///< the client library wanted to connect elsewhere
  connect,
  verification,  ///< the certificate
  tls_setup,     ///< our own trust store or client certificate
  broken,        ///< while sending, receiving or in the handshake
  proxy,
  no_answer,  ///< closed in good order before a byte came
  partial,    ///< closed in good order before the end of the body
  malformed,
  no_memory,
  refused_setup,  ///< the client library would not take what we asked for
};

struct Outcome {
  End end = End::complete;
  bool https = false;
  bool connected = false;     ///< TCP is up, to the proxy if there is one
  bool awaits_proxy = false;  ///< the proxy has not let us through yet
  bool secured = false;
  int os_errno = 0;
  long verify_result = 0;
  long proxy_error = 0;
  std::string where;  ///< for people: scheme, host, address; never a path, which may be a secret
  std::string text;   ///< the client library's own words
};

std::optional<Failure> failure_of(const Outcome&, const ResponseReader&);

}  // namespace mw
