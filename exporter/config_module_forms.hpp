// The forms and rows that more than one prober's table of a module needs. Knows no key of one prober alone.
#pragma once

#include <utility>

#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

Form<std::vector<Regex>> patterns();
Form<bool> prefers_v6();  ///< ip4 or ip6
Form<std::optional<Address>> source_address();
Form<TlsVersion> tls_version();
/// What is true in the text is false here.
Form<bool> negated(const Form<bool>& form);

/// A table that is not printed while there is nothing in it.
template <class T>
Field<T> unless_empty(Field<T> row) {
  row.section = [section = row.section](const T& from, const std::string& header) {
    std::string text = section(from, header);
    return text == "\n[" + header + "]\n" ? std::string() : text;
  };
  return row;
}

/// Which of a name's addresses is looked at.
template <class M>
Fields<M> ip_rows() {
  return {
      otherwise(field<M>(
                    "preferred_ip_protocol", [](auto& m) -> auto& { return m.ip.prefer_v6; }, prefers_v6(),
                    "which of a name's addresses is looked at"),
                "\"ip6\""),
      otherwise(field<M>(
                    "ip_protocol_fallback", [](auto& m) -> auto& { return m.ip.fallback; }, flag(),
                    "the other protocol will do when a name has no such address"),
                "true"),
  };
}

template <class M>
Field<M> source_row() {
  return field<M>("source_ip_address", &M::source, source_address(), "the address to send from");
}

/// Of what holds a TlsOptions `tls` and TlsTerms `tls_terms`.
template <class M>
const Fields<M>& tls_fields() {
  static const Fields<M> rows = {
      otherwise(field<M>(
                    "insecure_skip_verify", [](auto& m) -> auto& { return m.tls_terms.verify; }, negated(flag()),
                    "any certificate will do"),
                "false"),
      field<M>(
          "ca_file", [](auto& m) -> auto& { return m.tls.ca_file; }, file_path(),
          "PEM: trust these authorities instead of the system's"),
      field<M>(
          "cert_file", [](auto& m) -> auto& { return m.tls.cert_file; }, file_path(),
          "PEM: the client certificate, with key_file"),
      field<M>(
          "key_file", [](auto& m) -> auto& { return m.tls.key_file; }, file_path(), "PEM: the key of cert_file"),
      otherwise_words(field<M>(
                          "server_name", [](auto& m) -> auto& { return m.tls_terms.server_name; },
                          text("a host name", 253), "whom the certificate must be for"),
                      "the target's host"),
      otherwise_words(field<M>(
                          "min_version", [](auto& m) -> auto& { return m.tls_terms.least; }, tls_version(),
                          "the oldest version of TLS that will do"),
                      "TLS12"),
      otherwise_words(field<M>(
                          "max_version", [](auto& m) -> auto& { return m.tls_terms.most; }, tls_version(),
                          "the newest version of TLS that will do"),
                      "the newest there is"),
  };
  return rows;
}

template <class M>
Field<M> tls_row() {
  Field<M> row;
  row.key = "tls_config";
  row.expects = "a table";
  row.doc = "of TLS";
  row.read = [](const Spot& spot, M& into) { read_table(spot, tls_fields<M>(), into); };
  row.section = [](const M& from, const std::string& header) {
    if (from.tls == TlsOptions{} && from.tls_terms == TlsTerms{}) return std::string();
    return "\n[" + header + "]\n" + print_table(from, tls_fields<M>(), header);
  };
  return row;
}

}  // namespace mw
