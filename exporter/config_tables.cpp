// Every key there is: what it is called, how it is read, what it defaults to, what it is for.
#include "exporter/config_tables.hpp"

#include <algorithm>
#include <iterator>

#include "exporter/config_forms.hpp"
#include "probes/duration.hpp"

namespace mw {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr hours kDay{24};

template <class T>
void append(Fields<T>& rows, Fields<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(rows));
}

// ---- mirrors ------------------------------------------------------------------------------------------------

/// Absent, or a table of its own.
Field<Mirror> proxy_row() {
  Field<Mirror> row;
  row.key = "proxy";
  row.expects = "a table";
  row.doc = "the proxy to reach this mirror through";
  row.read = [](const Spot& spot, Mirror& mirror) { read_table(spot, proxy_fields(), mirror.proxy.emplace()); };
  row.section = [](const Mirror& mirror, const std::string& header) {
    return mirror.proxy ? "\n[" + header + "]\n" + print_table(*mirror.proxy, proxy_fields(), header) : "";
  };
  return row;
}

Field<Mirror> mirror_name_row() {
  return field<Mirror>("name", &Mirror::name, name_form(),
                       "what it is called in labels and notices; unique in the pool");
}

Fields<Mirror> mirror_rows(Field<Mirror> name) {
  using M = Mirror;
  Fields<M> rows = {
      std::move(name),
      required(field<M>("url", &M::url, mirror_url(), "what paths are appended to; no user name, no query")),
      otherwise(field<M>("priority", &M::priority, whole(1, 1000), "1 is advised first"), "1"),
      field<M>("labels", &M::labels, labels(), "more labels of its own"),
      field<M>(
          "user", [](auto& m) -> auto& { return m.credentials.user; }, text("a user name", 256),
          "for HTTP basic authentication, with a password"),
  };
  append(rows, secret_fields<M>(
                   "password", [](auto& m) -> auto& { return m.credentials.password; }, Inline::refused,
                   "the password that goes with user"));
  append(rows, secret_fields<M>(
                   "bearer", [](auto& m) -> auto& { return m.credentials.bearer; }, Inline::refused,
                   "a bearer token instead of user and password"));
  append(
      rows,
      {
          field<M>("headers", &M::headers, headers(),
                   "sent to this mirror only, never on to a redirect; shown in the clear"),
          field<M>(
              "ca_file", [](auto& m) -> auto& { return m.tls.ca_file; }, file_path(),
              "PEM: trust these authorities instead of the system's"),
          field<M>(
              "cert_file", [](auto& m) -> auto& { return m.tls.cert_file; }, file_path(),
              "PEM: the client certificate, with key_file"),
          field<M>(
              "key_file", [](auto& m) -> auto& { return m.tls.key_file; }, file_path(), "PEM: the key of cert_file"),
          proxy_row(),
          otherwise_words(field<M>("parent", &M::parent, name_form(),
                                   "the mirror of this pool that it copies from: when both are behind, that one is to "
                                   "blame"),
                          "the reference"),
      });
  return rows;
}

/// Either a URL or a table like a mirror's.
Mirror read_reference(const Spot& spot) {
  Mirror mirror;
  mirror.reference = true;
  if (spot.node->kind != TomlNode::Kind::string) {
    if (spot.is(TomlNode::Kind::table, "a URL or a table with one")) read_table(spot, reference_fields(), mirror);
    return mirror;
  }
  if (auto url = mirror_url().read(spot)) mirror.url = std::move(*url);
  return mirror;
}

Field<Pool> reference_row() {
  Field<Pool> row;
  row.key = "reference";
  row.expects = "a list of URLs, or of tables like a mirror's";
  row.doc = "the upstreams that mirrors are compared with; several agree by majority. Needed for freshness";
  row.read = [expects = row.expects](const Spot& spot, Pool& pool) {
    if (!is_list(spot, expects, 16)) return;
    std::vector<Mirror> references;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i) references.push_back(read_reference(spot.item(i)));
    pool.mirrors.insert(pool.mirrors.begin(), references.begin(), references.end());
  };
  row.section = [](const Pool& pool, const std::string& header) {
    std::string out;
    for (const Mirror& mirror : pool.mirrors)
      if (mirror.reference) out += "\n[[" + header + "]]\n" + print_table(mirror, reference_fields(), header);
    return out;
  };
  return row;
}

Field<Pool> mirror_row() {
  Field<Pool> row = table_list<Pool>("mirror", &Pool::mirrors, mirror_fields(), "the mirrors to watch");
  row.expects = "at least one [[pool.mirror]], or a list of them";
  row.section = [](const Pool& pool, const std::string& header) {
    std::string out;
    for (const Mirror& mirror : pool.mirrors)
      if (!mirror.reference && !mirror.listed)
        out += "\n[[" + header + "]]\n" + print_table(mirror, mirror_fields(), header);
    return out;
  };
  return row;
}

// ---- pools --------------------------------------------------------------------------------------------------

/// A name, or a table that also pins its digest.
Form<Canary> canary_form() {
  const Form<std::string> canary_name = text("the name of a canary", 512);
  Form<Canary> form;
  form.expects = "a name, or a table with name and sha256";
  form.read = [canary_name, expects = form.expects](const Spot& spot) -> std::optional<Canary> {
    Canary canary;
    if (spot.node->kind == TomlNode::Kind::string) {
      canary.name = canary_name.read(spot).value_or("");
      return canary;
    }
    if (spot.is(TomlNode::Kind::table, expects)) read_table(spot, canary_fields(), canary);
    return canary;
  };
  form.print = [](const Canary& canary) {
    return canary.sha256.empty() ? quote_toml(canary.name) : print_inline(canary, canary_fields());
  };
  return form;
}

constexpr auto kOptionExpects = "a string";

/// Ecosystems take text; a number may be written as one.
void read_option(const Spot& spot, Pool& pool) {
  const std::string key = spot.path.substr(spot.path.rfind('.') + 1);
  if (spot.node->kind == TomlNode::Kind::integer)
    pool.options[key] = std::to_string(spot.node->integer);
  else if (auto value = text(kOptionExpects, 1024).read(spot))
    pool.options[key] = std::move(*value);
}

Field<Pool> option_row(const EcosystemOption& option) {
  Field<Pool> row;
  row.key = option.key;
  row.expects = kOptionExpects;
  row.doc = option.doc;
  row.need = option.required ? Need::required : Need::optional;
  if (!option.required && !option.fallback.empty()) row.fallback = quote_toml(option.fallback);
  row.read = read_option;
  row.print = [key = row.key](const Pool& pool) {
    const auto found = pool.options.find(key);
    return found == pool.options.end() || found->second.empty() ? std::string() : quote_toml(found->second);
  };
  return row;
}

/// [pool.apt]: printed only for the pool's own ecosystem.
Field<Pool> ecosystem_row(const Ecosystem& ecosystem) {
  Field<Pool> row;
  row.key = ecosystem.name;
  row.expects = "a table";
  row.doc = "options of this ecosystem";
  row.read = [&ecosystem](const Spot& spot, Pool& pool) { read_table(spot, option_fields(ecosystem), pool); };
  row.section = [&ecosystem](const Pool& pool, const std::string& header) {
    if (pool.ecosystem != ecosystem.name || ecosystem.options.empty()) return std::string();
    return "\n[" + header + "]\n" + print_table(pool, option_fields(ecosystem), header);
  };
  return row;
}

/// "15m for apt, 5m for file …": the defaults are the ecosystems' own.
std::string paces(Duration Ecosystem::*pace) {
  std::string words;
  for (const Ecosystem* ecosystem : ecosystems())
    words += (words.empty() ? "" : ", ") + format_duration(ecosystem->*pace) + " for " + std::string(ecosystem->name);
  return words;
}

Fields<Pool> pool_rows() {
  using P = Pool;
  std::vector<std::string> names;
  for (const Ecosystem* ecosystem : ecosystems()) names.emplace_back(ecosystem->name);
  const Form<Duration> interval = span(std::chrono::seconds(1), 7 * kDay);
  Fields<P> rows = {
      required(field<P>("name", &P::name, name_form(), "what it is called in labels; unique")),
      required(field<P>("ecosystem", &P::ecosystem, one_of(names), "what its mirrors speak")),
      field<P>("canaries", &P::canaries, list_of(canary_form(), 64), "what is looked at in depth, for the rest"),
      otherwise_words(field<P>("interval", &P::interval, interval, "between two looks"), paces(&Ecosystem::pace)),
      otherwise_words(field<P>("integrity_interval", &P::integrity_interval, span(std::chrono::seconds(1), 30 * kDay),
                               "between two integrity checks, which cost more; not shorter than interval"),
                      paces(&Ecosystem::integrity_pace) + "; or interval if that is longer"),
      otherwise_words(field<P>("timeout", &P::timeout, span(milliseconds(10), minutes(5)),
                               "for one check as a whole; shorter than interval"),
                      "5s, or half of interval if that is less"),
      otherwise(field<P>("checks", &P::checks, set_of(check_kind(), 16),
                         "what to look at; one that does not apply to a mirror is left out for it"),
                R"(["dns", "tcp", "tls", "http", "freshness", "integrity"])"),
      field<P>("sample", &P::sample, set_of(text("a name, as a canary's", 512), 10'000),
               "names looked at in rotation, beside the canaries"),
      otherwise(field<P>("sample_size", &P::sample_size, whole_size(1, 64), "of these, in each round"), "3"),
      otherwise(field<P>("grace", &P::grace, span(std::chrono::seconds(0), 30 * kDay),
                         "a mirror this little behind is still fresh: it copies on a schedule of its own"),
                "\"0s\""),
      otherwise(
          field<P>("quorum", &P::quorum, whole_size(1, 16),
                   "references that must serve a version before it counts as the upstream's; without a reference, "
                   "mirrors"),
          "1"),
      field<P>("resolvers", &P::resolvers, set_of(resolver(), 16), "DNS servers to ask instead of the system's"),
      otherwise(field<P>("fail_after", &P::fail_after, whole(1, 100), "failures in a row before one counts"), "3"),
      otherwise(field<P>("recover_after", &P::recover_after, whole(1, 100), "successes in a row before one counts"),
                "2"),
      otherwise_words(field<P>("confirm_every", &P::confirm_every, interval,
                               "between two looks while such a change is pending; not longer than interval"),
                      "5s, or interval if that is less"),
      sub_table<P>("http", &P::http, http_fields(), "what the http check asks, and what it wants to see"),
  };
  for (const Ecosystem* ecosystem : ecosystems()) rows.push_back(ecosystem_row(*ecosystem));
  rows.push_back(reference_row());
  rows.push_back(mirror_row());
  rows.push_back(table_list<P>("file_sd", &P::file_lists, file_list_fields(), "lists of more mirrors, in files"));
  rows.push_back(table_list<P>("http_sd", &P::web_lists, web_list_fields(), "lists of more mirrors, on the web"));
  return rows;
}

// ---- alerts -------------------------------------------------------------------------------------------------

Fields<Rule> rule_rows() {
  using R = Rule;
  const Form<std::vector<std::string>> names = set_of(name_form(), 64);
  return {
      required(field<R>("name", &R::name, name_form(), "the label alertname; unique")),
      required(field<R>("when", &R::when, condition(), "what must be true of a mirror")),
      otherwise(field<R>("for", &R::hold, span(std::chrono::seconds(0), 30 * kDay), "how long it must be true"),
                "\"0s\""),
      otherwise(field<R>("keep_firing", &R::keep_firing, span(std::chrono::seconds(0), 30 * kDay),
                         "how long it must be over before it resolves"),
                "\"0s\""),
      otherwise_words(field<R>("clear", &R::clear, condition(), "what ends it, once it fires"),
                      "that when is no longer true"),
      otherwise(field<R>("severity", &R::severity, name_form(), "the label severity"), "\"warning\""),
      field<R>("labels", &R::labels, labels(), "more labels"),
      field<R>("annotations", &R::annotations, annotations(),
               "texts for people; `{{ $labels.NAME }}` and `{{ $value }}` are filled in"),
      otherwise_words(field<R>("pools", &R::pools, names, "the pools it looks at"), "all pools"),
      field<R>("notify", &R::notify, names, "the receivers to tell"),
      field<R>("inhibited_by", &R::inhibited_by, names,
               "rules that keep this one silent while they are pending or firing for the same mirror"),
  };
}

// ---- the watchdog -------------------------------------------------------------------------------------------

/// Where there is none, nothing is printed of it.
Field<Draft> watchdog_row() {
  Field<Draft> row = sub_table<Draft>("watchdog", &Draft::watchdog, watchdog_fields(), "the dead man's switch");
  row.section = [print = row.section](const Draft& draft, const std::string& header) {
    return draft.watchdog.url.empty() ? std::string() : print(draft, header);
  };
  return row;
}

// ---- the agent ----------------------------------------------------------------------------------------------

Fields<AgentConfig> agent_rows() {
  using A = AgentConfig;
  Fields<A> rows = {
      field<A>("vantage", &A::vantage, name_form(), "the place this agent looks from; a label of every notice"),
      field<A>("contact", &A::contact, contact(), "in the User-Agent, so that operators can reach us"),
      field<A>("external_url", &A::external_url, page_url(), "where people find this agent; links in notices"),
      otherwise_words(
          field<A>("state", &A::state, file_path(), "directory for what must survive a restart; made if missing"),
          "none: lag and the ledger begin anew at every start"),
      field<A>("controls", &A::controls, list_of(mirror_url(), 8),
               "hosts that are hardly ever down; asked only when most mirrors cannot be reached, to tell our own "
               "outage from theirs"),
      otherwise(field<A>("concurrency", &A::concurrency, whole(1, 4096), "checks running at once"), "64"),
      otherwise(field<A>("concurrency_per_host", &A::concurrency_per_host, whole(1, 256),
                         "of these, against one host; not more than concurrency"),
                "2"),
      otherwise(field<A>("gap_per_host", &A::gap_per_host, span(Duration::zero(), minutes(1)),
                         "between the starts of two checks of one host"),
                "\"100ms\""),
      otherwise(field<A>("bytes_per_host_per_day", &A::bytes_per_host_per_day,
                         byte_count(std::uint64_t{1} << 20U, std::uint64_t{1} << 40U),
                         "what the checks http, freshness and integrity may fetch from one host; refills evenly"),
                "\"1GiB\""),
      otherwise(field<A>("evaluation_interval", &A::evaluation_interval, span(milliseconds(10), hours(1)),
                         "between two evaluations of the rules"),
                "\"5s\""),
  };
  append(rows, secret_fields<A>("api_token", &A::api_token, Inline::refused,
                                "a bearer token: who sends it may lay silences and acknowledge alerts; without one, "
                                "nobody may"));
  return rows;
}

}  // namespace

const Fields<Mirror>& mirror_fields() {
  static const Fields<Mirror> rows = mirror_rows(required(mirror_name_row()));
  return rows;
}

const Fields<Mirror>& reference_fields() {
  static const Fields<Mirror> rows = mirror_rows(otherwise_words(mirror_name_row(), "the URL's host"));
  return rows;
}

const Fields<Proxy>& proxy_fields() {
  static const Fields<Proxy> rows = [] {
    using P = Proxy;
    Fields<P> made = {
        required(field<P>("url", &P::url, proxy_url(), "http://host:port or socks5://host:port")),
        field<P>(
            "user", [](auto& p) -> auto& { return p.credentials.user; }, text("a user name", 256),
            "for the proxy's own authentication"),
    };
    append(made, secret_fields<P>(
                     "password", [](auto& p) -> auto& { return p.credentials.password; }, Inline::refused,
                     "the password that goes with user"));
    return made;
  }();
  return rows;
}

const Fields<Canary>& canary_fields() {
  static const Fields<Canary> rows = {
      required(field<Canary>("name", &Canary::name, text("the name of a canary", 512), "as the ecosystem calls it")),
      field<Canary>("sha256", &Canary::sha256, sha256(), "the digest that its bytes must have"),
  };
  return rows;
}

const Fields<HttpExpectation>& http_fields() {
  using H = HttpExpectation;
  static const Fields<H> rows = {
      otherwise_words(field<H>("path", &H::path, request_path(), "appended to the mirror's URL"), "the URL itself"),
      otherwise(field<H>("method", &H::method, one_of({"GET", "HEAD", "POST"}), "of the request"), "\"GET\""),
      field<H>("headers", &H::headers, headers(), "sent with the request"),
      otherwise_words(field<H>("status", &H::status, set_of(whole(100, 599), 32), "the status codes that are good"),
                      "any 2xx"),
      field<H>("body_matches", &H::body_matches, pattern(), "must match somewhere in the body"),
      field<H>("body_not_matches", &H::body_not_matches, pattern(), "must not match anywhere in the body"),
      field<H>("header_matches", &H::header_matches, header_patterns(), "header fields that must match"),
  };
  return rows;
}

const Fields<Pool>& option_fields(const Ecosystem& ecosystem) {
  static const std::map<std::string_view, Fields<Pool>> all = [] {
    std::map<std::string_view, Fields<Pool>> made;
    for (const Ecosystem* each : ecosystems())
      for (const EcosystemOption& option : each->options) made[each->name].push_back(option_row(option));
    return made;
  }();
  static const Fields<Pool> none;
  const auto found = all.find(ecosystem.name);
  return found == all.end() ? none : found->second;
}

const Fields<Pool>& pool_fields() {
  static const Fields<Pool> rows = pool_rows();
  return rows;
}

const Fields<Rule>& rule_fields() {
  static const Fields<Rule> rows = rule_rows();
  return rows;
}

const Fields<AgentConfig>& agent_fields() {
  static const Fields<AgentConfig> rows = agent_rows();
  return rows;
}

const Fields<Draft>& root_fields() {
  static const Fields<Draft> rows = [] {
    Field<Draft> pools = table_list<Draft>("pool", &Draft::pools, pool_fields(), "mirrors that serve the same content");
    pools.expects = "at least one [[pool]]";
    return Fields<Draft>{
        sub_table<Draft>("agent", &Draft::agent, agent_fields(), "the agent itself"),
        std::move(pools),
        table_list<Draft>("alert", &Draft::rules, rule_fields(), "rules"),
        table_list<Draft>("receiver", &Draft::receivers, receiver_fields(), "who is told"),
        table_list<Draft>("maintenance", &Draft::maintenance, maintenance_fields(),
                          "when nobody is told of certain alerts"),
        watchdog_row(),
        sub_table<Draft>("probe", &Draft::probe, probe_fields(), "what /probe may look at, and how"),
        module_list_row(),
    };
  }();
  return rows;
}

}  // namespace mw
