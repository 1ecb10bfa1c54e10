"""A scripted life of the real agent that is killed by SIGKILL at one of its durable calls, and the life after it.

What the world must have heard by then is crash_world's business; what many such lives come to is crash_points_test's.
"""
import collections
import os
import signal
import threading
import time

import crash_world
import support

TRACER = os.environ.get("MW_CRASH_TRACER", str(support.SOURCE / "build/debug/crash_tracer"))
CANNOT_TRACE = 125  # what the tracer ends with

# A point is (before or after, N) or, while the agent ends because it was told to, (before or after, +N).
NEVER = ("never", "0")  # the point of a life that is not killed
FIRST_LIFE = [set(), {"m1"}, {"m1", "m2"}, {"m2"}, set(), {"m1", "m2"}, {"m1"}]  # the mirrors that are bad
SECOND_LIFE = [set(), {"m1", "m2"}, set()]
PATIENCE = 40  # seconds until what is not told is lost
ROUNDS = 4     # of the script, until a life that is to be killed in it has so many calls
ATTEMPTS = 5   # at one point, as long as there is a reason to begin again

# What came of a point: whether it was killed there, by receiver how many messages were heard twice, the numbers of the
# calls that were made, what went wrong, and (reason, words) of each attempt that does not count.
Outcome = collections.namedtuple("Outcome", "point killed duplicates numbers trouble again")


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
        """By receiver, how many messages were heard twice; asserts everything else."""
        agent = self.begin(under=[TRACER, self.calls, self.directory / "state", self.when, self.number])
        self.first_life(agent)
        self.second_life(looks=2 if self.killed else 0)
        return self.check()

    def begin(self, under=()):
        # LeakSanitizer is a tracer itself, and a program can have one only.
        traced = {"ASAN_OPTIONS": "detect_leaks=0"} if under else {}
        return support.Agent(config_in(self.directory, self.server.url), self.directory, environment=traced,
                             address=self.server.server_address[0], under=under)

    def first_life(self, agent):
        """Through the phases until it is killed; a life that was not is ended in order, while an alert fires. No two
        lives have quite as many calls: one that must be killed before it is told to end begins the script again."""
        begins_again = self.when != "never" and not self.number.startswith("+")
        for bad in FIRST_LIFE * (ROUNDS if begins_again else 1):
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
        moves_on = (int(self.number) + (self.when == "after")) % 2 == 0
        if moves_on:
            self.world.move(FIRST_LIFE[self.phases % len(FIRST_LIFE)], seen=False)

    def second_life(self, looks):
        """It looks so often at the world as the first life left it, before that changes."""
        again = self.begin()
        settled = self.settle(again, looks)
        for bad in SECOND_LIFE:
            self.world.move(bad, seen=True)
            settled = settled and self.settle(again, looks=2 if bad == set() else 0)
        assert settled, f"the second life ended with {again.child.returncode}:\n{again.tail()}"
        again.stop()

    @property
    def killed(self):
        return "killed" in self.words()

    def words(self):
        """The first of each line that the tracer wrote: the calls' numbers, and "killed"."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line.split()[0] for line in lines]

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
        assert not self.world.troubles, self.world.troubles
        log = log_of(self.directory)
        for never in ("damaged", "internal error", "ERROR", "Sanitizer"):
            assert never not in log, f"{never!r} in the log"
        return crash_world.judge(self.world.told(), self.world.episodes, 1 if self.killed else 0)


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
        """The outcome at that point, of the first attempt that counts."""
        again = []
        for attempt in range(ATTEMPTS):
            directory = self.root / f"{point[0]}{point[1]}.{attempt}"
            directory.mkdir()
            outcome = self.run_once(Life(self.server(), directory, point), point)
            reason = reason_to_repeat(outcome, log_of(directory))
            if reason is None or attempt + 1 == ATTEMPTS:
                break
            words = outcome.trouble or f"its last call was {outcome.numbers[-1]}"
            again.append((reason, words.split("\n")[0][:200]))
        return outcome._replace(again=again)

    @staticmethod
    def run_once(life, point):
        try:
            duplicates, trouble = life.live(), None
        except (AssertionError, OSError) as caught:
            tail = "\n".join(log_of(life.directory).splitlines()[-30:])
            duplicates, trouble = {}, f"{caught}\n{tail}"
        return Outcome(point, life.killed, duplicates, life.words(), trouble, [])


def reason_to_repeat(outcome, log):
    """An agent whose looks timed out saw a world that the script does not have: not a crash's fault. And one may end
    with fewer calls than another."""
    if outcome.trouble:
        return "slow" if "/timeout" in log else None
    return None if outcome.killed or outcome.point == NEVER else "early"


def log_of(directory):
    path = directory / "agent.log"
    return path.read_text(errors="replace") if path.exists() else ""
