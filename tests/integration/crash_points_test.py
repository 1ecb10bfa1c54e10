"""The agent is killed by SIGKILL at every durable call of a scripted life, immediately before it and immediately after
it, and begins anew on the same state: no transition is lost, and what is told twice is told under the same key.

The script is a minute's worth of transitions in about fifteen seconds: what a crash can break lies in the order of
saves, requests and answers, and the time between transitions adds no durable call. The world moves on when both
receivers know how it is, so it waits for an agent that is dead, and a transition that is lost stops the script.
In half of the kills the world moves on while no agent is there to see it.

By default it takes a share of the crash points, evenly spread, so that it ends in time; with MW_CRASH_ALL=1 it takes
all of them (a quarter of an hour). MW_CRASH_PARALLEL says how many at once.
"""
import concurrent.futures
import os
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import crash_world  # noqa: E402
import support  # noqa: E402

TRACER = os.environ.get("MW_CRASH_TRACER", str(support.SOURCE / "build/debug/crash_tracer"))
ALL = os.environ.get("MW_CRASH_ALL") == "1"
PARALLEL = int(os.environ.get("MW_CRASH_PARALLEL", "12"))
SHARE = 48          # kills of a run that does not take all
CANNOT_TRACE = 125  # what the tracer ends with

FIRST_LIFE = [set(), {"m1"}, {"m1", "m2"}, {"m2"}, set(), {"m1", "m2"}, {"m1"}]  # the mirrors that are bad
SECOND_LIFE = [set(), {"m1", "m2"}, set()]
PATIENCE = 40  # seconds until what is not told is lost
ATTEMPTS = 3   # at one point, where this computer was too slow to show the agent the world of the script


class Life:
    """One run: a life under the tracer, killed at a point or ended by SIGTERM, and a life after it."""

    def __init__(self, server, directory, point):
        self.server = server
        self.directory = directory
        self.when, self.number = point
        self.world = server.world = crash_world.World()
        self.calls = directory / "calls"
        self.phases = 0

    def live(self):
        agent = self.begin(under=[TRACER, self.calls, self.directory / "state", self.when, self.number])
        self.first_life(agent)
        again = self.begin()
        self.settle(again, looks=2 if self.killed else 0)
        for bad in SECOND_LIFE:
            self.world.move(bad, seen=True)
            self.settle(again, looks=2 if bad == set() else 0)
        again.stop()
        return self.check()

    def begin(self, under=()):
        # LeakSanitizer is a tracer itself, and a program can have one only.
        traced = {"ASAN_OPTIONS": "detect_leaks=0"} if under else {}
        return support.Agent(config_in(self.directory, self.server.url), self.directory, environment=traced,
                             address=self.server.server_address[0], under=under)

    def first_life(self, agent):
        """Through the phases until it is killed; a life that was not is ended in order, while an alert fires."""
        for bad in FIRST_LIFE:
            self.world.move(bad, seen=True)
            self.phases += 1
            if not self.settle(agent, looks=1):
                return self.be_killed(agent)
        agent.child.send_signal(signal.SIGTERM)
        agent.child.wait(30)
        if self.killed:
            return self.be_killed(agent)
        assert agent.child.returncode == 0, f"ended with {agent.child.returncode}:\n{agent.tail()}"

    def be_killed(self, agent):
        code = agent.child.wait(30)
        if code == CANNOT_TRACE:
            raise PermissionError(agent.tail(1))
        assert code == 128 + signal.SIGKILL and self.killed, f"ended with {code}:\n{agent.tail()}"
        moves_on = (self.number + (self.when == "after")) % 2 == 0
        if moves_on:
            self.world.move((FIRST_LIFE + [set()])[self.phases], seen=False)

    @property
    def killed(self):
        return "killed" in self.last_call()

    def last_call(self):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return lines[-1] if lines else ""

    def settle(self, agent, looks):
        """Until every receiver knows how the world is. False: the agent was killed first."""
        end = time.monotonic() + PATIENCE
        while not self.world.agrees(looks):
            if agent.child.poll() is not None:
                return False
            assert time.monotonic() < end, f"lost: {set(self.world.bad)} is bad, but told was {self.world.told()}"
            time.sleep(0.02)
        return True

    def check(self):
        """How many messages were heard twice; asserts everything else."""
        assert not self.world.troubles, self.world.troubles
        log = log_of(self.directory)
        for never in ("damaged", "internal error", "ERROR", "Sanitizer"):
            assert never not in log, f"{never!r} in the log"
        twice = 0
        for receiver, heard in self.world.told().items():
            duplicates = crash_world.count_duplicates(heard)
            assert duplicates <= (1 if self.killed else 0), f"{duplicates} duplicates for {receiver}: {heard}"
            twice += duplicates
            for mirror in crash_world.MIRRORS:
                episodes = [e for e in self.world.episodes if e.mirror == mirror]
                crash_world.check_story(crash_world.story_of(heard, mirror, receiver == "grouped"), episodes)
        return twice


def config_in(directory, url):
    path = directory / "crash.toml"
    path.write_text(f"""
[agent]
state = "{directory}/state"
evaluation_interval = "100ms"
gap_per_host = "0s"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["{url}reference/"]
canaries = ["VERSION"]
checks = ["freshness"]
interval = "2s"
timeout = "1900ms"
fail_after = 1
recover_after = 1
mirror = [{{ name = "m1", url = "{url}m1/" }}, {{ name = "m2", url = "{url}m2/" }}]
[[alert]]
name = "MirrorDown"
when = "down"
for = "150ms"
keep_firing = "150ms"
notify = ["single", "grouped"]
[[receiver]]
name = "single"
group_by = ["alertname", "pool", "mirror"]
group_wait = "0s"
group_interval = "0s"
webhook = {{ url = "{url}single" }}
[[receiver]]
name = "grouped"
group_wait = "0s"
group_interval = "0s"
webhook = {{ url = "{url}grouped" }}
""")
    return path


class Bench:
    """Runs lives, as many at once as there are addresses."""

    def __init__(self):
        self.root = support.scratch()
        self.local = threading.local()
        self.slots = iter(range(1, 255))
        self.lock = threading.Lock()

    def server(self):
        """The calling thread's own."""
        if not hasattr(self.local, "server"):
            with self.lock:
                self.local.server = crash_world.Server(f"127.83.0.{next(self.slots)}")
        return self.local.server

    def run(self, point):
        """The outcome at that point. An agent whose looks timed out saw another world: not a crash's fault."""
        for attempt in range(ATTEMPTS):
            directory = self.root / f"{point[0]}{point[1]}.{attempt}"
            directory.mkdir()
            outcome = self.run_once(point, directory)
            if outcome[3] is None or "/timeout" not in log_of(directory):
                break
        return outcome

    def run_once(self, point, directory):
        """(killed, duplicates, the last call, what went wrong)."""
        life = Life(self.server(), directory, point)
        try:
            twice = life.live()
        except (AssertionError, OSError) as trouble:
            tail = "\n".join(log_of(directory).splitlines()[-30:])
            return life.killed, 0, life.last_call(), f"{trouble}\n{tail}"
        return life.killed, twice, life.last_call(), None


def log_of(directory):
    path = directory / "agent.log"
    return path.read_text(errors="replace") if path.exists() else ""


def points_of(count):
    """All of them, or a share: spread evenly, before and after in turn."""
    points = [(when, n) for n in range(1, count + 1) for when in ("before", "after")]
    if ALL:
        return points
    step = max(1, len(points) // SHARE) | 1  # odd, so that both sides have their turn
    return points[::step]


def main():
    bench = Bench()
    killed, twice, last, trouble = bench.run(("never", 0))
    if trouble and "may not trace" in trouble:
        print("SKIPPED: tracing is not permitted here")
        sys.exit(1 if os.environ.get("CI") == "true" else support.SKIPPED)
    assert not killed and twice == 0 and not trouble, trouble
    count = int(last.split()[0])
    points = points_of(count)
    print(f"{count} durable calls; {len(points)} kills wanted", flush=True)
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(bench.run, points))
    report(count, points, results)


def report(count, points, results):
    kills = sum(killed for killed, *_ in results)
    bad = [(point, trouble) for point, (_, _, _, trouble) in zip(points, results) if trouble]
    for point, trouble in bad[:5]:
        print(*point, trouble, sep=" ")
    twice = [duplicates for _, duplicates, _, _ in results]
    print(f"{count} durable calls, {kills} kills, {len(bad)} lost, {sum(twice)} duplicates (each of a kill, "
          f"most {max(twice)} of one, under the same key)")
    assert not bad, f"{len(bad)} of {len(points)} crash points"
    assert kills >= 0.9 * len(points), "too many lives ended before their crash point"


support.run(main, 3000 if ALL else 280)
