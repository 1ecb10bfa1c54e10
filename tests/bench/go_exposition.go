// The same series as prometheus_cpp_exposition.cpp, served by client_golang as its documentation shows it: a peer for
// ./dev bench.
//
//	go_exposition PORT SERIES
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const families = 10

func fill(registry *prometheus.Registry, series int) {
	for f := 0; f < families; f++ {
		family := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: fmt.Sprintf("mirror_bench_value_%d_seconds", f),
			Help: "One of ten values of a mirror.",
		}, []string{"pool", "mirror", "check"})
		registry.MustRegister(family)
		for m := 0; m < series/families; m++ {
			mirror := fmt.Sprintf("mirror-%05d.example.org", m)
			family.WithLabelValues("debian", mirror, "freshness").Set(float64(f) + float64(m)/1000)
		}
	}
}

func main() {
	series, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	fill(registry, series)
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
