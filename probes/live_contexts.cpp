// Loading what TLS needs from files, and noticing that they have changed.
#include "probes/live_contexts.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

namespace mw {

namespace {

constexpr const char* kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = TlsContexts::Context;

std::string bundle_of(const TlsOptions& options) { return options.ca_file.empty() ? kSystemBundle : options.ca_file; }

/// Changes when one of the files does: certificates are renewed while we run.
std::string stamp_of(const TlsOptions& options) {
  std::string stamp;
  for (const std::string& file : {bundle_of(options), options.cert_file, options.key_file}) {
    struct stat status {};
    if (!file.empty()) ::stat(file.c_str(), &status);
    stamp += std::to_string(status.st_ino) + "/" + std::to_string(status.st_size) + "/" +
             std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + " ";
  }
  return stamp;
}

std::variant<Context, Failure> load(const TlsOptions& options) {
  const auto unusable = [](const std::string& what) { return Failure{Layer::tls, Reason::local_resource, what}; };
  ERR_clear_error();
  const Context context(SSL_CTX_new(TLS_client_method()), FreeContext{});
  if (!context) return unusable("OpenSSL cannot be set up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // verified all the same; the result is asked for
  const std::string bundle = bundle_of(options);
  if (SSL_CTX_load_verify_file(context.get(), bundle.c_str()) != 1)
    return unusable("cannot load trusted certificates from " + bundle);
  if (options.cert_file.empty()) return context;
  const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
  if (SSL_CTX_use_certificate_chain_file(context.get(), options.cert_file.c_str()) != 1)
    return unusable("cannot load the client certificate " + options.cert_file);
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("cannot load the client key " + key);
  return context;
}

}  // namespace

std::variant<TlsContexts::Context, Failure> TlsContexts::get(const TlsOptions& options) {
  const std::string stamp = stamp_of(options);
  std::erase_if(loaded_, [&](const Loaded& entry) { return entry.options == options && entry.stamp != stamp; });
  for (const Loaded& entry : loaded_)
    if (entry.options == options) return entry.context;
  auto made = load(options);
  if (const auto* context = std::get_if<Context>(&made)) loaded_.push_back({options, *context, stamp});
  return made;
}

}  // namespace mw
