// Trust stores and client certificates as loaded from their files, shared by everything that speaks TLS here.
// Shows nothing of OpenSSL but the name of a type.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "probes/model.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace mw {

/// One per distinct TlsOptions, until a file changes. What is verified, and between which versions, is each handshake's
/// own business: a context never stops one.
class TlsContexts {
 public:
  using Context = std::shared_ptr<ssl_ctx_st>;
  std::variant<Context, Failure> get(const TlsOptions&);

 private:
  struct Loaded {
    TlsOptions options;
    Context context;
    std::string stamp;  ///< of the files when they were read
  };
  std::vector<Loaded> loaded_;
};

}  // namespace mw
