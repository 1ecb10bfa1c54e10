// One trust store for all transfers of a multi handle (libcurl's cache), whatever else is asked of TLS.
#include "probes/live_fetch_tls.hpp"

#include <curl/curl.h>

#include <array>

#include "probes/live_tls_seen.hpp"

namespace mw {

namespace {

constexpr long kCaCacheSeconds = 24 * 3600;

class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (first_trouble_ == CURLE_OK) first_trouble_ = code;
  }
  int first_trouble() const { return first_trouble_; }

 private:
  CURL* easy_;
  CURLcode first_trouble_ = CURLE_OK;
};

long versions(const TlsTerms& terms) {
  constexpr std::array<long, 5> kLeast = {CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1,
                                          CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};
  constexpr std::array<long, 5> kMost = {0, CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1,
                                         CURL_SSLVERSION_MAX_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_3};
  return kLeast.at(static_cast<std::size_t>(terms.least)) | kMost.at(static_cast<std::size_t>(terms.most));
}

CURLcode on_context(CURL* /*easy*/, void* ssl_context, void* seen) {
  write_down(ssl_context, *static_cast<TlsSeen*>(seen));
  return CURLE_OK;
}

}  // namespace

int set_tls(void* easy, const Fetch& what, const std::shared_ptr<TlsSeen>& seen) {
  Options options(easy);
  options.set(CURLOPT_SSL_VERIFYPEER, what.terms.verify ? 1L : 0L);
  options.set(CURLOPT_SSL_VERIFYHOST, what.terms.verify ? 2L : 0L);
  options.set(CURLOPT_SSLVERSION, versions(what.terms));
  options.set(CURLOPT_SSL_ENABLE_ALPN, 1L);
  options.set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  options.set(CURLOPT_CAPATH, static_cast<char*>(nullptr));  // with a directory set, libcurl does not cache the bundle
  options.set(CURLOPT_CA_CACHE_TIMEOUT, kCaCacheSeconds);
  const TlsOptions& files = what.tls;
  if (!files.ca_file.empty()) options.set(CURLOPT_CAINFO, files.ca_file.c_str());
  if (!files.cert_file.empty()) options.set(CURLOPT_SSLCERT, files.cert_file.c_str());
  if (!files.key_file.empty()) options.set(CURLOPT_SSLKEY, files.key_file.c_str());
  const bool old = what.terms.least == TlsVersion::v1_0 || what.terms.least == TlsVersion::v1_1;
  if (old) options.set(CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0");
  if (!seen) return options.first_trouble();
  options.set(CURLOPT_SSL_CTX_FUNCTION, &on_context);
  options.set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(seen.get()));
  return options.first_trouble();
}

}  // namespace mw
