"""One resolver says nothing: a check with a timeout of 1 s still ends within 1.25 s, and nobody else's check starts
more than 50 ms late because of it."""
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

UNNAMED = 10  # mirrors whose names nobody resolves
NEARBY = 10   # mirrors on loopback literals
WINDOW = 8    # seconds
WINDOWS = 5   # a machine that stalls spoils one window; an agent that waits for a resolver spoils them all
LATEST_END = 1.25
LATEST_START = 0.05


def serve_nearby():
    port = support.free_port("127.80.1.1")
    for n in range(NEARBY):
        support.serve(f"127.80.1.{n + 1}", port, lambda: b"ok\n")
    return port


def make_config(directory, resolver_port, port):
    def pool(name, checks, extra, urls):
        mirrors = "".join(f'\n[[pool.mirror]]\nname = "{name}-{n}"\nurl = "{u}"\n' for n, u in enumerate(urls))
        return (f'[[pool]]\nname = "{name}"\necosystem = "file"\nchecks = {checks}\n{extra}{mirrors}\n')

    text = pool("unnamed", '["dns", "http"]', 'interval = "2s"\ntimeout = "1s"\nconfirm_every = "1500ms"\n'
                f'resolvers = ["127.80.0.1:{resolver_port}"]\n',
                [f"http://mirror{n}.example.org/" for n in range(UNNAMED)])
    text += pool("nearby", '["tcp", "http"]', 'interval = "1s"\ntimeout = "500ms"\nconfirm_every = "1s"\n',
                 [f"http://127.80.1.{n + 1}:{port}/" for n in range(NEARBY)])
    path = directory / "resolver.toml"
    path.write_text(text)
    return path


def watch(agent, seconds, longest):
    """Keeps in `longest` the longest run of each mirror's check that any scrape showed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for labels, value in agent.metrics().all("mirror_check_duration_seconds"):
            key = labels["pool"], labels["mirror"], labels["check"]
            longest[key] = max(value, longest.get(key, 0))
        time.sleep(0.5)


def check_ends(longest):
    for check in ("dns", "http"):
        runs = {k: v for k, v in longest.items() if k[0] == "unnamed" and k[2] == check}
        assert len(runs) == UNNAMED, runs
        print(f"{check:5} with a silent resolver: longest run {max(runs.values()) * 1000:7.1f} ms, "
              f"shortest {min(runs.values()) * 1000:7.1f} ms")
        assert max(runs.values()) <= LATEST_END, f"a {check} check took {max(runs.values())} s"
        assert min(runs.values()) >= 0.9, f"a {check} check ended early: the resolver was not silent"


def delays(agent):
    """How many checks started at most so late, by bound; the sum of their delays."""
    name = "mirrorwarden_check_start_delay_seconds"
    metrics = agent.metrics()
    return ({float(labels["le"]): value for labels, value in metrics.all(name + "_bucket")},
            metrics.value(name + "_sum"))


def latest_start(agent, longest):
    """Watches for one window: the least bound that no start in it exceeded."""
    before, sum_before = delays(agent)
    watch(agent, WINDOW, longest)
    after, sum_after = delays(agent)
    within = {bound: after[bound] - before[bound] for bound in after}
    total = within[float("inf")]
    bound = min(b for b, count in within.items() if count == total)
    print(f"starts: {total:.0f}, mean delay {(sum_after - sum_before) / total * 1000:.2f} ms, "
          f"none later than {bound * 1000:.0f} ms")
    assert total >= (WINDOW - 2) * NEARBY, f"only {total} checks started"
    return bound


def check_starts(agent, longest):
    bounds = []
    while not bounds or (min(bounds) > LATEST_START and len(bounds) < WINDOWS):
        bounds.append(latest_start(agent, longest))
    assert min(bounds) <= LATEST_START, f"in every window a check started late: up to {bounds} s"


def check_others(metrics):
    for n in range(NEARBY):
        for check in ("tcp", "http"):
            labels = {"mirror": f"nearby-{n}", "check": check}
            assert metrics.value("mirror_check_success", **labels) == 1, labels
            assert metrics.value("mirror_check_runs_total", **labels) >= WINDOW, labels
    for n in range(UNNAMED):
        failures = [(f["layer"], f["reason"]) for f, _ in
                    metrics.all("mirror_check_failure", mirror=f"unnamed-{n}", check="dns")]
        assert failures == [("dns", "timeout")], failures


def main():
    directory = support.scratch()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.80.0.1", 0))
        config = make_config(directory, silent.getsockname()[1], serve_nearby())
        agent = support.Agent(config, directory).await_ready()
        longest = {}
        check_starts(agent, longest)
        check_ends(longest)
        check_others(agent.metrics())
        agent.stop()


support.run(main, 90)
