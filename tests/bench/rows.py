"""What is measured, a function a group of rows. Each is called once a round and adds one sample to each of its rows.

`quick` measures less, on fewer mirrors; bounds that speak of ten thousand mirrors are then not held."""
import hashlib
import time

import machine
import world
from table import LESS, MORE, MOST, Row

MILLI, MICRO = 1e3, 1e6


def used(children, work):
    """(CPU seconds of those processes while work() ran, its result)."""
    before = [machine.cpu(child.pid) for child in children]
    result = work()
    return sum(machine.cpu(child.pid) - was for child, was in zip(children, before)), result


def in_turn(pair, turn):
    """Who goes first changes from round to round."""
    return pair if turn % 2 == 0 else pair[::-1]


# ---- /probe ---------------------------------------------------------------------------------------------------

# kind: CPU at least so many times less; answers a second at least so many times more
PROBES = {"tcp": (6, 4), "dns": (8, 6), "http": (6, 4), "tls": (1.8, None), "https": (1.5, 1.2)}
PLAIN = ("tcp", "http", "dns")


class Probes:
    """Fresh connections to the probed, kept ones to the prober; one at a time, and 32 at once."""

    def __init__(self, quick):
        self.counts = {1: 300, 32: 1500} if quick else {1: 1500, 32: 6000}
        self.cpu, self.rate, self.shown = {}, {}, {}
        for kind, (less, more) in PROBES.items():
            for at_once in (1, 32):
                self.cpu[kind, at_once] = Row(f"{kind} probe, {at_once} at a time: CPU", "µs", LESS, less)
            if more:
                self.rate[kind] = Row(f"{kind} probes, 32 at a time", "1/s", MORE, more)
        for kind in PLAIN:
            self.shown[kind, "p50"] = Row(f"{kind} probe, reported duration p50", "µs", LESS, 2.5)
            self.shown[kind, "p99"] = Row(f"{kind} probe, reported duration p99", "µs", LESS, 3)
        self.rows = [*self.cpu.values(), *self.rate.values(), *self.shown.values()]

    def measure(self, contenders, servers, directory, turn):
        pair = (contenders.ours(servers, directory / "ours"), contenders.theirs(servers, directory / "theirs"))
        targets = {"tcp": f"127.0.0.1:{servers.http}", "tls": f"127.0.0.1:{servers.https}",
                   "http": f"http://127.0.0.1:{servers.http}/", "https": f"https://127.0.0.1:{servers.https}/",
                   "dns": f"127.0.0.1:{servers.dns}"}
        for kind, target in targets.items():
            for at_once in self.counts:
                self._sample(kind, at_once, target, pair, turn)

    def _sample(self, kind, at_once, target, pair, turn):
        path = f"/probe?module={kind}&target={target}"
        count = self.counts[at_once] // (3 if kind in ("tls", "https") else 1)
        seen = {}
        for prober in in_turn(pair, turn):
            world.load(prober.port, [path], max(count // 10, at_once), at_once, expected="\nprobe_success 1")
            cost, told = used([prober.child], lambda p=prober: world.load(
                p.port, [path], count, at_once, expected="\nprobe_success 1"))
            seen[prober] = (cost / count * MICRO, count / told["seconds"], told)
        ours, theirs = (seen[prober] for prober in pair)
        self.cpu[kind, at_once].samples.append((ours[0], theirs[0]))
        if at_once == 32 and kind in self.rate:
            self.rate[kind].samples.append((ours[1], theirs[1]))
        if at_once == 1 and kind in PLAIN:
            for share in ("p50", "p99"):
                self.shown[kind, share].samples.append(
                    tuple(told[f"reported_{share}"] * MICRO for _, _, told in (ours, theirs)))


class OwnAuthorities:
    """Certificates that a module trusts by a file of its own, of as many authorities as Debian has."""

    def __init__(self, quick):
        self.count = 50 if quick else 300
        self.row = Row("https probe with a ca_file of Debian's authorities: CPU", "µs", LESS, 8)
        self.rows = [self.row]

    def measure(self, contenders, servers, directory, turn):
        pair = (contenders.ours(servers, directory / "ours", servers.bundle),
                contenders.theirs(servers, directory / "theirs", servers.bundle))
        path = f"/probe?module=https&target=https://127.0.0.1:{servers.https}/"
        cost = {}
        for prober in in_turn(pair, turn):
            world.load(prober.port, [path], 10, expected="\nprobe_success 1")
            cost[prober], _ = used([prober.child], lambda p=prober: world.load(
                p.port, [path], self.count, expected="\nprobe_success 1"))
        self.row.samples.append(tuple(cost[prober] / self.count * MICRO for prober in pair))


# ---- mirrors on our own schedule ------------------------------------------------------------------------------


def mirror_urls(servers, count):
    """So many hosts, all of them nginx."""
    return [f"http://127.{20 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}:{servers.http}/" for n in range(count)]


def pool(checks, interval, urls, rest=""):
    return (f'[agent]\nconcurrency = 1024\ngap_per_host = "0s"\nbytes_per_host_per_day = "1TiB"\n'
            f'[[pool]]\nname = "bench"\necosystem = "file"\nchecks = {checks}\ninterval = "{interval}s"\n'
            f'integrity_interval = "{interval}s"\ntimeout = "{min(interval / 2, 5) * 1000:.0f}ms"\n{rest}' +
            "".join(f'[[pool.mirror]]\nname = "m{n}"\nurl = "{url}"\n' for n, url in enumerate(urls)))


def runs(metrics, check):
    return sum(value for _, value in metrics.all("mirror_check_runs_total", check=check))


class Checksum:
    """A file of one MiB, read and hashed on our schedule; the peer reads it as often and does not hash it."""

    def __init__(self, quick):
        self.seconds, self.mirrors = (5, 8) if quick else (20, 8)
        self.row = Row("checksum of 1 MiB (SHA-256), against a plain download: CPU", "µs", LESS, 1.3)
        self.rows = [self.row]

    def measure(self, contenders, servers, directory, turn):
        steps = in_turn((self._ours, lambda *_: self._theirs(contenders, servers, directory)), turn)
        first, second = (step(servers, directory) for step in steps)
        self.row.samples.append((first, second) if turn % 2 == 0 else (second, first))

    def _ours(self, servers, directory):
        canary = f'canaries = [{{name = "1m.bin", sha256 = "{hashlib.sha256(servers.file).hexdigest()}"}}]\n'
        warden = world.Warden(directory / "checksum", pool(["integrity"], 1, mirror_urls(servers, self.mirrors), canary))
        time.sleep(2.5)
        before = runs(warden.metrics(), "integrity")
        cost, _ = used([warden.child], lambda: time.sleep(self.seconds))
        after = warden.metrics()
        fresh = sum(value for _, value in after.all("mirror_check_success", check="integrity"))
        assert fresh == self.mirrors, after.text
        world.support.stop(warden.child)
        return cost / (runs(after, "integrity") - before) * MICRO

    def _theirs(self, contenders, servers, directory):
        blackbox = contenders.theirs(servers, directory / "download")
        path = f"/probe?module=http&target=http://127.0.0.1:{servers.http}/1m.bin"
        count = self.seconds * self.mirrors
        world.load(blackbox.port, [path], 10, expected="\nprobe_success 1")
        cost, _ = used([blackbox.child], lambda: world.load(
            blackbox.port, [path], count, rate=self.mirrors, expected="\nprobe_success 1"))
        return cost / count * MICRO


class System:
    """Many http mirrors and a Prometheus: one scrape of us, or a scrape of the peer for each mirror."""

    def __init__(self, quick):
        self.mirrors, self.interval, self.seconds = (1000, 5, 10) if quick else (10_000, 30, 90)
        size = f"{self.mirrors} http mirrors every {self.interval} s"
        self.cpu = Row(f"{size}: CPU, with Prometheus'", "% of a core", LESS, 4)
        self.memory = Row(f"{size}: Prometheus' memory", "MB", LESS, 2.5)
        self.rows = [self.cpu, self.memory]
        self.cpu.held = self.memory.held = not quick

    def measure(self, contenders, servers, directory, turn):
        urls = mirror_urls(servers, self.mirrors)
        steps = in_turn((self._ours, self._theirs), turn)
        first, second = (step(contenders, servers, urls, directory) for step in steps)
        ours, theirs = (first, second) if turn % 2 == 0 else (second, first)
        self.cpu.samples.append((ours[0], theirs[0]))
        self.memory.samples.append((ours[1], theirs[1]))

    def _watched(self, exporter, prometheus):
        """(per cent of a core, megabytes of Prometheus) once it has gone round twice."""
        time.sleep(2 * self.interval + 5)
        cost, _ = used([exporter.child, prometheus.child], lambda: time.sleep(self.seconds))
        return cost / self.seconds * 100, machine.resident(prometheus.child.pid) / 1e6

    def _ours(self, _contenders, servers, urls, directory):
        home = directory / "system-ours"
        warden = world.Warden(home, pool(["http"], self.interval, urls))
        prometheus = world.Prometheus(home, f"- job_name: mirrorwarden\n  static_configs: [{{targets: ['127.0.0.1:"
                                            f"{warden.port}']}}]\n", self.interval)
        figures = self._watched(warden, prometheus)
        up = prometheus.value("sum(mirror_check_success)")
        assert up == self.mirrors, f"{up} of {self.mirrors} checks succeed"
        for child in (prometheus.child, warden.child):
            world.support.stop(child)
        return figures

    def _theirs(self, contenders, servers, urls, directory):
        home = directory / "system-theirs"
        blackbox = contenders.theirs(servers, home)
        targets = "".join(f"    - '{url}'\n" for url in urls)
        prometheus = world.Prometheus(
            home, "- job_name: blackbox\n  metrics_path: /probe\n  params: {module: [http]}\n  relabel_configs:\n"
                  "  - {source_labels: [__address__], target_label: __param_target}\n"
                  "  - {source_labels: [__param_target], target_label: instance}\n"
                  f"  - {{target_label: __address__, replacement: '127.0.0.1:{blackbox.port}'}}\n"
                  f"  static_configs:\n  - targets:\n{targets}", self.interval)
        figures = self._watched(blackbox, prometheus)
        up = prometheus.value("sum(probe_success)")
        assert up == self.mirrors, f"{up} of {self.mirrors} probes succeed"
        for child in (prometheus.child, blackbox.child):
            world.support.stop(child)
        return figures


class ManyChecks:
    """Ten thousand mirrors, four checks each."""

    def __init__(self, quick):
        self.mirrors, self.interval, self.seconds = (1000, 10, 10) if quick else (10_000, 60, 60)
        size = f"{self.mirrors} mirrors x 4 checks every {self.interval} s"
        self.memory = Row(f"{size}: resident", "MB", MOST, 150)
        self.late = Row(f"{size}: lateness of a due check, p99 (a bucket's bound)", "ms", MOST, 10)
        self.missed = Row(f"{size}: checks missed", "", MOST, 0)
        self.rows = [self.memory, self.late, self.missed]
        for row in self.rows:
            row.held = not quick

    def measure(self, _contenders, servers, directory, _turn):
        canary = f'canaries = ["VERSION"]\nreference = ["http://127.0.0.1:{servers.http}/"]\n'
        checks = ["tcp", "http", "freshness", "integrity"]
        warden = world.Warden(directory / "many", pool(checks, self.interval, mirror_urls(servers, self.mirrors), canary))
        time.sleep(1.5 * self.interval)
        before = warden.metrics()
        time.sleep(self.seconds)
        after = warden.metrics()
        fresh = sum(value for _, value in after.all("mirror_verdict", verdict="fresh"))
        assert fresh == self.mirrors + 1, f"{fresh} of {self.mirrors} are fresh"  # and the reference
        self.memory.samples.append((machine.resident(warden.child.pid) / 1e6, None))
        self.late.samples.append((quantile(before, after, "mirrorwarden_check_start_delay_seconds", 0.99) * MILLI, None))
        self.missed.samples.append((total(after, "mirrorwarden_schedule_missed_total") -
                                    total(before, "mirrorwarden_schedule_missed_total"), None))
        world.support.stop(warden.child)


def total(metrics, name):
    return sum(value for _, value in metrics.all(name))


def quantile(before, after, name, share):
    """The upper bound of the bucket in which that share of what came between two scrapes lies."""
    def counts(metrics):
        return {float(labels["le"]): value for labels, value in metrics.all(name + "_bucket")}
    old, new = counts(before), counts(after)
    grown = sorted((bound, new[bound] - old.get(bound, 0)) for bound in new)
    return next(bound for bound, count in grown if count >= share * grown[-1][1])


class Start:
    """From the process' first moment to a verdict on each of three mirrors, less the longest of their checks."""

    def __init__(self, _quick):
        self.row = Row("start to the first verdicts of a small pool, less one check", "s", MOST, 1)
        self.rows = [self.row]

    def measure(self, _contenders, servers, directory, _turn):
        urls = mirror_urls(servers, 3)
        rest = f'canaries = ["VERSION"]\nreference = ["http://127.0.0.1:{servers.http}/"]\n'
        config = pool(["tcp", "http", "freshness", "integrity"], 60, urls, rest)
        began = time.monotonic()
        warden = world.Warden(directory / "start", config)

        def judged():
            metrics = warden.metrics()
            told = [labels["mirror"] for labels, value in metrics.all("mirror_verdict")
                    if value == 1 and labels["verdict"] != "unknown" and labels["mirror"].startswith("m")]
            return len(told) == len(urls) and metrics

        metrics = world.support.eventually("a verdict on each mirror", judged, 90, every=0.005)
        took = time.monotonic() - began
        longest = max(value for _, value in metrics.all("mirror_check_duration_seconds"))
        self.row.samples.append((took - longest, None))
        world.support.stop(warden.child)


# ---- exposition -----------------------------------------------------------------------------------------------


class Exposition:
    """A page of a hundred thousand series: CPU of the whole process for a scrape, and what a series takes in memory.

    Ours is a whole agent: every second it judges all mirrors anew, between two scrapes at least once, so that no page is
    a copy of the one before. What that takes without scrapes is measured beside it and taken off."""

    def __init__(self, quick):
        self.series, self.scrapes, self.interval = (20_000, 4, 5) if quick else (100_000, 10, 30)
        self.plain = Row(f"scrape of {self.series} series, plain: CPU", "ms", LESS, 20)
        self.gzip = Row(f"scrape of {self.series} series, gzip: CPU", "ms", LESS, 25)
        self.memory = Row("memory of an exported series", "B", LESS, 3)
        self.rows = [self.plain, self.gzip, self.memory]
        for row in self.rows:
            row.held = not quick

    def measure(self, _contenders, servers, directory, turn):
        steps = in_turn((self._ours, self._theirs), turn)
        first, second = (step(servers, directory) for step in steps)
        ours, theirs = (first, second) if turn % 2 == 0 else (second, first)
        self.plain.samples.append((ours[0], theirs[0]))
        self.gzip.samples.append((ours[1], theirs[1]))
        self.memory.samples.append((ours[2], theirs[2]))

    def _scraped(self, child, port, encoding):
        """Milliseconds of CPU for one scrape."""
        def rest():
            time.sleep(self.scrapes * 1.1)

        def scrape():
            world.load(port, ["/metrics"], self.scrapes, rate=1 / 1.1, encoding=encoding)

        world.load(port, ["/metrics"], 2, encoding=encoding)
        idle, _ = used([child], rest)
        busy, _ = used([child], scrape)
        return (busy - idle * (self.scrapes - 1) / self.scrapes) / self.scrapes * MILLI

    def _ours(self, servers, directory):
        each = 27  # series of a mirror with one check
        urls = mirror_urls(servers, self.series // each)
        least = self._resident_of_us(servers, directory)
        warden = world.Warden(directory / "page", pool(["http"], self.interval, urls))
        series = self._filled(warden)
        warden.reload(pool(["http"], 3600, urls).replace("[agent]\n", '[agent]\nevaluation_interval = "1s"\n'))
        figures = [self._scraped(warden.child, warden.port, encoding) * self.series / series for encoding in ("", "gzip")]
        memory = (machine.resident(warden.child.pid) - least) / series
        world.support.stop(warden.child)
        return (*figures, memory)

    @staticmethod
    def _resident_of_us(servers, directory):
        """With one mirror."""
        bare = world.Warden(directory / "bare", pool(["http"], 2, mirror_urls(servers, 1)))
        time.sleep(5)
        bare.metrics()
        size = machine.resident(bare.child.pid)
        world.support.stop(bare.child)
        return size

    def _filled(self, warden):
        """How many series there are once there are no more."""
        counts = [0]

        def steady():
            counts.append(len(warden.metrics().samples))
            return counts[-1] == counts[-2]

        time.sleep(self.interval)
        world.support.eventually("every mirror was looked at", steady, 90, every=self.interval / 4)
        return counts[-1]

    def _theirs(self, _servers, directory):
        go = world.Exposer("go_exposition", self.series, directory)
        figures = [self._scraped(go.child, go.port, encoding) for encoding in ("", "gzip")]
        world.support.stop(go.child)
        few, many = (self._resident_of_prometheus_cpp(count, directory) for count in (1000, self.series + 1000))
        return (*figures, (many - few) / self.series)

    @staticmethod
    def _resident_of_prometheus_cpp(series, directory):
        peer = world.Exposer("prometheus_cpp_exposition", series, directory)  # at rest: its best case
        size = machine.resident(peer.child.pid)
        peer.child.kill()
        peer.child.wait()
        return size


GROUPS = {"probes": Probes, "authorities": OwnAuthorities, "exposition": Exposition, "checksum": Checksum, "start": Start,
          "many": ManyChecks, "system": System}
