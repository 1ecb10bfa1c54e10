"""The agent is killed by SIGKILL at every durable call of a scripted life, immediately before it and immediately after
it, and begins anew on the same state: no transition is lost, and what is told twice is told under the same key, at
most once by a kill to a receiver.

The script is a minute's worth of transitions in about twenty seconds: what a crash can break lies in the order of
saves, requests and answers, and the time between transitions adds no durable call. The world moves on when both
receivers know how it is, so it waits for an agent that is dead, and a transition that is lost stops the script.
In half of the kills the world moves on while no agent is there to see it.

By default it takes a share of the crash points, evenly spread, so that it ends in time; with MW_CRASH_ALL=1 it takes
all of them (twelve minutes on two busy cores). MW_CRASH_PARALLEL says how many at once. That it can fail is crash_proof_test's.
"""
import collections
import concurrent.futures
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import crash_life  # noqa: E402
import crash_world  # noqa: E402
import support  # noqa: E402

ALL = os.environ.get("MW_CRASH_ALL") == "1"
PARALLEL = int(os.environ.get("MW_CRASH_PARALLEL", "12"))
SHARE = 48  # kills of a run that does not take all

# Of a hundred points, at most so many may need another attempt, because the computer was too slow to show the agent
# the world of the script or because a life ended before its point; and so many may never be reached.
MOST_SLOW = 3
MOST_EARLY = 2
MOST_UNREACHED = 0


def points_of(numbers):
    """Before and after each call, or a share of it: spread evenly, before and after in turn."""
    points = [(when, number) for number in numbers for when in ("before", "after")]
    if ALL:
        return points
    step = max(1, len(points) // SHARE) | 1  # odd, so that both sides have their turn
    return points[::step]


def percent(most, points):
    """So many of a hundred of the points, rounded up."""
    return -(-most * points // 100)


def summary(count, outcomes):
    """What the outcomes come to in words, and what of it must not be."""
    bad = [outcome for outcome in outcomes if outcome.trouble]
    unreached = [outcome for outcome in outcomes if not outcome.killed and not outcome.trouble]
    again = collections.Counter(reason for outcome in outcomes for reason, _ in outcome.again)
    kills = sum(outcome.killed for outcome in outcomes)
    lines = [f"{count} durable calls, {len(outcomes)} points, {kills} kills, {len(bad)} with a loss or worse"]
    wrong = [f"{len(bad)} points with a loss or worse"] if bad else []
    for receiver in crash_world.RECEIVERS:
        each = [outcome.duplicates.get(receiver, 0) for outcome in outcomes]
        lines.append(f"receiver {receiver}: {sum(each)} messages heard twice under one key, at most {max(each)} by a kill")
        if max(each) > 1:
            wrong.append(f"{max(each)} messages heard twice by one kill at {receiver}")
    for words, seen, most in (("repeated: looks timed out", again["slow"], MOST_SLOW),
                              ("repeated: a life ended before its point", again["early"], MOST_EARLY),
                              (f"never reached in {crash_life.ATTEMPTS} lives", len(unreached), MOST_UNREACHED)):
        bound = percent(most, len(outcomes))
        lines.append(f"{words}: {seen} (at most {bound})")
        if seen > bound:
            wrong.append(lines[-1])
    return lines, wrong


def report(count, outcomes):
    for outcome in [outcome for outcome in outcomes if outcome.trouble][:5]:
        print(*outcome.point, outcome.trouble, sep=" ")
    for outcome in outcomes:
        for reason, words in outcome.again:
            print("again,", *outcome.point, f"{reason}: {words}", sep=" ")
    lines, wrong = summary(count, outcomes)
    print(*lines, sep="\n")
    assert not wrong, "; ".join(wrong)


def main():
    bench = crash_life.Bench()
    first = bench.run(crash_life.NEVER)
    if first.trouble and "may not trace" in first.trouble:
        print("SKIPPED: tracing is not permitted here")
        sys.exit(1 if os.environ.get("CI") == "true" else support.SKIPPED)
    assert not first.killed and not first.trouble and not any(first.duplicates.values()), first
    points = points_of(first.numbers)
    ending = sum(number.startswith("+") for number in first.numbers)
    print(f"{len(first.numbers)} durable calls, {ending} of them after SIGTERM; {len(points)} kills wanted", flush=True)
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        outcomes = list(pool.map(bench.run, points))
    report(len(first.numbers), outcomes)


if __name__ == "__main__":
    support.run(main, 3600 if ALL else 280)
