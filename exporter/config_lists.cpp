// [[pool.file_sd]] and [[pool.http_sd]]: where lists of more mirrors are.
#include <algorithm>

#include "exporter/config_forms.hpp"
#include "exporter/config_tables.hpp"

namespace mw {

namespace {

constexpr auto kFileExpects = "an absolute path that ends in .json; one * may stand in its last part";

std::optional<std::string> path_problem(const std::string& path) {
  const auto star = path.find('*');
  if (!path.starts_with('/')) return "is no absolute path";
  if (!path.ends_with(".json")) return "does not end in .json";
  if (star == std::string::npos) return std::nullopt;
  if (path.find('*', star + 1) != std::string::npos) return "has more than one *";
  if (path.find('/', star) != std::string::npos) return "has a * before its last part";
  return std::nullopt;
}

Form<std::string> list_file() {
  Form<std::string> form = file_path();
  form.expects = kFileExpects;
  form.read = [read = form.read](const Spot& spot) -> std::optional<std::string> {
    auto path = read(spot);
    const auto problem = path ? path_problem(*path) : std::nullopt;
    if (!problem) return path;
    spot.fail(*problem + ", expected " + kFileExpects);
    return std::nullopt;
  };
  return form;
}

template <class List>
Field<List> refresh_row(const std::string& fallback, std::string doc) {
  const Form<Duration> form = span(std::chrono::seconds(1), std::chrono::hours(24));
  return otherwise(field<List>("refresh_interval", &List::refresh, form, std::move(doc)), fallback);
}

}  // namespace

const Fields<FileList>& file_list_fields() {
  using L = FileList;
  static const Fields<L> rows = {
      required(field<L>("files", &L::files, set_of(list_file(), 64), "JSON as Prometheus' file_sd_configs read it")),
      refresh_row<L>("\"30s\"", "how often to see whether a file has changed"),
  };
  return rows;
}

const Fields<WebList>& web_list_fields() {
  using L = WebList;
  static const Fields<L> rows = {
      required(field<L>("url", &L::url, list_url(), "answers with JSON as Prometheus' http_sd_configs read it")),
      refresh_row<L>("\"1m\"", "how often to ask"),
  };
  return rows;
}

}  // namespace mw
