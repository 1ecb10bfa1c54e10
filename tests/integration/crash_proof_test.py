"""That crash_points_test can fail: its judgement of made-up records, its sum over made-up outcomes, and lives of the
real agent whose state is put back to an older one while it is dead, as if what it had saved had never been durable.
"""
import concurrent.futures
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import crash_life  # noqa: E402
import crash_points_test  # noqa: E402
import crash_world  # noqa: E402
import support  # noqa: E402

# ---- made-up records --------------------------------------------------------------------------------------------

T1, T2, T3 = ("2026-03-01T08:00:01Z", "2026-03-01T08:00:21Z", "2026-03-01T08:00:41Z")
FIRES, OVER = ("m1", "firing", T1), ("m1", "resolved", T1)
FIRES_AGAIN, OVER_AGAIN = ("m1", "firing", T2), ("m1", "resolved", T2)
OTHER = ("m2", "firing", T2)
OTHER_OVER = ("m2", "resolved", T2)
WHOLE = [("a", FIRES), ("b", OVER)]

# What was heard, by (key, items…), of one kill in which m1 was bad from T1 on, and what is said of it.
RECORDS = [
    (WHOLE, None),
    ([("a", FIRES), ("a", FIRES), ("b", OVER)], None),
    ([("a", FIRES), ("b", OVER), ("b", OVER)], None),
    ([("a", FIRES), ("a", FIRES), ("a", FIRES), ("b", OVER)], "2 duplicates"),
    ([("a", FIRES), ("a", FIRES), ("b", OVER), ("b", OVER)], "2 duplicates"),
    ([("a", FIRES), ("x", FIRES), ("b", OVER)], "another key"),
    ([("a", FIRES), ("b", OVER), ("x", OVER)], "another key"),
    ([("a", FIRES), ("x", FIRES_AGAIN), ("b", OVER)], "another key"),
    ([("a", FIRES), ("x", FIRES_AGAIN), ("b", OVER_AGAIN)], "another key"),
    ([("a", FIRES), ("a", OVER)], "one key, two messages"),
    ([], "lost: episodes"),
    ([("a", FIRES)], "lost: an end"),
    ([("b", OVER)], "lost: firing and its end are not in turn"),
    ([("b", OVER), ("a", FIRES)], "lost: firing and its end are not in turn"),
    ([("a", FIRES), ("b", OVER_AGAIN)], "another beginning"),
    (WHOLE + [("c", FIRES_AGAIN), ("d", OVER_AGAIN)], "told of what was not"),
    (WHOLE + [("c", OTHER), ("d", OTHER_OVER)], "told of what was not"),
]
# The same with m2 bad from T2 on, where a group's message repeats what goes on.
RECORDS_OF_GROUPS = [
    ([("a", FIRES), ("b", FIRES, OTHER), ("c", OVER, OTHER), ("d", OTHER_OVER)], None),
    ([("a", FIRES), ("b", FIRES, OTHER), ("b", FIRES, OTHER), ("c", OVER, OTHER), ("d", OTHER_OVER)], None),
    ([("a", FIRES), ("b", FIRES, OTHER), ("x", FIRES, OTHER), ("c", OVER, OTHER), ("d", OTHER_OVER)], "another key"),
    ([("a", FIRES), ("c", OVER, OTHER), ("x", OTHER), ("d", OTHER_OVER)], "another key"),
    ([("a", FIRES), ("c", OVER), ("d", OTHER_OVER)], "lost: firing and its end are not in turn"),
]


def episode(mirror, since, until):
    made = crash_world.Episode(mirror)
    made.since, made.until = crash_world.seconds_of(since) - 1, crash_world.seconds_of(until) - 1
    return made


def said_of(record, receiver, episodes, kills=1):
    """What the judgement says; None when it has nothing against it."""
    heard = [crash_world.Heard(key, sorted(items)) for key, *items in record]
    try:
        crash_world.judge({receiver: heard}, episodes, kills)
    except AssertionError as wrong:
        return str(wrong)
    return None


def check_said(said, wanted, record):
    assert (said is None) == (wanted is None) and (wanted or "") in (said or ""), f"{record}: {said!r}, not {wanted!r}"


def judge_records():
    one, two = [episode("m1", T1, T2)], [episode("m1", T1, T2), episode("m2", T2, T3)]
    for record, wanted in RECORDS:
        for receiver in crash_world.RECEIVERS:
            check_said(said_of(record, receiver, one), wanted, record)
    for record, wanted in RECORDS_OF_GROUPS:
        check_said(said_of(record, "grouped", two), wanted, record)
    check_said(said_of(RECORDS[1][0], "single", one, kills=0), "1 duplicates for single, 0 kills", RECORDS[1][0])
    return sum(wanted is not None for _, wanted in RECORDS * 2 + RECORDS_OF_GROUPS) + 1


# ---- made-up outcomes -------------------------------------------------------------------------------------------


def outcome(killed=True, single=0, grouped=0, trouble=None, again=()):
    return crash_life.Outcome(("before", "1"), killed, {"single": single, "grouped": grouped}, [], trouble,
                              [(reason, "") for reason in again])


# What stands instead of the first of a hundred good outcomes, and what is wrong with it.
SUMS = [
    ([], None),
    ([outcome(single=1, grouped=1)], None),
    ([outcome(single=2)], "2 messages heard twice by one kill at single"),
    ([outcome(grouped=2)], "2 messages heard twice by one kill at grouped"),
    ([outcome(trouble="lost")], "1 points with a loss"),
    ([outcome(again=["slow"] * 2), outcome(again=["slow"])], None),
    ([outcome(again=["slow"] * 2), outcome(again=["slow"] * 2)], "looks timed out: 4"),
    ([outcome(again=["early"] * 2)], None),
    ([outcome(again=["early"] * 2), outcome(again=["early"])], "before its point: 3"),
    ([outcome(killed=False)], "never reached in 5 lives: 1"),
]


def judge_outcomes():
    for instead, wanted in SUMS:
        _, wrong = crash_points_test.summary(50, instead + [outcome()] * (100 - len(instead)))
        check_said("; ".join(wrong) or None, wanted, instead)
    return sum(wanted is not None for _, wanted in SUMS)


# ---- the real agent ---------------------------------------------------------------------------------------------


class ForgetfulLife(crash_life.Life):
    """Killed while m1 is bad and everybody knows it. `forgets`: the state is then put back to the one of before;
    `moves_on`: m1 is good again before the next life begins."""

    def __init__(self, server, directory, forgets, moves_on):
        super().__init__(server, directory, crash_life.NEVER)
        self.forgets, self.moves_on = forgets, moves_on
        self.state = directory / "state"
        self.picture = directory / "picture"

    killed = True

    def live(self):
        agent = self.begin()
        self.told(agent, set())
        self.take_picture(agent)
        self.told(agent, {"m1"})
        time.sleep(1)  # what was answered is saved
        agent.child.kill()
        agent.child.wait(30)
        if self.forgets:
            shutil.rmtree(self.state)
            self.picture.rename(self.state)
        if self.moves_on:
            self.world.move(set(), seen=False)
        self.second_life(looks=4)  # enough for an alert to fire
        return self.check()

    def told(self, agent, bad):
        self.world.move(bad, seen=True)
        assert self.settle(agent, looks=2), agent.tail()

    def take_picture(self, agent):
        """The state as a crash would leave it: of a program that stands still."""
        agent.child.send_signal(signal.SIGSTOP)
        shutil.copytree(self.state, self.picture)
        agent.child.send_signal(signal.SIGCONT)


# (forgets, moves_on) and what must be said of it.
LIVES = [((False, False), None), ((False, True), None), ((True, False), "another key"), ((True, True), "lost")]


def live_forgetfully(bench, life):
    (forgets, moves_on), wanted = life
    directory = bench.root / f"{forgets}.{moves_on}"
    directory.mkdir()
    lived = ForgetfulLife(bench.server(), directory, forgets, moves_on)
    trouble = bench.run_once(lived, crash_life.NEVER).trouble
    words = trouble.split("\n")[0] if trouble else "nothing lost, nothing told twice"
    print(f"{'older' if forgets else 'kept'} state, m1 {'good' if moves_on else 'bad'} again: {words[:160]}", flush=True)
    check_said(words if trouble else None, wanted, life)


def main():
    print(f"made-up records: {judge_records()} spoiled ones noticed; "
          f"made-up outcomes: {judge_outcomes()} spoiled ones noticed", flush=True)
    bench = crash_life.Bench()
    with concurrent.futures.ThreadPoolExecutor(len(LIVES)) as pool:
        list(pool.map(lambda life: live_forgetfully(bench, life), LIVES))


if __name__ == "__main__":
    support.run(main, 150)
