// The same series as go_exposition.go, served by prometheus-cpp as its documentation shows it: a peer for ./dev bench.
//   prometheus_cpp_exposition PORT SERIES
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

constexpr int kFamilies = 10;

void fill(prometheus::Registry& registry, int series) {
  for (int f = 0; f < kFamilies; ++f) {
    auto& family = prometheus::BuildGauge()
                       .Name("mirror_bench_value_" + std::to_string(f) + "_seconds")
                       .Help("One of ten values of a mirror.")
                       .Register(registry);
    for (int m = 0; m < series / kFamilies; ++m) {
      char mirror[32];
      std::snprintf(mirror, sizeof mirror, "mirror-%05d.example.org", m);
      family.Add({{"pool", "debian"}, {"mirror", mirror}, {"check", "freshness"}}).Set(f + m / 1000.0);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  auto registry = std::make_shared<prometheus::Registry>();
  fill(*registry, std::atoi(words[2]));
  prometheus::Exposer exposer("127.0.0.1:" + std::string(words[1]));
  exposer.RegisterCollectable(registry);
  for (;;) pause();
}
