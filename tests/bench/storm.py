"""A whole region gone: ten thousand alerts fire at once. What the receivers hear, what it costs, and whether probing
notices. Wants the release build, whose numbers these are:

    MW_AGENT=build/release/mirrorwarden MW_LAB=- MW_SOURCE_DIR=. python3 tests/bench/storm.py"""
import asyncio
import os
import pathlib
import resource
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "integration"))
import support  # noqa: E402

GONE, STAYING = (int(each) for each in os.environ.get("MW_STORM", "5000,2500").split(","))  # two thirds: more would make
RULES = 10_000 // GONE         # … the agent doubt its own network. Each mirror fires all the rules at the same look
ALERTS = RULES * GONE
WINDOW = 30                    # seconds, the receivers' group_wait
INTERVAL = 10                  # seconds between two looks at a mirror
MOST_MEMORY = 100e6
MOST_LAG = 0.05
SETTLES = 20                   # seconds before the region goes, to see the quiet


class Region:
    """Accepts every connection on one port of all loopback addresses, until it is gone."""

    def __init__(self, port):
        self.port, self.loop = port, asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self._take, "0.0.0.0", port, backlog=4096))
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    @staticmethod
    async def _take(_reader, writer):
        writer.close()

    def go(self):
        self.loop.call_soon_threadsafe(self.server.close)


def mirrors(prefix, count, network, port):
    return "".join(f'[[pool.mirror]]\nname="{prefix}{n}"\nurl="http://127.{network}.{n // 250}.{n % 250 + 1}:{port}"\n'
                   for n in range(count))


def pool(name, rest):
    return (f'[[pool]]\nname = "{name}"\necosystem = "file"\ncanaries = ["VERSION"]\nchecks = ["tcp"]\n'
            f'interval = "{INTERVAL}s"\ntimeout = "2s"\nfail_after = 1\nrecover_after = 1\n{rest}')


def receiver(name, hook):
    return f'[[receiver]]\nname = "{name}"\ngroup_by = ["pool"]\ngroup_wait = "{WINDOW}s"\nwebhook = {{ url = "{hook.url}" }}\n'


def make_config(directory, ports, hooks):
    path = directory / "storm.toml"
    path.write_text(
        f'[agent]\nstate = "{directory}/state"\nconcurrency = 512\ngap_per_host = "0s"\n' +
        pool("region", mirrors("r", GONE, 90, ports[0])) + pool("rest", mirrors("s", STAYING, 91, ports[1])) +
        "".join(f'[[alert]]\nname = "Gone{n}"\nwhen = "down"\nnotify = ["a", "b"]\n' for n in range(RULES)) +
        receiver("a", hooks[0]) + receiver("b", hooks[1]))
    return path


def quantile(before, after, name, share):
    """The upper bound of the bucket in which that share of what came between two scrapes lies."""
    def counts(metrics):
        return {float(labels["le"]): value for labels, value in metrics.all(name + "_bucket")}
    old, new = counts(before), counts(after)
    grown = sorted((bound, new[bound] - old.get(bound, 0)) for bound in new)
    total = grown[-1][1]
    return next(bound for bound, count in grown if count >= share * total), int(total)


def told(hook):
    """(alerts told as firing, messages)."""
    count = sum(len(p["alerts"]) + p["truncatedAlerts"] for p in hook.payloads if p["status"] == "firing")
    return count, len(hook.payloads)


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    directory = support.scratch()
    ports = [support.free_port(), support.free_port()]
    region, _rest = Region(ports[0]), Region(ports[1])
    hooks = [support.Collector(), support.Collector()]
    agent = support.Agent(make_config(directory, ports, hooks), directory).await_ready(120)
    time.sleep(SETTLES)
    quiet = agent.metrics()
    up = sum(value for _, value in quiet.all("mirror_check_success", check="tcp"))
    assert up == GONE + STAYING, f"{up} mirrors accept connections\n{agent.tail(5)}"
    region.go()
    gone = time.monotonic()
    support.eventually(lambda: f"both are told of all; {[told(h) for h in hooks]}\n{agent.tail(10)}",
                       lambda: all(told(hook)[0] >= ALERTS for hook in hooks), 3 * WINDOW + 60, every=0.5)
    took = time.monotonic() - gone
    after = agent.metrics()
    lag, turns = quantile(quiet, after, "mirrorwarden_loop_lag_seconds", 0.99)
    late, checks = quantile(quiet, after, "mirrorwarden_check_start_delay_seconds", 0.99)
    memory = after.value("process_resident_memory_bytes")
    missed = sum(value for _, value in after.all("mirrorwarden_schedule_missed_total"))
    largest = max(len(str(payload)) for hook in hooks for payload in hook.payloads)
    print(f"{GONE} of {GONE + STAYING} mirrors gone, {ALERTS} alerts; before it {quiet.value('process_resident_memory_bytes') / 1e6:.1f} MB; told {[told(h) for h in hooks]} (alerts, messages) after {took:.0f} s; "
          f"memory {memory / 1e6:.1f} MB; loop lag p99 <= {lag * 1000:.0f} ms of {turns} turns; "
          f"checks late p99 <= {late * 1000:.0f} ms of {checks}; {missed:.0f} missed; largest message {largest} characters")
    assert all(told(hook) == (ALERTS, 1) for hook in hooks), [told(hook) for hook in hooks]
    assert took < INTERVAL + WINDOW + 15, took
    assert memory < MOST_MEMORY and lag <= MOST_LAG and missed == 0
    agent.stop()


support.run(main, 400)
