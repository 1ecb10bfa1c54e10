// [[maintenance]]: its keys and their forms.
#include "alerts/time_zone.hpp"
#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

namespace {

/// A string that `parse` makes a T of, or says what is wrong with.
template <class T>
Form<T> parsed(std::string expects, std::variant<T, std::string> (*parse)(std::string_view),
               std::string (*write)(const T&)) {
  Form<T> form;
  form.expects = std::move(expects);
  form.read = [parse, expects = form.expects](const Spot& spot) -> std::optional<T> {
    if (!spot.is(TomlNode::Kind::string, expects)) return std::nullopt;
    auto value = parse(spot.node->text);
    if (auto* good = std::get_if<T>(&value)) return std::move(*good);
    spot.fail(std::get<std::string>(value));
    return std::nullopt;
  };
  form.print = [write](const T& value) { return quote_toml(write(value)); };
  return form;
}

Form<Matcher> matcher_form() { return parsed<Matcher>("a matcher like mirror=\"a\"", parse_matcher, to_string); }

Form<Schedule> schedule_form() {
  return parsed<Schedule>("a schedule like \"0 2 * * sun\"", parse_schedule,
                          [](const Schedule& schedule) { return schedule.text; });
}

Form<std::string> time_zone_form() {
  Form<std::string> form = text("a time zone like \"Asia/Shanghai\"", 64);
  form.read = [read = form.read, expects = form.expects](const Spot& spot) -> std::optional<std::string> {
    auto name = read(spot);
    if (!name || is_time_zone(*name)) return name;
    spot.fail("is no time zone that this system knows, expected " + expects);
    return std::nullopt;
  };
  return form;
}

}  // namespace

const Fields<Maintenance>& maintenance_fields() {
  using M = Maintenance;
  static const Fields<M> rows = {
      required(field<M>("name", &M::name, name_form(), "what it is called where it hushes an alert; unique")),
      required(field<M>("match", &M::matchers, list_of(matcher_form(), 32),
                        "the labels of the alerts that nobody is told of; all must match")),
      required(field<M>("schedule", &M::schedule, schedule_form(),
                        "when it begins: minute, hour, day of the month, month, day of the week, as in crontab")),
      required(
          field<M>("duration", &M::duration, span(std::chrono::minutes(1), kLongestMaintenance), "how long it lasts")),
      otherwise(field<M>("time_zone", &M::time_zone, time_zone_form(), "of the schedule"), "\"UTC\""),
  };
  return rows;
}

void check_maintenance(const Draft& draft, Reading& reading) {
  std::map<std::string, std::string> seen;
  for (std::size_t i = 0; i < draft.maintenance.size(); ++i) {
    const std::string path = "maintenance[" + std::to_string(i) + "]";
    const Maintenance& window = draft.maintenance[i];
    check_name(window.name, path + ".name", seen, reading);
    const bool was_read = !window.matchers.empty() && !window.matchers[0].name.empty();
    if (was_read && all_match(window.matchers, {}))
      reading.fail(path + ".match", "would hush everything, expected a matcher that an empty label does not match");
  }
}

}  // namespace mw
