"""A mirror lags while the agent ends, by SIGTERM and by SIGKILL, and begins anew: the lag goes on from where it was.
Every scrape counts, those before the first look has ended too: they show what was restored, never `unknown`."""
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

UPSTREAM, MIRROR = "127.82.0.1", "127.82.0.2"
GROWN = 2           # seconds of lag before the agent ends
SCRAPES_BEFORE = 3  # of the restored state, while no look can end
SLACK = 1.0         # between our clock and the moments at which the agent looks and judges


class Site:
    """One marker file. While held, requests wait, so that no look ends."""

    def __init__(self, address, port):
        self.version = "1"
        self.open = threading.Event()
        self.open.set()
        support.serve(address, port, self._marker)

    def _marker(self):
        self.open.wait(30)
        return self.version.encode()


def make_config(directory, port):
    path = directory / "lag.toml"
    path.write_text(f"""
[agent]
state = "{directory}/state"
evaluation_interval = "200ms"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://{UPSTREAM}:{port}/"]
canaries = ["VERSION"]
checks = ["freshness"]
interval = "3s"
timeout = "2s"
[[pool.mirror]]
name = "m"
url = "http://{MIRROR}:{port}/"
""")
    return path


def lag(metrics):
    """Of the mirror; None while it is not known."""
    known = metrics.value("mirror_sync_lag_known", mirror="m")
    value = metrics.value("mirror_sync_lag_seconds", mirror="m")
    assert (known == 1) == (value is not None), f"known is {known}, the lag is {value}"
    return value


def runs(metrics):
    return metrics.value("mirror_check_runs_total", mirror="m", check="freshness") or 0


def lags_more_than(agent, least, seconds=15):
    def lagging():
        metrics = agent.metrics()
        return (lag(metrics) or 0) > least and metrics.verdict("m")[0] == "stale" and metrics

    return support.eventually(lambda: f"a lag of more than {least} s\n{agent.tail()}", lagging, seconds)


def first_scrape(agent):
    """The very first that is answered, whatever it says."""

    def answered():
        assert agent.child.poll() is None, f"the agent ended with {agent.child.returncode}:\n{agent.tail()}"
        try:
            return agent.metrics()
        except OSError:
            return None

    return support.eventually(lambda: f"the first scrape\n{agent.tail()}", answered, 20, every=0.02)


def check_scrape(metrics, least, changed):
    """Still stale, for longer than before and for no longer than the upstream has been ahead."""
    assert metrics.verdict("m") == ("stale", "freshness", "stale"), metrics.verdict("m")
    now = lag(metrics)
    assert now is not None, "the lag is unknown"
    assert least <= now <= time.monotonic() - changed + SLACK, (least, now, time.monotonic() - changed)
    return now


def begin_anew(agent, end, sites, changed):
    """Ends the agent by `end`; the agent after it, of which every scrape was right, and its latest lag."""
    before = agent.metrics()
    least, began_with = lag(before), runs(before)
    for site in sites:
        site.open.clear()
    end(agent)
    after = support.Agent(agent.config, agent.log.parent, port=agent.port)
    metrics = first_scrape(after)
    restored = 0
    while runs(metrics) <= began_with + 1 or restored < SCRAPES_BEFORE:
        least = check_scrape(metrics, least, changed)
        restored += 1
        if restored == SCRAPES_BEFORE:
            for site in sites:
                site.open.set()
        time.sleep(0.1)
        metrics = after.metrics()
        assert restored < 200, f"no look has ended\n{after.tail()}"
    least = check_scrape(metrics, least, changed)
    print(f"{end.__name__:9} lag {lag(before):.1f} s before, {restored} scrapes until looked at, {least:.1f} s then")
    return after, least


def terminate(agent):
    agent.stop()


def kill(agent):
    agent.child.send_signal(signal.SIGKILL)
    agent.child.wait()


def main():
    directory = support.scratch()
    port = support.free_port(UPSTREAM)
    upstream, mirror = sites = Site(UPSTREAM, port), Site(MIRROR, port)
    agent = support.Agent(make_config(directory, port), directory).await_ready()
    support.eventually("level", lambda: agent.metrics().verdict("m")[0] == "fresh", 10)
    changed = time.monotonic()
    upstream.version = "2"
    lags_more_than(agent, GROWN)
    agent, least = begin_anew(agent, terminate, sites, changed)
    lags_more_than(agent, least + GROWN)
    agent, least = begin_anew(agent, kill, sites, changed)
    lags_more_than(agent, least + 1)
    mirror.version = "2"
    support.eventually("the mirror has caught up", lambda: lag(agent.metrics()) == 0, 10)
    agent.stop()


support.run(main, 60)
