// [[receiver]]: its own keys, and one table for each kind of receiver, made from what the kind says of itself.
#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kMostEndpoints = 16;
constexpr auto kOptionExpects = "a string";

struct SecretAt {
  std::string key;
  Secret& operator()(Receiver& receiver) const { return receiver.secrets[key]; }
  const Secret& operator()(const Receiver& receiver) const { return receiver.secret(key); }
};

/// Receivers take text; a number may be written as one.
void read_option(const Spot& spot, Receiver& receiver) {
  const std::string key = spot.path.substr(spot.path.rfind('.') + 1);
  if (spot.node->kind == TomlNode::Kind::integer)
    receiver.options[key] = std::to_string(spot.node->integer);
  else if (auto value = text(kOptionExpects, 1024).read(spot))
    receiver.options[key] = std::move(*value);
}

Field<Receiver> option_row(const ReceiverOption& option) {
  Field<Receiver> row;
  row.key = option.key;
  row.expects = kOptionExpects;
  row.doc = option.doc;
  row.need = option.required ? Need::required : Need::optional;
  if (!option.fallback.empty()) row = otherwise(std::move(row), quote_toml(std::string(option.fallback)));
  row.read = read_option;
  row.print = [key = row.key](const Receiver& receiver) {
    const std::string& value = receiver.option(key);
    return value.empty() ? value : quote_toml(value);
  };
  return row;
}

/// A list beside the one value: kept with a space between two, which none of them can hold.
Field<Receiver> or_list(Field<Receiver> row) {
  row.expects += ", or a list of strings";
  row.read = [one = row.read, key = row.key](const Spot& spot, Receiver& receiver) {
    if (spot.node->kind != TomlNode::Kind::array) return one(spot, receiver);
    if (!is_only_source(spot, key) || !is_list(spot, "a list of strings", kMostEndpoints)) return;
    std::string all;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i)
      if (const auto value = secret_inline(spot.item(i), Inline::allowed))
        all += (all.empty() ? "" : " ") + value->reveal();
    receiver.secrets[key] = Secret(std::move(all));
  };
  return row;
}

Fields<Receiver> rows_of(const ReceiverKind& kind) {
  Fields<Receiver> rows;
  for (const ReceiverOption& option : kind.options) {
    const std::string key(option.key);
    const std::string doc = std::string(option.doc) + (option.required ? "; exactly one of the three" : "");
    Fields<Receiver> more = option.secret ? secret_fields<Receiver>(key, SecretAt{key}, Inline::allowed, doc)
                                          : Fields<Receiver>{option_row(option)};
    if (option.several) more[0] = or_list(std::move(more[0]));
    for (Field<Receiver>& row : more) rows.push_back(std::move(row));
  }
  return rows;
}

/// One receiver is of one kind: the first that is named.
Field<Receiver> kind_row(const ReceiverKind& kind) {
  Field<Receiver> row;
  row.key = kind.name;
  row.expects = "a table";
  row.doc = kind.doc;
  row.read = [&kind](const Spot& spot, Receiver& receiver) {
    if (!receiver.kind.empty())
      return spot.fail("is a second kind, expected only '" + receiver.kind + "': make it a receiver of its own");
    if (spot.node->kind == TomlNode::Kind::table) receiver.kind = kind.name;
    read_table(spot, kind_fields(kind), receiver);
  };
  row.section = [&kind](const Receiver& receiver, const std::string& header) {
    if (receiver.kind != kind.name) return std::string();
    return "\n[" + header + "]\n" + print_table(receiver, kind_fields(kind), header);
  };
  return row;
}

Fields<Receiver> receiver_rows() {
  using R = Receiver;
  Fields<R> rows = {
      required(field<R>("name", &R::name, name_form(), "what rules call it in notify; unique")),
      otherwise(field<R>("language", &R::language, language_form(), "of what it is told: en or zh"), "\"en\""),
      otherwise(field<R>("timeout", &R::timeout, span(milliseconds(10), minutes(2)), "for one attempt"), "\"10s\""),
      otherwise(field<R>("send_resolved", &R::send_resolved, flag(), "tell the all-clear too"), "true"),
      otherwise(
          field<R>("group_by", &R::group_by, set_of(label_form(), 16), "alerts that share these labels share messages"),
          R"(["alertname", "pool"])"),
      otherwise(
          field<R>("group_wait", &R::group_wait, span(Duration::zero(), minutes(10)), "before a group's first message"),
          "\"30s\""),
      otherwise(field<R>("group_interval", &R::group_interval, span(Duration::zero(), hours(24)),
                         "between two messages of a group"),
                "\"5m\""),
      otherwise(field<R>("repeat_interval", &R::repeat_interval, span(minutes(1), hours(24 * 30)),
                         "before a group is reminded of what still fires"),
                "\"4h\""),
  };
  for (const ReceiverKind* kind : receiver_kinds()) rows.push_back(kind_row(*kind));
  return rows;
}

std::string kind_list() {
  std::string list;
  for (const ReceiverKind* kind : receiver_kinds()) list += (list.empty() ? "" : ", ") + std::string(kind->name);
  return list;
}

/// The key that the value came from: KEY, KEY_file or KEY_env.
std::string source_of(const std::string& path, const Reading& reading) {
  for (const char* suffix : {"", "_file", "_env"})
    if (reading.has(path + suffix)) return path + suffix;
  return path;
}

/// A required secret has three keys, none of which is required alone.
void check_secrets(const ReceiverKind& kind, const std::string& table, Reading& reading) {
  for (const ReceiverOption& option : kind.options) {
    const std::string key(option.key);
    const std::string path = table + "." + key;
    if (option.required && option.secret && !reading.has(source_of(path, reading)))
      reading.fail(path, "is missing, expected " + key + ", " + key + "_file or " + key + "_env");
  }
}

/// A kind that is no table has been complained of.
bool names_a_kind(const std::string& path, const Reading& reading) {
  const auto& kinds = receiver_kinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const ReceiverKind* kind) { return reading.has(path + "." + std::string(kind->name)); });
}

/// The defaults stand in what print-config prints, and are not complained of.
void check_times(const Receiver& receiver, const std::string& path, Reading& reading) {
  const Receiver usual;
  const auto idle = [&](const char* key, bool is_usual) {
    if (!is_usual)
      reading.fail(path + "." + key,
                   "does nothing here, for " + receiver.kind + " groups and repeats by itself, expected none");
  };
  idle("group_by", receiver.group_by == usual.group_by);
  idle("group_wait", receiver.group_wait == usual.group_wait);
  idle("group_interval", receiver.group_interval == usual.group_interval);
  idle("repeat_interval", receiver.repeat_interval == usual.repeat_interval);
}

void check_kind(const Receiver& receiver, const std::string& path, Reading& reading) {
  const ReceiverKind* kind = find_receiver_kind(receiver.kind);
  if (kind == nullptr && names_a_kind(path, reading)) return;
  if (kind == nullptr) return reading.fail(path, "does not say what it is, expected a table of one of " + kind_list());
  const std::string table = path + "." + receiver.kind;
  check_secrets(*kind, table, reading);
  if (forgets(receiver)) check_times(receiver, path, reading);
  if (kind->option_troubles == nullptr) return;
  for (const OptionTrouble& trouble : kind->option_troubles(receiver)) {
    const std::string named = table + "." + std::string(trouble.key);
    const std::string source = source_of(named, reading);
    reading.fail(source, source == named ? trouble.what : "leads to a value that " + trouble.what);
  }
}

}  // namespace

const Fields<Receiver>& kind_fields(const ReceiverKind& kind) {
  static const std::map<std::string_view, Fields<Receiver>> all = [] {
    std::map<std::string_view, Fields<Receiver>> made;
    for (const ReceiverKind* each : receiver_kinds()) made[each->name] = rows_of(*each);
    return made;
  }();
  return all.at(kind.name);
}

const Fields<Receiver>& receiver_fields() {
  static const Fields<Receiver> rows = receiver_rows();
  return rows;
}

Config with_endpoints(Config config) {
  std::map<std::string, std::vector<std::string>> names;
  std::vector<Receiver> endpoints;
  for (const Receiver& receiver : config.receivers)
    for (Receiver& endpoint : endpoints_of(receiver)) {
      names[receiver.name].push_back(endpoint.name);
      endpoints.push_back(std::move(endpoint));
    }
  config.receivers = std::move(endpoints);
  for (Rule& rule : config.rules) {
    std::vector<std::string> notify;
    for (const std::string& name : rule.notify) notify.insert(notify.end(), names[name].begin(), names[name].end());
    rule.notify = std::move(notify);
  }
  return config;
}

void check_receivers(const Draft& draft, Reading& reading) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < draft.receivers.size(); ++i) {
    const std::string path = "receiver[" + std::to_string(i) + "]";
    check_name(draft.receivers[i].name, path + ".name", seen, reading);
    for (const Receiver& endpoint : endpoints_of(draft.receivers[i]))
      if (endpoint.name != draft.receivers[i].name) check_name(endpoint.name, path + ".name", seen, reading);
    check_kind(draft.receivers[i], path, reading);
  }
}

}  // namespace mw
