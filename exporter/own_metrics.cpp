// A prometheus-cpp registry filled from the catalogue, and the way back from its model to ours.
#include "exporter/own_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <set>
#include <utility>

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

/// Since when each series counts, which the library does not keep. Any thread.
class Births {
 public:
  explicit Births(SysTime started) : started_(started), now_(started) {}

  void clock(SysTime now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }
  void begin(const Metric& metric, const prometheus::Labels& labels) {
    const std::lock_guard lock(mutex_);
    later_[{metric.name, labels}] = now_;
  }
  /// A series that nobody reported has been there from the start. Epoch: not known.
  SysTime of(const Metric& metric, const prometheus::Labels& labels) const {
    const std::lock_guard lock(mutex_);
    const auto found = later_.find({metric.name, labels});
    return found == later_.end() ? started_ : found->second;
  }

 private:
  mutable std::mutex mutex_;
  SysTime started_;
  SysTime now_;  ///< as of the last configuration, which is when series come
  std::map<std::pair<std::string_view, prometheus::Labels>, SysTime> later_;
};

/// A counter with labels whose series can be forgotten again. The library owns the counters.
class CounterTable {
 public:
  CounterTable(Registry& registry, Births& births, std::string_view name)
      : metric_(metric(name)), family_(register_in(registry, prometheus::BuildCounter(), name)), births_(births) {}

  prometheus::Counter& at(const prometheus::Labels& labels) {
    const auto found = counters_.find(labels);
    if (found != counters_.end()) return *found->second;
    births_.begin(metric_, labels);
    return *counters_.emplace(labels, &family_.Add(labels)).first->second;
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
  const Metric& metric_;
  CounterFamily& family_;
  Births& births_;
  std::map<prometheus::Labels, prometheus::Counter*> counters_;
};

prometheus::Labels mechanism_labels(const std::string& pool, std::string_view mechanism) {
  return {{"pool", pool}, {"mechanism", std::string(mechanism)}};
}

std::set<prometheus::Labels> mechanisms_of(const Config& config) {
  std::set<prometheus::Labels> out;
  for (const auto& pool : config.pools) {
    if (!pool->file_lists.empty()) out.insert(mechanism_labels(pool->name, "file"));
    if (!pool->web_lists.empty()) out.insert(mechanism_labels(pool->name, "http"));
  }
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
               kBucket);
  }
  family.add(labels, histogram.sample_sum, kSum);
  family.add(labels, static_cast<double>(histogram.sample_count), kCount);
}

void add_birth(Family& family, const Labels& labels, const prometheus::ClientMetric& sample, const Births& births) {
  prometheus::Labels key;
  for (const auto& label : sample.label) key.emplace(label.name, label.value);
  const SysTime since = births.of(*family.metric, key);
  if (since != SysTime{}) family.add(labels, unix_seconds(since), kCreated);
}

Family to_family(const prometheus::MetricFamily& from, const Births& births) {
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
    if (family.metric->type != MetricType::gauge) add_birth(family, labels, sample, births);
  }
  // The library's order is that of its hash table; what is of one series comes in its own.
  if (family.metric->type != MetricType::histogram)
    std::ranges::stable_sort(family.samples, {}, [](const Sample& sample) { return sample.labels.text(); });
  return family;
}

}  // namespace

struct OwnMetrics::Registered {
  explicit Registered(SysTime started) : births(started) {}

  Registry registry;
  Births births;
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
  CounterTable attempts{registry, births, "mirrorwarden_notifications_total"};
  CounterTable failed{registry, births, "mirrorwarden_notifications_failed_total"};
  CounterTable vouched{registry, births, "mirrorwarden_watchdog_total"};
  prometheus::Family<prometheus::Gauge>& discovered =
      register_in(registry, prometheus::BuildGauge(), "mirrorwarden_sd_discovered_targets");
  std::map<std::string, prometheus::Gauge*> discovered_of;  ///< by pool
  CounterTable list_failures{registry, births, "mirrorwarden_sd_refresh_failures_total"};
  CounterTable skipped{registry, births, "mirrorwarden_sd_targets_skipped_total"};

  /// Of pools that have lists.
  void count_listed(const Config& config) {
    for (const auto& [pool, gauge] : discovered_of) discovered.Remove(gauge);
    discovered_of.clear();
    for (const auto& pool : config.pools) {
      if (pool->file_lists.empty() && pool->web_lists.empty()) continue;
      auto& gauge = discovered.Add({{"pool", pool->name}});
      gauge.Set(static_cast<double>(std::ranges::count_if(pool->mirrors, &Mirror::listed)));
      discovered_of[pool->name] = &gauge;
    }
  }
};

OwnMetrics::OwnMetrics(const BuildInfo& build, SysTime started) : registered_(std::make_unique<Registered>(started)) {
  register_in(registered_->registry, prometheus::BuildGauge(), "mirrorwarden_build_info")
      .Add({{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}})
      .Set(1);
}

OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::configured(const Config& config, SysTime now) {
  registered_->births.clock(now);
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
  registered_->list_failures.keep_only(mechanisms_of(config));
  registered_->skipped.keep_only(mechanisms_of(config));
  registered_->count_listed(config);
  registered_->attempts.keep_only(receivers);
  registered_->failed.keep_only(failures);
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

void OwnMetrics::loop_lag(Duration lag) { registered_->loop_lag.Observe(seconds(std::max(lag, Duration::zero()))); }

void OwnMetrics::notification(const std::string& receiver, DeliveryOutcome outcome) {
  registered_->attempts.at({{"receiver", receiver}}).Increment();
  if (outcome != DeliveryOutcome::delivered)
    registered_->failed.at({{"receiver", receiver}, {"reason", reason_of(outcome)}}).Increment();
}

void OwnMetrics::vouched(Vouched outcome) {
  registered_->vouched.at({{"outcome", std::string(name(outcome))}}).Increment();
}

void OwnMetrics::list_read(const std::string& pool, std::string_view mechanism, std::size_t skipped) {
  registered_->skipped.at(mechanism_labels(pool, mechanism)).Increment(static_cast<double>(skipped));
}

void OwnMetrics::list_failed(const std::string& pool, std::string_view mechanism) {
  registered_->list_failures.at(mechanism_labels(pool, mechanism)).Increment();
}

void OwnMetrics::coroutine_died() { registered_->crashes.Increment(); }

std::vector<Family> OwnMetrics::collect() const {
  std::vector<Family> out;
  for (const auto& family : registered_->registry.Collect()) out.push_back(to_family(family, registered_->births));
  return out;
}

}  // namespace mw
