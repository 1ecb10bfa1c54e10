// web-config.yml: good ones as values, bad ones with every mistake and its place.
#include "exporter/web/web_config.hpp"

#include <catch2/catch.hpp>

using namespace mw;

namespace {

constexpr const char* kHash = "$2y$10$EYxs8IOG46m9CtpB/XlPxO1ei7E4BjAen0SUv6di7mD4keR/8JO6m";

WebConfig good(const std::string& text) {
  const auto parsed = parse_web_config(text, "/etc/web.yml");
  if (const auto* errors = std::get_if<1>(&parsed)) FAIL(errors->at(0));
  return std::get<WebConfig>(parsed);
}

std::vector<std::string> bad(const std::string& text) {
  const auto parsed = parse_web_config(text, "web.yml");
  const auto* errors = std::get_if<1>(&parsed);
  return errors == nullptr ? std::vector<std::string>{"nothing is wrong"} : *errors;
}

}  // namespace

TEST_CASE("a web configuration that says nothing asks for nothing") {
  for (const char* text :
       {"", "\n# nothing\n", "{}", "tls_server_config:\nbasic_auth_users:\nhttp_server_config: {}\n"}) {
    INFO(text);
    const WebConfig config = good(text);
    CHECK_FALSE(config.has_tls);
    CHECK(config.users.empty());
    CHECK(config.headers.empty());
  }
}

TEST_CASE("a web configuration that says everything") {
  const WebConfig config = good(R"(
tls_server_config:
  cert_file: server.crt
  key_file: "/keys/server.key"
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca/clients.crt
  min_version: TLS11
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  curve_preferences: [CurveP256, X25519]
  prefer_server_cipher_suites: false
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: sameorigin
basic_auth_users:
  alice: )" + std::string(kHash) +
                                "\n");
  CHECK(config.has_tls);
  CHECK(config.tls.cert_file == "/etc/server.crt");
  CHECK(config.tls.key_file == "/keys/server.key");
  CHECK(config.tls.client_ca_file == "/etc/ca/clients.crt");
  CHECK(config.tls.client_auth == ClientAuth::require_and_verify);
  CHECK(config.tls.min_version == 11);
  CHECK(config.tls.max_version == 12);
  CHECK(config.tls.ciphers == std::vector<std::string>{"ECDHE-RSA-AES128-GCM-SHA256"});
  CHECK(config.tls.ciphers_13 == std::vector<std::string>{"TLS_AES_128_GCM_SHA256"});
  CHECK(config.tls.curves == std::vector<std::string>{"P-256", "X25519"});
  CHECK_FALSE(config.tls.prefer_server_ciphers);
  CHECK(config.headers.at(0).first == "Strict-Transport-Security");
  CHECK(config.headers.at(1).second == "sameorigin");
  CHECK(config.users.at(0).name == "alice");
  CHECK(config.users.at(0).hash.reveal() == kHash);
  CHECK(config.warnings.size() == 1);
}

TEST_CASE("TLS is 1.2 or newer, and the server chooses the cipher, unless it is said otherwise") {
  const WebConfig config = good("tls_server_config: {cert_file: a, key_file: b}");
  CHECK(config.tls.min_version == 12);
  CHECK(config.tls.max_version == 13);
  CHECK(config.tls.prefer_server_ciphers);
  CHECK(config.tls.client_auth == ClientAuth::none);
}

TEST_CASE("how clients are asked for certificates") {
  const auto auth = [](const std::string& type, bool ca) {
    return good("tls_server_config: {cert_file: a, key_file: b, client_auth_type: " + type +
                (ca ? ", client_ca_file: c}" : "}"))
        .tls.client_auth;
  };
  CHECK(auth("NoClientCert", false) == ClientAuth::none);
  CHECK(auth("RequestClientCert", false) == ClientAuth::request);
  CHECK(auth("RequireAnyClientCert", false) == ClientAuth::require_any);
  CHECK(auth("VerifyClientCertIfGiven", true) == ClientAuth::verify_if_given);
  CHECK(auth("RequireAndVerifyClientCert", true) == ClientAuth::require_and_verify);
}

TEST_CASE("everything that is wrong with a web configuration is said, with its place") {
  using Errors = std::vector<std::string>;
  CHECK(bad("tls_server_confg: {}\nbasic_auth_user: {}\n") ==
        Errors{"web.yml:1:1: there is no key tls_server_confg: expected one of tls_server_config, http_server_config, "
               "basic_auth_users",
               "web.yml:2:1: there is no key basic_auth_user: expected one of tls_server_config, http_server_config, "
               "basic_auth_users"});
  CHECK(bad("- a\n") == Errors{"web.yml:1:1: the file is a list, expected a table"});
  CHECK(bad("tls_server_config:\n  cert_fil: a\n") ==
        Errors{"web.yml:2:3: there is no key tls_server_config.cert_fil: expected one of cert_file, key_file, "
               "client_auth_type, client_ca_file, min_version, max_version, cipher_suites, curve_preferences, "
               "prefer_server_cipher_suites",
               "web.yml:2:3: tls_server_config has no cert_file", "web.yml:2:3: tls_server_config has no key_file"});
  CHECK(bad("tls_server_config:\n  cert_file: [a]\n  key_file: b\n") ==
        Errors{"web.yml:2:14: tls_server_config.cert_file is a list, expected text",
               "web.yml:2:3: tls_server_config has no cert_file"});
  const std::string pair = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
  CHECK(bad(pair + "  min_version: TLS14\n") ==
        Errors{"web.yml:4:16: tls_server_config.min_version is \"TLS14\", expected one of TLS10, TLS11, TLS12, TLS13"});
  CHECK(bad(pair + "  min_version: TLS13\n  max_version: TLS12\n") ==
        Errors{"web.yml:2:3: tls_server_config.min_version is above max_version"});
  CHECK(bad(pair + "  client_ca_file: c\n") ==
        Errors{
            "web.yml:2:3: tls_server_config has a client_ca_file, but no client_auth_type that asks for certificates"});
  CHECK(bad(pair + "  client_auth_type: RequireAndVerifyClientCert\n") ==
        Errors{"web.yml:2:3: tls_server_config has a client_auth_type that verifies, but no client_ca_file"});
  CHECK(bad(pair + "  client_auth_type: Always\n") ==
        Errors{"web.yml:4:21: tls_server_config.client_auth_type is \"Always\", expected one of NoClientCert, "
               "RequestClientCert, RequireAnyClientCert, RequireClientCert, VerifyClientCertIfGiven, "
               "RequireAndVerifyClientCert"});
  CHECK(bad(pair + "  curve_preferences: [X25519, X448]\n") ==
        Errors{"web.yml:4:31: tls_server_config.curve_preferences is \"X448\", expected one of CurveP256, CurveP384, "
               "CurveP521, X25519"});
  CHECK(bad(pair + "  cipher_suites: TLS_AES_128_GCM_SHA256\n") ==
        Errors{"web.yml:4:18: tls_server_config.cipher_suites is a value, expected a list"});
  CHECK(bad(pair + "  cipher_suites: [RC4]\n")
            .at(0)
            .starts_with(
                "web.yml:4:19: tls_server_config.cipher_suites has \"RC4\", expected one of TLS_AES_128_GCM_SHA256, "));
  CHECK(bad(pair + "  prefer_server_cipher_suites: perhaps\n") ==
        Errors{"web.yml:4:32: tls_server_config.prefer_server_cipher_suites is neither true nor false"});
  CHECK(bad("http_server_config:\n  headers:\n    Server: x\n")
            .at(0)
            .starts_with("web.yml:3:5: there is no key http_server_config.headers.Server: expected one of "
                         "Strict-Transport-Security, "));
  CHECK(bad("http_server_config:\n  headers:\n    X-Frame-Options: allow\n") ==
        Errors{"web.yml:3:22: http_server_config.headers.X-Frame-Options is \"allow\", expected deny or sameorigin"});
  CHECK(bad("http_server_config:\n  headers:\n    X-XSS-Protection: \"0\\r\\nSet-Cookie: a\"\n") ==
        Errors{"web.yml:3:23: http_server_config.headers.X-XSS-Protection has a control character"});
  CHECK(bad("a: [\n").at(0).starts_with("web.yml:"));
}

TEST_CASE("what is no user") {
  using Errors = std::vector<std::string>;
  const std::string not_bcrypt = " is not a bcrypt hash, as htpasswd -nBC 10 NAME makes it";
  CHECK(bad("basic_auth_users:\n  bob: secret\n") == Errors{"web.yml:2:8: basic_auth_users.bob" + not_bcrypt});
  CHECK(bad("basic_auth_users:\n  bob: $1$abcdefgh$\n") == Errors{"web.yml:2:8: basic_auth_users.bob" + not_bcrypt});
  CHECK(bad("basic_auth_users:\n  bob: " + std::string(kHash) + "x\n") ==
        Errors{"web.yml:2:8: basic_auth_users.bob" + not_bcrypt});
  CHECK(bad("basic_auth_users:\n  \"b:b\": " + std::string(kHash) + "\n") ==
        Errors{"web.yml:2:3: basic_auth_users.b:b: a name cannot have a colon or a control character"});
  const std::string costly = std::string(kHash).replace(4, 2, "31");
  CHECK(bad("basic_auth_users:\n  bob: " + costly + "\n") ==
        Errors{
            "web.yml:2:8: basic_auth_users.bob has the bcrypt cost 31, expected 4 to 15: each more doubles the work of "
            "a login"});
}
