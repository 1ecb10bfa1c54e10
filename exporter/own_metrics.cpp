// A prometheus-cpp registry filled from the catalogue, and the way back from its model to ours.
#include "exporter/own_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "probes/duration.hpp"

namespace mw {

namespace {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using prometheus::Registry;

constexpr std::array kFailures = {DeliveryOutcome::failed_network, DeliveryOutcome::failed_client_error,
                                  DeliveryOutcome::failed_server_error, DeliveryOutcome::rate_limited};

const char* reason_of(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::failed_network:
      return "network";
    case DeliveryOutcome::failed_client_error:
      return "client_error";
    case DeliveryOutcome::failed_server_error:
      return "server_error";
    case DeliveryOutcome::rate_limited:
      return "rate_limited";
    case DeliveryOutcome::delivered:
      break;
  }
  return "";
}

template <class Builder>
auto& register_in(Registry& registry, Builder builder, std::string_view name) {
  const Metric& row = metric(name);
  return builder.Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
}

prometheus::Histogram& histogram(Registry& registry, std::string_view name,
                                 prometheus::Histogram::BucketBoundaries bounds) {
  return register_in(registry, prometheus::BuildHistogram(), name).Add({}, std::move(bounds));
}

/// A counter with labels whose series can be forgotten again. The library owns the counters.
class CounterTable {
 public:
  CounterTable(Registry& registry, std::string_view name)
      : family_(register_in(registry, prometheus::BuildCounter(), name)) {}

  prometheus::Counter& at(const prometheus::Labels& labels) {
    const auto found = counters_.find(labels);
    return found != counters_.end() ? *found->second : *counters_.emplace(labels, &family_.Add(labels)).first->second;
  }

  void keep_only(const std::set<prometheus::Labels>& wanted) {
    std::erase_if(counters_, [&](const auto& entry) {
      const bool is_gone = !wanted.contains(entry.first);
      if (is_gone) family_.Remove(entry.second);
      return is_gone;
    });
    for (const auto& labels : wanted) at(labels);
  }

 private:
  CounterFamily& family_;
  std::map<prometheus::Labels, prometheus::Counter*> counters_;
};

prometheus::Labels slot(const std::string& pool, const std::string& mirror, CheckKind check) {
  return {{"pool", pool}, {"mirror", mirror}, {"check", std::string(name(check))}};
}

std::set<prometheus::Labels> slots_of(const Config& config) {
  std::set<prometheus::Labels> out;
  for (const auto& pool : config.pools) {
    for (const Mirror& mirror : pool->mirrors) {
      for (const CheckKind check : pool->checks) out.insert(slot(pool->name, mirror.name, check));
    }
  }
  return out;
}

prometheus::Labels put_off_labels(const std::string& pool, const std::string& mirror, PutOff why) {
  return {{"pool", pool}, {"mirror", mirror}, {"because", std::string(name(why))}};
}

std::set<prometheus::Labels> put_offs_of(const Config& config) {
  std::set<prometheus::Labels> out;
  for (const auto& pool : config.pools)
    for (const Mirror& mirror : pool->mirrors)
      for (const PutOff why : kPutOffs) out.insert(put_off_labels(pool->name, mirror.name, why));
  return out;
}

// ---- back from the library's model --------------------------------------------------------------------------

/// The library keeps labels sorted by name; the page has them in the catalogue's order.
Labels to_labels(const Metric& row, const std::vector<prometheus::ClientMetric::Label>& labels) {
  Labels out;
  for (std::string_view rest = row.labels; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto label = std::ranges::find(labels, rest.substr(0, comma), &prometheus::ClientMetric::Label::name);
    if (label != labels.end()) out.add(label->name, label->value);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return out;
}

void add_histogram(Family& family, const Labels& labels, const prometheus::ClientMetric::Histogram& histogram) {
  for (const auto& bucket : histogram.bucket) {
    family.add(Labels(labels).add("le", bucket_bound(bucket.upper_bound)), static_cast<double>(bucket.cumulative_count),
               "_bucket");
  }
  family.add(labels, histogram.sample_sum, "_sum");
  family.add(labels, static_cast<double>(histogram.sample_count), "_count");
}

Family to_family(const prometheus::MetricFamily& from) {
  Family family(from.name);
  for (const auto& sample : from.metric) {
    const Labels labels = to_labels(*family.metric, sample.label);
    switch (family.metric->type) {
      case MetricType::counter:
        family.add(labels, sample.counter.value);
        break;
      case MetricType::gauge:
        family.add(labels, sample.gauge.value);
        break;
      case MetricType::histogram:
        add_histogram(family, labels, sample.histogram);
        break;
    }
  }
  // The library's order is that of its hash table; buckets come in theirs.
  if (family.metric->type != MetricType::histogram)
    std::ranges::sort(family.samples, {}, [](const Sample& sample) { return sample.labels.text(); });
  return family;
}

}  // namespace

struct OwnMetrics::Registered {
  Registry registry;
  prometheus::Gauge& reload_ok =
      register_in(registry, prometheus::BuildGauge(), "mirrorwarden_config_last_reload_successful").Add({});
  prometheus::Family<prometheus::Gauge>& reload_at =
      register_in(registry, prometheus::BuildGauge(), "mirrorwarden_config_last_reload_success_timestamp_seconds");
  prometheus::Gauge& state_ok =
      register_in(registry, prometheus::BuildGauge(), "mirrorwarden_state_save_successful").Add({}, 1);
  prometheus::Gauge& running = register_in(registry, prometheus::BuildGauge(), "mirrorwarden_checks_running").Add({});
  prometheus::Histogram& start_delay =
      histogram(registry, "mirrorwarden_check_start_delay_seconds", {0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60});
  prometheus::Histogram& loop_lag =
      histogram(registry, "mirrorwarden_loop_lag_seconds", {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5});
  prometheus::Counter& crashes =
      register_in(registry, prometheus::BuildCounter(), "mirrorwarden_task_crashes_total").Add({});
  CounterTable missed{registry, "mirrorwarden_schedule_missed_total"};
  CounterTable put_off{registry, "mirrorwarden_checks_put_off_total"};
  CounterTable attempts{registry, "mirrorwarden_notifications_total"};
  CounterTable failed{registry, "mirrorwarden_notifications_failed_total"};
  CounterTable vouched{registry, "mirrorwarden_watchdog_total"};
};

OwnMetrics::OwnMetrics(const BuildInfo& build) : registered_(std::make_unique<Registered>()) {
  register_in(registered_->registry, prometheus::BuildGauge(), "mirrorwarden_build_info")
      .Add({{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}})
      .Set(1);
}

OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::configured(const Config& config) {
  std::set<prometheus::Labels> receivers;
  std::set<prometheus::Labels> failures;
  for (const Receiver& receiver : config.receivers) {
    receivers.insert({{"receiver", receiver.name}});
    for (const DeliveryOutcome outcome : kFailures)
      failures.insert({{"receiver", receiver.name}, {"reason", reason_of(outcome)}});
  }
  std::set<prometheus::Labels> vouched;
  for (const Vouched outcome : {Vouched::sent, Vouched::withheld, Vouched::failed})
    if (!config.watchdog.url.empty()) vouched.insert({{"outcome", std::string(name(outcome))}});
  registered_->vouched.keep_only(vouched);
  registered_->attempts.keep_only(receivers);
  registered_->failed.keep_only(failures);
  registered_->missed.keep_only(slots_of(config));
  registered_->put_off.keep_only(put_offs_of(config));
}

void OwnMetrics::reload(bool ok, SysTime at) {
  registered_->reload_ok.Set(ok ? 1 : 0);
  if (ok) registered_->reload_at.Add({}).Set(unix_seconds(at));
}

void OwnMetrics::state_saved(bool ok) { registered_->state_ok.Set(ok ? 1 : 0); }

void OwnMetrics::check_started(Duration late) {
  registered_->running.Increment();
  registered_->start_delay.Observe(seconds(std::max(late, Duration::zero())));
}

void OwnMetrics::check_finished() { registered_->running.Decrement(); }

void OwnMetrics::slot_missed(const std::string& pool, const std::string& mirror, CheckKind check) {
  registered_->missed.at(slot(pool, mirror, check)).Increment();
}

void OwnMetrics::put_off(const std::string& pool, const std::string& mirror, PutOff why) {
  registered_->put_off.at(put_off_labels(pool, mirror, why)).Increment();
}

void OwnMetrics::loop_lag(Duration lag) { registered_->loop_lag.Observe(seconds(std::max(lag, Duration::zero()))); }

void OwnMetrics::notification(const std::string& receiver, DeliveryOutcome outcome) {
  registered_->attempts.at({{"receiver", receiver}}).Increment();
  if (outcome != DeliveryOutcome::delivered)
    registered_->failed.at({{"receiver", receiver}, {"reason", reason_of(outcome)}}).Increment();
}

void OwnMetrics::vouched(Vouched outcome) {
  registered_->vouched.at({{"outcome", std::string(name(outcome))}}).Increment();
}

void OwnMetrics::coroutine_died() { registered_->crashes.Increment(); }

std::vector<Family> OwnMetrics::collect() const {
  std::vector<Family> out;
  for (const auto& family : registered_->registry.Collect()) out.push_back(to_family(family));
  return out;
}

}  // namespace mw
