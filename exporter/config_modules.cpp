// [probe] and [[module]]: their keys, and those of tcp, dns and icmp; what no single key can know of a module.
#include <algorithm>
#include <array>

#include "exporter/config_module_forms.hpp"
#include "probes/probe_policy.hpp"

namespace mw {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <class T>
void append(Fields<T>& rows, Fields<T> more) {
  for (auto& row : more) rows.push_back(std::move(row));
}

// ---- [probe] ------------------------------------------------------------------------------------------------

Form<std::string> allowed() {
  return checked_string(
      "a host such as ftp.debian.org, a glob such as *.example.org, or a network such as 192.0.2.0/24",
      [](const std::string& value) {
        return allow_trouble(value) ? std::optional<std::string>("is no host, glob or network") : std::nullopt;
      });
}

// ---- conversations ------------------------------------------------------------------------------------------

Form<std::optional<Regex>> expected_line() {
  const Form<std::string> written = pattern();
  Form<std::optional<Regex>> form;
  form.expects = written.expects;
  form.read = [written](const Spot& spot) -> std::optional<std::optional<Regex>> {
    const auto value = written.read(spot);
    if (!value) return std::nullopt;
    return Regex(*value);
  };
  form.print = [](const std::optional<Regex>& value) { return value ? quote_toml(value->pattern()) : std::string(); };
  return form;
}

void check_step(const TcpStep& step, const std::string& path, Reading& reading) {
  if (step.expect && !step.expect_bytes.empty())
    reading.fail(path + ".expect_bytes", "is given together with expect, expected only one of them");
  if (!step.labels.empty() && !reading.has(path + ".expect"))
    reading.fail(path + ".labels", "is given without expect, whose groups it takes, expected both or neither");
  const bool idle = !reading.has(path + ".expect") && !reading.has(path + ".expect_bytes") &&
                    !reading.has(path + ".send") && !reading.has(path + ".starttls");
  if (idle) reading.fail(path, "does nothing, expected expect, expect_bytes, send or starttls");
}

// ---- names --------------------------------------------------------------------------------------------------

/// One that `known` finds a number for.
template <class Number>
Form<std::string> dns_word(std::string expects, std::optional<Number> (*known)(std::string_view)) {
  return checked_string(std::move(expects), [known](const std::string& value) {
    return known(value) ? std::nullopt : std::optional<std::string>("'" + printable(value, 64) + "' is not known");
  });
}

Form<bool> over_tcp() {
  const Form<std::string> word = one_of({"udp", "tcp"});
  Form<bool> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<bool> {
    const auto value = word.read(spot);
    return value ? std::optional(*value == "tcp") : std::nullopt;
  };
  form.print = [](const bool& tcp) { return quote_toml(tcp ? "tcp" : "udp"); };
  return form;
}

Field<DnsModule> section_row(std::string key, RecordRules DnsModule::*rules) {
  const std::string doc = "of the records in that section of the answer";
  return unless_empty(sub_table<DnsModule>(std::move(key), rules, record_rule_fields(), doc));
}

// ---- modules ------------------------------------------------------------------------------------------------

constexpr std::array kProbers = {Prober::http, Prober::tcp, Prober::dns, Prober::icmp};

Form<Prober> prober() {
  std::vector<std::string> words;
  for (const Prober each : kProbers) words.emplace_back(name(each));
  const Form<std::string> word = one_of(words);
  Form<Prober> form;
  form.expects = word.expects;
  form.read = [word](const Spot& spot) -> std::optional<Prober> {
    const auto value = word.read(spot);
    for (const Prober each : kProbers)
      if (value && *value == name(each)) return each;
    return std::nullopt;
  };
  form.print = [](const Prober& value) { return quote_toml(name(value)); };
  return form;
}

/// Printed only for its own prober.
template <class Options>
Field<Module> prober_row(Prober prober, Options Module::*options, const Fields<Options>& fields) {
  auto row = sub_table<Module>(std::string(name(prober)), options, fields, "options of this prober");
  row.section = [section = row.section, prober](const Module& from, const std::string& header) {
    return from.prober == prober ? section(from, header) : std::string();
  };
  return row;
}

/// Zero is what is not said.
Form<Duration> module_timeout() {
  Form<Duration> form = span(milliseconds(10), minutes(10));
  form.print = [print = form.print](const Duration& value) { return value.count() == 0 ? "" : print(value); };
  return form;
}

/// Tables of another prober than the module's own would do nothing.
void refuse_foreign_tables(const Spot& module) {
  const TomlNode* own = module.node->find("prober");
  if (own == nullptr) return;
  const auto is_own = [&](Prober each) { return own->text == name(each); };
  if (std::none_of(kProbers.begin(), kProbers.end(), is_own)) return;
  for (const Prober each : kProbers)
    if (!is_own(each) && module.node->find(name(each)) != nullptr)
      module.reading->fail(module.path_of(name(each)),
                           "belongs to another prober, expected only options of '" + own->text + "'");
}

void check_tls(const TlsOptions& tls, const TlsTerms& terms, const std::string& path, Reading& reading) {
  check_client_certificate(tls, path, reading);
  if (terms.least != TlsVersion::any && terms.most != TlsVersion::any && terms.least > terms.most)
    reading.fail(path + ".min_version", "is newer than max_version, expected one that is not");
}

void check_secret(const std::string& path, const std::string& key, Reading& reading) {
  if (!reading.has(path)) return;
  for (const char* suffix : {"", "_file", "_env"})
    if (reading.has(path + "." + key + suffix)) return;
  reading.fail(path, "has no " + key + ", expected " + key + "_file or " + key + "_env");
}

void check_http(const HttpModule& http, const std::string& path, Reading& reading) {
  check_tls(http.tls, http.tls_terms, path + ".tls_config", reading);
  check_secret(path + ".basic_auth", "password", reading);
  check_secret(path + ".authorization", "credentials", reading);
  if (reading.has(path + ".basic_auth") && reading.has(path + ".authorization"))
    reading.fail(path + ".authorization", "is given together with basic_auth, expected only one of them");
  if (reading.has(path + ".body") && reading.has(path + ".body_file"))
    reading.fail(path + ".body_file", "is given together with body, expected only one of them");
  if (http.fail_if_ssl && http.fail_if_not_ssl)
    reading.fail(path + ".fail_if_not_ssl", "leaves nothing that is well beside fail_if_ssl, expected one of them");
  if (reading.has(path + ".no_proxy") && !reading.has(path + ".proxy"))
    reading.fail(path + ".no_proxy", "does nothing without a proxy, expected proxy as well");
}

void check_tcp(const TcpModule& tcp, const std::string& path, Reading& reading) {
  check_tls(tcp.tls, tcp.tls_terms, path + ".tls_config", reading);
  for (std::size_t i = 0; i < tcp.query_response.size(); ++i)
    check_step(tcp.query_response[i], path + ".query_response[" + std::to_string(i) + "]", reading);
}

void check_dns(const DnsModule& dns, const std::string& path, Reading& reading) {
  check_tls(dns.tls, dns.tls_terms, path + ".tls_config", reading);
  if (!reading.has(path + ".query_name"))
    reading.fail(path + ".query_name", "is missing, expected the name to ask for");
}

void check_module(const Module& module, const std::string& path, Reading& reading) {
  const std::string table = path + "." + std::string(name(module.prober));
  if (module.prober == Prober::http) check_http(module.http, table, reading);
  if (module.prober == Prober::tcp) check_tcp(module.tcp, table, reading);
  if (module.prober == Prober::dns && reading.has(path + ".prober")) check_dns(module.dns, table, reading);
  if (const auto trouble = module_trouble(module); trouble && reading.ok())
    reading.fail(path, "cannot be run (" + *trouble + "), expected a module without that");
}

}  // namespace

const Fields<ProbeConfig>& probe_fields() {
  using P = ProbeConfig;
  static const Fields<P> rows = {
      otherwise_words(field<P>("allow", &P::allow, set_of(allowed(), 1024),
                               "what /probe may look at beside the mirrors of this configuration: a host by its name, "
                               "wherever it is; a glob, or "
                               "* for any host, at public addresses only; a network by its addresses"),
                      "nothing"),
      otherwise(field<P>("timeout_offset", &P::timeout_offset, span(Duration::zero(), seconds(10)),
                         "taken off the time that a scrape allows"),
                "\"500ms\""),
      otherwise(
          field<P>("history", &P::history, whole_size(1, 10'000), "probes whose log is kept, and as many that failed"),
          "100"),
  };
  return rows;
}

const Fields<TcpStep>& step_fields() {
  using S = TcpStep;
  static const Fields<S> rows = {
      field<S>("expect", &S::expect, expected_line(), "lines are read until one matches"),
      field<S>("expect_bytes", &S::expect_bytes, any_text("text of at most 4 KiB", 4096),
               "these very bytes must come next"),
      field<S>("labels", &S::labels, caught_labels(),
               "of probe_expect_info; ${1} and ${name} are what the groups of expect caught"),
      field<S>("send", &S::send, any_text("text of at most 4 KiB", 4096), "a line to send, ${1} and ${name} filled in"),
      otherwise(field<S>("starttls", &S::starttls, flag(), "go over to TLS after that"), "false"),
  };
  return rows;
}

const Fields<TcpModule>& tcp_module_fields() {
  using T = TcpModule;
  static const Fields<T> rows = [] {
    Fields<T> made = ip_rows<T>();
    made.push_back(source_row<T>());
    made.push_back(otherwise(field<T>("tls", &T::use_tls, flag(), "TLS from the start"), "false"));
    made.push_back(table_list<T>("query_response", &T::query_response, step_fields(), "a conversation, step by step"));
    made.push_back(tls_row<T>());
    return made;
  }();
  return rows;
}

const Fields<TcpModule>& module_tls_fields() { return tls_fields<TcpModule>(); }

const Fields<RecordRules>& record_rule_fields() {
  using R = RecordRules;
  static const Fields<R> rows = {
      field<R>("fail_if_matches_regexp", &R::fail_if_matches, patterns(), "no record may match any of them"),
      field<R>("fail_if_all_match_regexp", &R::fail_if_all_match, patterns(), "not every record may match all of them"),
      field<R>("fail_if_not_matches_regexp", &R::fail_if_not_matches, patterns(),
               "every record must match all of them"),
      field<R>("fail_if_none_matches_regexp", &R::fail_if_none_matches, patterns(),
               "some record must match one of them"),
  };
  return rows;
}

const Fields<DnsModule>& dns_module_fields() {
  using D = DnsModule;
  static const Fields<D> rows = [] {
    Fields<D> made = ip_rows<D>();
    append(
        made,
        {source_row<D>(), otherwise(field<D>("transport_protocol", &D::over_tcp, over_tcp(), "how to ask"), "\"udp\""),
         otherwise(field<D>("dns_over_tls", &D::over_tls, flag(), "over TLS, at port 853 unless told otherwise"),
                   "false"),
         field<D>("query_name", &D::query_name, text("a domain name", 253), "what is asked for; it must be there"),
         otherwise(field<D>("query_type", &D::query_type,
                            dns_word("a type of record such as SOA or TYPE65", record_type), "of the records"),
                   "\"ANY\""),
         otherwise(field<D>("query_class", &D::query_class, dns_word("a class such as IN", record_class), "of them"),
                   "\"IN\""),
         otherwise(field<D>("recursion_desired", &D::recursion_desired, flag(), "whether the server is to ask others"),
                   "true"),
         otherwise_words(
             field<D>("valid_rcodes", &D::valid_rcodes,
                      set_of(dns_word("a response code such as NXDOMAIN", response_code), 32), "what is well"),
             "NOERROR"),
         section_row("validate_answer_rrs", &D::answer), section_row("validate_authority_rrs", &D::authority),
         section_row("validate_additional_rrs", &D::additional), tls_row<D>()});
    return made;
  }();
  return rows;
}

const Fields<IcmpModule>& icmp_module_fields() {
  using I = IcmpModule;
  static const Fields<I> rows = [] {
    Fields<I> made = ip_rows<I>();
    append(made, {source_row<I>(),
                  otherwise(field<I>("payload_size", &I::payload_size, whole_size(0, 65'500), "bytes"), "28"),
                  otherwise(field<I>("dont_fragment", &I::dont_fragment, flag(), "IPv4 only"), "false"),
                  otherwise(field<I>("ttl", &I::ttl, whole(1, 255), "hops that the packet lives for"), "64")});
    return made;
  }();
  return rows;
}

const Fields<Module>& module_fields() {
  using M = Module;
  static const Fields<M> rows = {
      required(field<M>("name", &M::name, name_form(), "what /probe calls it: ?module=NAME; unique")),
      required(field<M>("prober", &M::prober, prober(), "what it speaks")),
      otherwise_words(field<M>("timeout", &M::timeout, module_timeout(), "of one probe, if the scrape allows more"),
                      "what the scrape allows"),
      prober_row(Prober::http, &M::http, http_module_fields()),
      prober_row(Prober::tcp, &M::tcp, tcp_module_fields()),
      prober_row(Prober::dns, &M::dns, dns_module_fields()),
      prober_row(Prober::icmp, &M::icmp, icmp_module_fields()),
  };
  return rows;
}

Field<Draft> module_list_row() {
  auto row = table_list<Draft>("module", &Draft::modules, module_fields(), "how /probe looks at a target");
  row.read = [read = row.read](const Spot& spot, Draft& into) {
    read(spot, into);
    if (spot.node->kind != TomlNode::Kind::array) return;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i) refuse_foreign_tables(spot.item(i));
  };
  return row;
}

void check_modules(const Draft& draft, Reading& reading) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < draft.modules.size(); ++i) {
    const std::string path = "module[" + std::to_string(i) + "]";
    check_name(draft.modules[i].name, path + ".name", seen, reading);
    check_module(draft.modules[i], path, reading);
  }
}

}  // namespace mw
