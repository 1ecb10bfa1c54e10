// The forms that values of the configuration come in: durations, URLs, names, patterns … Each complains in its
// own words. Knows neither keys nor tables.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporter/fields.hpp"

namespace mw {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Labels = std::map<std::string, std::string>;

// ---- scalars ------------------------------------------------------------------------------------------------

Form<bool> flag();
Form<int> whole(int low, int high);
Form<std::size_t> whole_size(int low, int high);
Form<Duration> span(Duration low, Duration high);
/// Bytes with a unit, such as "512MiB" or "100B".
Form<std::uint64_t> byte_count(std::uint64_t low, std::uint64_t high);
/// 1 to `most` printable characters on one line. `expects` says what of.
Form<std::string> text(std::string expects, std::size_t most);
/// Any text, up to `most` bytes.
Form<std::string> any_text(std::string expects, std::size_t most);
/// A string that `trouble` finds nothing wrong with.
Form<std::string> checked_string(std::string expects,
                                 std::function<std::optional<std::string>(const std::string&)> trouble);
/// What a person calls something: 1 to 64 printable characters.
Form<std::string> name_form();
Form<std::string> file_path();
Form<std::string> one_of(std::vector<std::string> words);
Form<std::string> pattern();
/// What is appended to a mirror's URL: relative, printable ASCII.
Form<std::string> request_path();
/// A part of the User-Agent.
Form<std::string> contact();
Form<std::string> sha256();
Form<std::string> resolver();
Form<CheckKind> check_kind();
Form<Expression> condition();
/// The name of a label.
Form<std::string> label_form();
Form<Language> language_form();

// ---- URLs ---------------------------------------------------------------------------------------------------

/// http or https; no query, since paths are appended to it.
Form<Url> mirror_url();
/// http or https, with a query if wanted.
Form<Url> list_url();
/// http or socks5; no path.
Form<Url> proxy_url();
/// http or https, kept as text without a trailing slash.
Form<std::string> page_url();

// ---- tables of strings --------------------------------------------------------------------------------------

/// Label names are checked; those that carry the verdict are reserved.
Form<Labels> labels();
/// Free text, more than one line if wanted.
Form<Labels> annotations();
/// HTTP header fields to send.
Form<Headers> headers();
/// The same, of a module.
Form<Headers> module_headers();
/// Nothing if it can be the name of a header field that is sent.
std::optional<std::string> header_name_trouble(const std::string& header);
/// What is wrong with sending a header of that name in the clear; nothing if it is well.
std::optional<std::string> module_header_trouble(const std::string& header);
/// Labels whose values may hold ${1}.
Form<Pairs> caught_labels();
/// Header names in lower case, and patterns.
Form<Pairs> header_patterns();

// ---- lists --------------------------------------------------------------------------------------------------

/// Complains about what is no array, or has more than `most` items, or none.
bool is_list(const Spot& spot, const std::string& expects, std::size_t most);

/// Items that cannot be read stay in as an empty V, so that indices go on matching the text.
template <class V>
Form<std::vector<V>> list_of(Form<V> item, std::size_t most) {
  Form<std::vector<V>> form;
  form.expects = "a list, each " + item.expects;
  form.read = [item, most, expects = form.expects](const Spot& spot) -> std::optional<std::vector<V>> {
    if (!is_list(spot, expects, most)) return std::nullopt;
    std::vector<V> values;
    for (std::size_t i = 0; i < spot.node->items.size(); ++i) values.push_back(item.read(spot.item(i)).value_or(V{}));
    return values;
  };
  form.print = [item](const std::vector<V>& values) {
    std::string out;
    for (const V& value : values) out += (out.empty() ? "[" : ", ") + item.print(value);
    return out.empty() ? out : out + "]";
  };
  return form;
}

/// A list that has each value once.
template <class V>
Form<std::vector<V>> set_of(const Form<V>& item, std::size_t most) {
  Form<std::vector<V>> form = list_of(item, most);
  form.read = [item, most](const Spot& spot) {
    auto seen = std::make_shared<std::vector<V>>();
    Form<V> fresh = item;
    fresh.read = [item, seen](const Spot& each) -> std::optional<V> {
      auto value = item.read(each);
      if (value && std::find(seen->begin(), seen->end(), *value) != seen->end())
        each.fail("is in the list already, expected it once");
      if (value) seen->push_back(*value);
      return value;
    };
    return list_of(fresh, most).read(spot);
  };
  return form;
}

// ---- secrets ------------------------------------------------------------------------------------------------

/// Whether a secret may stand in the configuration itself.
enum class Inline : std::uint8_t { refused, allowed };

/// Reads what `spot` names (a file, or a variable) and checks that it can travel in one header line.
std::optional<Secret> secret_from_file(const Spot& spot);
std::optional<Secret> secret_from_environment(const Spot& spot);
std::optional<Secret> secret_inline(const Spot& spot, Inline);
/// Complains if a sibling of `spot` among key, key_file, key_env is there as well.
bool is_only_source(const Spot& spot, const std::string& key);

/// The three rows of one secret: key_file, key_env, and key itself, which prints as redacted.
template <class T, class Access>
Fields<T> secret_fields(std::string key, Access access, Inline mode, std::string what) {
  using Reader = std::optional<Secret> (*)(const Spot&);
  const auto row = [&](const std::string& suffix, std::string expects, Reader read) {
    Field<T> made;
    made.key = key + suffix;
    made.expects = std::move(expects);
    made.read = [access, read, key](const Spot& spot, T& into) {
      const bool alone = is_only_source(spot, key);
      if (auto secret = read(spot); secret && alone) std::invoke(access, into) = std::move(*secret);
    };
    return made;
  };
  Field<T> file = row("_file", "the path of a file", secret_from_file);
  file.doc = what + ": a file that only its owner and group can read; a trailing newline is cut off";
  Field<T> environment = row("_env", "the name of an environment variable", secret_from_environment);
  environment.doc = what + ": an environment variable";
  Field<T> plain = row(
      "", "a string",
      mode == Inline::allowed ? [](const Spot& spot) { return secret_inline(spot, Inline::allowed); }
                              : [](const Spot& spot) { return secret_inline(spot, Inline::refused); });
  plain.doc = what;
  plain.need = mode == Inline::allowed ? Need::optional : Need::hidden;
  plain.print = [access](const T& from) {
    return std::invoke(access, from).empty() ? std::string() : quote_toml(kRedacted);
  };
  return {plain, file, environment};
}

}  // namespace mw
