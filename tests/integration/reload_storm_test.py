"""200 SIGHUPs under probing, every other one with a broken file: no crash, no lost state, no leak."""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402
from first_run_test import start_lab  # noqa: E402

RELOADS = 200
GROWTH = 24 * 1024 * 1024  # bytes that memory may grow by between a quarter and the end of the storm

BROKEN = [
    "[agent\n",                                     # not TOML
    '[agent]\nvantagee = "typo"\n',                 # unknown key, no pool
    '[[pool]]\nname = "x"\necosystem = "nosuch"\n',  # unknown ecosystem, no mirror
    "",                                             # nothing at all
]


def replace(path, text):
    """As a careful editor does: readers see the old file or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, path)


def runs_of(metrics):
    return {(labels["mirror"], labels["check"]): value for labels, value in metrics.all("mirror_check_runs_total")}


def reload(agent, text, expected):
    """One SIGHUP, and the scrape in which its outcome shows."""
    replace(agent.config, text)
    agent.child.send_signal(signal.SIGHUP)

    def settled():
        assert agent.child.poll() is None, f"the agent ended with {agent.child.returncode}:\n{agent.tail()}"
        metrics = agent.metrics()
        return metrics.value("mirrorwarden_config_last_reload_successful") == expected and metrics

    return support.eventually(lambda: f"the outcome of a reload\n{agent.tail()}", settled, 10, every=0.01)


def storm(agent, good):
    """Returns the memory in use after a quarter and at the end."""
    before, memory = runs_of(agent.metrics()), {}
    for n in range(RELOADS):
        broken = n % 2 == 0
        metrics = reload(agent, BROKEN[n // 2 % len(BROKEN)] if broken else good, 0 if broken else 1)
        runs = runs_of(metrics)
        lost = {k: (v, runs.get(k)) for k, v in before.items() if runs.get(k, -1) < v}
        assert not lost, f"reload {n} lost state: {lost}"
        before = runs
        memory[n + 1] = metrics.value("process_resident_memory_bytes")
    return memory[RELOADS // 4], memory[RELOADS]


def burst(agent, good):
    """Signals faster than they can be served: the last file decides."""
    for n in range(50):
        replace(agent.config, good if n % 2 else BROKEN[0])
        agent.child.send_signal(signal.SIGHUP)
    reload(agent, good, 1)


def main():
    directory = support.scratch()
    start_lab(directory)
    config = directory / "lab.toml"
    good = config.read_text()
    # The quarantine is ASan's, not ours: keep it from looking like growth.
    agent = support.Agent(config, directory, environment={"ASAN_OPTIONS": "quarantine_size_mb=4"}).await_ready()
    verdicts = {m: agent.metrics().verdict(m) for m in ("healthy", "lying", "refusing", "silent", "html")}
    started = runs_of(agent.metrics())
    quarter, end = storm(agent, good)
    burst(agent, good)
    metrics = agent.metrics()
    for mirror, verdict in verdicts.items():
        assert metrics.verdict(mirror) == verdict, (mirror, verdict, metrics.verdict(mirror))
    ended = runs_of(metrics)
    assert all(ended[k] > v for k, v in started.items()), "probing stood still during the storm"
    print(f"{RELOADS} reloads; memory {quarter / 2**20:.1f} MiB after a quarter, {end / 2**20:.1f} MiB at the end; "
          f"{sum(ended.values()) - sum(started.values()):.0f} checks ran meanwhile")
    assert end - quarter < GROWTH, f"memory grew by {(end - quarter) / 2**20:.1f} MiB"
    agent.stop()


support.run(main, 180)
