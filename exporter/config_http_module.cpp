// [module.http]: its keys. A header that holds a secret comes from a file or a variable, like any other secret.
#include <array>

#include "exporter/config_module_forms.hpp"

namespace mw {

namespace {

constexpr std::size_t kMostSecretHeaders = 16;
constexpr std::size_t kLongestBody = 64 * 1024;

// ---- what a response must be --------------------------------------------------------------------------------

/// A HeaderRule before its pattern is compiled.
struct HeaderRuleText {
  std::string header;
  std::string regexp;
  bool allow_missing = false;
};

std::optional<std::string> no_header_name(const std::string& header) {
  return header_name_trouble(header) ? std::optional<std::string>("is not a header name") : std::nullopt;
}

const Fields<HeaderRuleText>& header_rule_fields() {
  using R = HeaderRuleText;
  static const Fields<R> rows = {
      required(field<R>("header", &R::header, checked_string("the name of a header", no_header_name), "which header")),
      required(field<R>("regexp", &R::regexp, pattern(), "what is looked for in its value")),
      otherwise(field<R>("allow_missing", &R::allow_missing, flag(), "a response without the header is well"), "false"),
  };
  return rows;
}

using HeaderRules = std::vector<HeaderRule> HttpModule::*;

Field<HttpModule> header_rules_row(std::string key, HeaderRules rules, std::string doc) {
  Field<HttpModule> row;
  row.key = std::move(key);
  row.expects = "an array of tables, each with header, regexp and allow_missing";
  row.doc = std::move(doc);
  row.read = [rules, expects = row.expects](const Spot& spot, HttpModule& into) {
    if (!is_table_list(spot, expects, 64)) return;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i) {
      HeaderRuleText rule;
      read_table(spot.item(i), header_rule_fields(), rule);
      (into.*rules).push_back({rule.header, Regex(rule.regexp), rule.allow_missing});
    }
  };
  row.section = [rules](const HttpModule& from, const std::string& header) {
    std::string out;
    for (const HeaderRule& rule : from.*rules) {
      const HeaderRuleText text{rule.header, rule.regexp.pattern(), rule.allow_missing};
      out += "\n[[" + header + "]]\n" + print_table(text, header_rule_fields(), header);
    }
    return out;
  };
  return row;
}

Form<Coding> coding() {
  constexpr std::array kCodings = {Coding::identity, Coding::gzip, Coding::deflate};
  std::vector<std::string> words;
  for (const Coding each : kCodings) words.emplace_back(name(each));
  const Form<std::string> word = one_of(words);
  Form<Coding> form;
  form.expects = word.expects;
  form.read = [word, kCodings](const Spot& spot) -> std::optional<Coding> {
    const auto value = word.read(spot);
    for (const Coding each : kCodings)
      if (value && *value == name(each)) return each;
    return std::nullopt;
  };
  form.print = [](const Coding& value) { return value == Coding::none ? std::string() : quote_toml(name(value)); };
  return form;
}

/// Absent, it is zero, which no text can say.
Form<std::uint64_t> body_limit() {
  Form<std::uint64_t> form = byte_count(1, kProbeBodyLimit);
  form.print = [print = form.print](const std::uint64_t& bytes) { return bytes == 0 ? std::string() : print(bytes); };
  return form;
}

// ---- what a request says ------------------------------------------------------------------------------------

Form<std::string> method() {
  return checked_string("a method such as GET", [](const std::string& value) -> std::optional<std::string> {
    const bool good = !value.empty() && value.size() <= 32 && std::all_of(value.begin(), value.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    });
    return good ? std::nullopt : std::optional<std::string>("is no word of letters");
  });
}

using SecretReader = std::optional<Secret> (*)(const Spot&);

/// NAME = where the value comes from.
Field<HttpModule> secret_headers_row(std::string key, std::string what, SecretReader read) {
  Field<HttpModule> row;
  row.key = std::move(key);
  row.expects = "a table of header names, each with " + what;
  row.doc = "headers whose values are secrets, each from " + what;
  row.read = [read, expects = row.expects](const Spot& spot, HttpModule& into) {
    if (!spot.is(TomlNode::Kind::table, expects)) return;
    if (spot.node->members.size() > kMostSecretHeaders) return spot.fail("has too many keys, expected at most 16");
    for (const TomlMember& member : spot.node->members) {
      const Spot value = spot.member(member);
      if (const auto trouble = header_name_trouble(member.key)) value.reading->fail_at(member.at, value.path, *trouble);
      if (auto secret = read(value)) into.secret_headers.emplace_back(member.key, std::move(*secret));
    }
  };
  return row;
}

/// How they are printed; never how they are written.
Field<HttpModule> shown_secret_headers_row() {
  Field<HttpModule> row;
  row.key = "secret_headers";
  row.expects = "header_files or header_env";
  row.need = Need::hidden;
  row.read = [](const Spot& spot, HttpModule&) {
    spot.fail("may not stand in the configuration itself, expected header_files or header_env");
  };
  row.print = [](const HttpModule& from) {
    std::string out;
    for (const auto& [header, secret] : from.secret_headers)
      out += (out.empty() ? "{ " : ", ") + toml_key(header) + " = " + quote_toml(kRedacted);
    return out.empty() ? out : out + " }";
  };
  return row;
}

/// A body from a file is read with the configuration, and is part of it from then on.
Field<HttpModule> body_file_row() {
  Field<HttpModule> row;
  row.key = "body_file";
  row.expects = "the path of a file";
  row.doc = "of at most 64 KiB, instead of body; read with the configuration and shown in the clear";
  row.read = [expects = row.expects](const Spot& spot, HttpModule& into) {
    const auto path = file_path().read(spot);
    if (!path) return;
    std::string error = "cannot be read";
    const auto& open_file = spot.reading->secrets().open_file;
    auto content = open_file ? open_file(*path, error) : std::nullopt;
    if (!content) return spot.fail(error + ", expected " + expects);
    into.body = std::move(*content);
  };
  return row;
}

Field<HttpModule> proxy_row() {
  Field<HttpModule> row;
  row.key = "proxy";
  row.expects = "a table with url, user and password_file, as of a mirror";
  row.doc = "the proxy to reach targets through";
  row.read = [](const Spot& spot, HttpModule& into) { read_table(spot, proxy_fields(), into.proxy.emplace()); };
  row.section = [](const HttpModule& from, const std::string& header) {
    return from.proxy ? "\n[" + header + "]\n" + print_table(*from.proxy, proxy_fields(), header) : "";
  };
  return row;
}

/// Printed only when something of it is set.
Field<HttpModule> credentials_row(std::string key, const Fields<HttpAuthorization>& fields,
                                  bool (*is_set)(const HttpAuthorization&), std::string doc) {
  auto row = sub_table<HttpModule>(
      std::move(key), [](auto& m) -> auto& { return m.authorization; }, fields, std::move(doc));
  row.section = [section = row.section, is_set](const HttpModule& from, const std::string& header) {
    return is_set(from.authorization) ? section(from, header) : std::string();
  };
  return row;
}

// ---- the table ----------------------------------------------------------------------------------------------

using Rows = Fields<HttpModule>;

void append(Rows& rows, Rows more) {
  for (auto& row : more) rows.push_back(std::move(row));
}

Rows request_rows() {
  using H = HttpModule;
  return {
      otherwise(field<H>("method", &H::method, method(), "of the request"), "\"GET\""),
      field<H>("headers", &H::headers, module_headers(), "sent with the request; shown in the clear"),
      secret_headers_row("header_files", "the path of a file", secret_from_file),
      secret_headers_row("header_env", "the name of an environment variable", secret_from_environment),
      shown_secret_headers_row(),
      field<H>("body", &H::body, any_text("text of at most 64 KiB", kLongestBody), "sent with the request"),
      body_file_row(),
      field<H>("compression", &H::compression, coding(),
               "what is asked for as Accept-Encoding; undone before the body is looked at"),
      otherwise(field<H>("follow_redirects", &H::follow_redirects, flag(), "up to ten"), "true"),
      otherwise(field<H>("enable_http2", &H::enable_http2, flag(), "where TLS settles on it"), "true"),
      field<H>("no_proxy", &H::no_proxy, set_of(text("a host, a .suffix, an address or a network", 253), 256),
               "reached without the proxy"),
      otherwise(field<H>("skip_resolve_phase_with_proxy", &H::skip_resolve_phase_with_proxy, flag(),
                         "the proxy alone resolves the target's name"),
                "false"),
  };
}

Rows expectation_rows() {
  using H = HttpModule;
  return {
      otherwise_words(
          field<H>("valid_status_codes", &H::valid_status_codes, set_of(whole(100, 599), 64), "what is well"),
          "any 2xx"),
      otherwise_words(field<H>("valid_http_versions", &H::valid_http_versions,
                               set_of(one_of({"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"}), 3), "what is well"),
                      "any"),
      otherwise(field<H>("fail_if_ssl", &H::fail_if_ssl, flag(), "TLS, after redirects, is not well"), "false"),
      otherwise(field<H>("fail_if_not_ssl", &H::fail_if_not_ssl, flag(), "neither is its absence"), "false"),
      field<H>("fail_if_body_matches_regexp", &H::fail_if_body_matches, patterns(), "none of them may match"),
      field<H>("fail_if_body_not_matches_regexp", &H::fail_if_body_not_matches, patterns(), "all of them must match"),
      otherwise_words(
          field<H>("body_size_limit", &H::body_size_limit, body_limit(), "a longer body, once unpacked, is not well"),
          "64MiB"),
      header_rules_row("fail_if_header_matches", &H::fail_if_header_matches, "no value of the header may match"),
      header_rules_row("fail_if_header_not_matches", &H::fail_if_header_not_matches,
                       "one value of the header must match"),
  };
}

}  // namespace

const Fields<HttpAuthorization>& basic_auth_fields() {
  using A = HttpAuthorization;
  static const Fields<A> rows = [] {
    Fields<A> made = {required(field<A>("username", &A::user, text("a user name", 256), "for basic authentication"))};
    for (auto& row : secret_fields<A>("password", &A::password, Inline::refused, "the password that goes with it"))
      made.push_back(std::move(row));
    return made;
  }();
  return rows;
}

const Fields<HttpAuthorization>& authorization_fields() {
  using A = HttpAuthorization;
  static const Fields<A> rows = [] {
    Fields<A> made = {
        otherwise(field<A>("type", &A::type, text("a word", 64), "what stands before the credentials"), "\"Bearer\"")};
    for (auto& row : secret_fields<A>("credentials", &A::credentials, Inline::refused, "the rest of the header"))
      made.push_back(std::move(row));
    return made;
  }();
  return rows;
}

const Fields<HttpModule>& http_module_fields() {
  static const Rows rows = [] {
    Rows made = ip_rows<HttpModule>();
    append(made, request_rows());
    append(made, expectation_rows());
    made.push_back(credentials_row(
        "basic_auth", basic_auth_fields(), [](const auto& a) { return !a.user.empty(); }, "who asks"));
    made.push_back(credentials_row(
        "authorization", authorization_fields(), [](const auto& a) { return !a.credentials.empty(); },
        "instead of basic_auth"));
    made.push_back(proxy_row());
    made.push_back(tls_row<HttpModule>());
    return made;
  }();
  return rows;
}

}  // namespace mw
