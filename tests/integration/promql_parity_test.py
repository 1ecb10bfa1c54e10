"""Prometheus, with the rules that `mirrorwarden rules` prints, fires and resolves when the engine does.

Worlds are generated (the same every time) and played to the engine by mirrorwarden_parity, which also prints /metrics
at every step. Those series go to `promtool test rules`, which must have the engine's alerts at every step. Where the
two are meant to differ, the differences are tested as well; and that a wrong rule is noticed.
"""
import collections
import itertools
import os
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

PARITY = os.environ.get("MW_PARITY", str(support.SOURCE / "build/debug/mirrorwarden_parity"))
GOLDEN = support.SOURCE / "tests/golden/rules"
DAY = 86400
YES, NO, UNKNOWN = "yes", "no", "unknown"

Case = collections.namedtuple("Case", "name changes")
Rule = collections.namedtuple("Rule", "name interval hold keep worlds watched", defaults=(("p/m", "p/n"),))
Played = collections.namedtuple("Played", "series alerts")  # {series: [value or None]}, [{alert line}] per step

# ---- worlds: what makes a rule true, false or unknown, in several ways -------------------------------------------


def verdict(state, reason="stale", **more):
    failure = "none" if state == "fresh" else f"freshness {reason}"
    return {"verdict": state, "failure": failure, **more}


NOBODY_KNOWS = [verdict("unknown", "reference_down"), verdict("unknown", "not_checked_yet")]
FINE = [verdict("fresh"), verdict("stale")]


def of_verdict(state):
    return lambda truth, t: {YES: [verdict(state)], NO: FINE, UNKNOWN: NOBODY_KNOWS}[truth]


def stale(truth, t):
    return {YES: [verdict("stale", lag=lag) for lag in (21601, 21600.5, 90000)],
            NO: [verdict("stale", lag=21600), verdict("stale", lag=100), verdict("fresh", lag=0)],
            UNKNOWN: [verdict("unknown", "reference_down", lag=90000), verdict("unknown", "version_unknown", lag="unknown"),
                      verdict("fresh", lag="unknown")]}[truth]


def partly_stale(truth, t):
    return {YES: [verdict("stale", feeds="2 5"), verdict("stale", feeds="3 14")],
            NO: [verdict("stale", feeds="1 5"), verdict("fresh", feeds="0 5")],
            UNKNOWN: [verdict("unknown", "reference_down", feeds="2 5"), verdict("stale", feeds="0 0")]}[truth]


def inconsistent(truth, t):
    return {YES: [verdict("stale", "inconsistent")], NO: FINE,
            UNKNOWN: NOBODY_KNOWS + [verdict("unknown", "inconsistent")]}[truth]


def expiring(fact, limit):
    return lambda truth, t: {YES: [{fact: t + limit - 1}, {fact: t + 5}, {fact: t - 100}],
                             NO: [{fact: t + limit}, {fact: t + limit + 10000}], UNKNOWN: [{fact: "none"}]}[truth]


def offline(truth, t):
    return [{"self_fault": "yes" if truth == YES else "no"}]  # that is always known


def upstream_down(truth, t):
    calm = {"agent self_fault": "no", "p/upstream looked": "yes"}
    return {YES: [{"reference_up": "no", **calm}], NO: [{"reference_up": "yes", **calm}],
            UNKNOWN: [{"reference_up": "no", **calm, "p/upstream looked": "no"},
                      {"reference_up": "no", **calm, "agent self_fault": "yes"}]}[truth]


def pool_unsafe(truth, t):
    def mirrors(*states):
        return {f"p/{m} verdict": state for m, state in zip("mno", states)}

    return {YES: [mirrors("stale", "stale", "stale")],
            NO: [mirrors("stale", "fresh", "unknown"), mirrors("fresh", "fresh", "fresh")],
            UNKNOWN: [mirrors("unknown", "stale", "stale"), mirrors("unknown", "unknown", "unknown")]}[truth]


RULES = [
    Rule("AgentOffline", 30, 120, 120, offline, ("agent",)),
    Rule("UpstreamDown", 60, 600, 300, upstream_down, ("p",)),
    Rule("PoolUnsafe", 60, 600, 300, pool_unsafe, ("p",)),
    Rule("MirrorCorrupt", 60, 0, 600, of_verdict("corrupt")),
    Rule("MirrorDown", 30, 300, 300, of_verdict("down")),
    Rule("MirrorStale", 60, 600, 300, stale),
    Rule("MirrorPartlyStale", 240, 6 * 3600, 1800, partly_stale),
    Rule("MirrorInconsistent", 180, 1800, 1800, inconsistent),
    Rule("MetadataExpiring", 150, 1800, 300, expiring("valid_until", DAY)),
    Rule("CertificateExpiring", 240, 3600, 3600, expiring("chain", 14 * DAY)),
]
# A reference is everything that a mirror must not be: no rule may say so.
BAD_REFERENCE = ["0 p/upstream verdict down", "0 p/upstream failure freshness inconsistent", "0 p/upstream chain 0",
                 "0 p/upstream valid_until 0"]


def changes(who, world):
    """The lines, without their step, that bring the world about; what begins with a name is of somebody else."""
    return [f"{what} {value}" if " " in what else f"{who} {what} {value}" for what, value in world.items()]


# ---- truths over time --------------------------------------------------------------------------------------------


def steps_of(seconds, interval):
    return -(-seconds // interval)


def shapes(hold, keep):
    """Truths, a step each, that begin at, just before and just after what is waited for."""
    up, over = [YES] * (hold + 2), [NO] * (keep + 3)
    return {
        "crossing": [NO] * 3 + up + over,
        "too_short": ([NO] * 2 + [YES] * hold) * 2 + [NO] * 2,
        "just_long_enough": [NO] + [YES] * (hold + 1) + [NO] * (keep + 1) + [YES] * 2 + over,
        "flapping": ([YES] * max(hold, 1) + [NO]) * 2 + up + ([NO] * keep + [YES]) * 2 + over,
        "gap_while_firing": up + [UNKNOWN] * (keep + 4) + [YES] * 2 + over,
        "over_in_a_gap": [UNKNOWN] * 4 + up + [UNKNOWN] * 3 + over + [UNKNOWN] * 2 + [NO],
    }


def wander(dice, hold, keep, length):
    """Any truths in runs of any length; unknown only where nothing is waited for."""
    truths, held, cleared, firing = [], 0, 0, False
    while len(truths) < length:
        waits = (held > 0 and not firing) or cleared > 0
        truth = dice.choice([YES, NO] if waits else [YES, NO, UNKNOWN])
        for _ in range(dice.choice([1, 2, 3, hold, hold + 1, keep, keep + 1])):
            truths.append(truth)
            if truth == YES:
                held, cleared = held + 1, 0
                firing = firing or held > hold
            elif truth == NO:
                cleared = cleared + 1 if firing else 0
                held = held if firing else 0
                if firing and cleared > keep:
                    held, cleared, firing = 0, 0, False
    return truths[:length]


def case_of(rule, name, truths, dice):
    """Worlds with those truths, each a random one of those that have it; the second mirror is three steps late."""
    lines = list(BAD_REFERENCE)
    for step in range(len(truths)):
        for late, who in enumerate(rule.watched):
            worlds = rule.worlds(truths[max(step - 3 * late, 0)], step * rule.interval)
            lines += [f"{step} {change}" for change in changes(who, dice.choice(worlds))]
    return Case(name, lines)


def cases_of(rule):
    dice = random.Random(rule.name)
    hold, keep = steps_of(rule.hold, rule.interval), steps_of(rule.keep, rule.interval)
    named = shapes(hold, keep)
    named |= {f"wandering_{n}": wander(dice, hold, keep, 2 * (hold + keep) + 30) for n in range(2)}
    cases = [case_of(rule, f"{rule.name}_{name}", truths, dice) for name, truths in named.items()]
    return cases, max(map(len, named.values()))


# ---- the engine's side -------------------------------------------------------------------------------------------


def played(config, cases, interval, steps):
    """{case: Played}, as the engine has it."""
    text = "".join(f"case {c.name} {interval} {steps}\n" + "\n".join(c.changes) + "\nend\n" for c in cases)
    done = subprocess.run([PARITY, config], input=text, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    worlds, now, step = {}, None, None
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "case":
            now = worlds[rest] = Played(collections.defaultdict(lambda: [None] * steps), [])
        elif word == "step":
            step = int(rest)
            now.alerts.append(set())
        elif word == "alert":
            phase, labels = rest.split(" ", 1)
            now.alerts[step].add(f'alertstate="{phase}",{labels[1:-1]}')
        elif word != "#":
            series, value = line.rsplit(" ", 1)
            now.series[series][step] = value
    return worlds


def firings(alerts, name):
    """(first step, step after the last) of each time that an alert of that name fired."""
    found, since = [], {}
    for step, now in enumerate([*alerts, set()]):
        firing = {a for a in now if 'alertstate="firing"' in a and f'alertname="{name}"' in a}
        found += [(since.pop(gone), step) for gone in set(since) - firing]
        since |= {new: step for new in firing - set(since)}
    return sorted(found)


# ---- Prometheus' side --------------------------------------------------------------------------------------------


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def selector(series, instance):
    """The series as Prometheus has it once the agent called `instance` is scraped."""
    name, _, labels = series.partition("{")
    return f'{name}{{job="mirrorwarden",instance="{instance}"' + ("," + labels if labels else "}")


def notation(values):
    """As promtool writes series: runs of a value, and a marker where the series ends."""
    words = [now or ("stale" if before else "_") for before, now in zip([None, *values], values)]
    runs = [(word, len(list(run))) for word, run in itertools.groupby(words)]
    return " ".join(word if n == 1 else f"_x{n}" if word == "_" else f"{word}+0x{n - 1}" for word, n in runs)


def test_file(rules, interval, worlds, wanted):
    """A unit test of promtool: those worlds, and at every step just the wanted alerts."""
    lines = [f"rule_files: [{rules}]", f"evaluation_interval: {interval}s", "tests:", f"- interval: {interval}s",
             "  input_series:"]
    for name, world in worlds.items():
        for series, values in world.series.items():
            lines += [f"  - series: {quoted(selector(series, name))}", f"    values: {quoted(notation(values))}"]
    lines.append("  promql_expr_test:")
    for step in range(len(next(iter(wanted.values())))):
        lines += ["  - expr: ALERTS", f"    eval_time: {step * interval}s", "    exp_samples:"]
        alerts = [selector("ALERTS{" + alert + "}", name) for name in wanted for alert in sorted(wanted[name][step])]
        lines += [line for a in alerts for line in (f"    - labels: {quoted(a)}", "      value: 1")]
        if not alerts:
            lines[-1] += " []"
    return "\n".join(lines) + "\n"


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=280)


class Exported:
    """The rules of a configuration as printed, and as they would be with a mistake in them."""

    def __init__(self, config, directory):
        done = subprocess.run([support.AGENT, "rules", f"--config.file={config}"], capture_output=True, text=True,
                              check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        self.config, self.text, self.directory = config, done.stdout, directory
        self.metrics = set(re.findall(r"\bmirror(?:warden)?_[a-z_]+", self.text)) | {"up"}
        checked = promtool("check", "rules", self.file(self.text))
        assert checked.returncode == 0 and "SUCCESS" in checked.stdout and not checked.stderr, checked

    def file(self, text):
        path = self.directory / f"rules{len(list(self.directory.iterdir()))}.yml"
        path.write_text(text)
        return path

    def agrees(self, interval, worlds, wanted, text=None):
        """What promtool has against it; empty when nothing."""
        used = {name: Played({s: v for s, v in world.series.items() if s.partition("{")[0] in self.metrics}, None)
                for name, world in worlds.items()}
        rules = self.file(text or self.text)
        done = promtool("test", "rules", self.file(test_file(rules, interval, used, wanted)))
        return "" if done.returncode == 0 else (done.stdout + done.stderr)[:4000]

    def agrees_with_engine(self, interval, worlds, text=None):
        return self.agrees(interval, worlds, {name: world.alerts for name, world in worlds.items()}, text)


# ---- the tests ---------------------------------------------------------------------------------------------------

MISTAKES = {  # in the rules, that the cases of that default rule must notice
    "MirrorStale": [("> 21600", "> 21601"), ("<= 21600", "< 21600"), ("for: 10m", "for: 11m"),
                    ('alertname="MirrorStale", alertstate="firing"', 'alertname="MirrorStale", alertstate="pending"')],
    "MirrorDown": [("keep_firing_for: 5m", "keep_firing_for: 6m"), ('{role="mirror"}', "")],
    "MirrorCorrupt": [("corrupt|unknown", "corrupt")],
    "UpstreamDown": [("unless on (job, instance) mirrorwarden_self_fault == 1", "")],
    "CertificateExpiring": [("< 1209600", "<= 1209600")],
}


def test_default_rules(exported):
    total = 0
    for rule in RULES:
        cases, steps = cases_of(rule)
        worlds = played(exported.config, cases, rule.interval, steps)
        assert set(worlds) == {case.name for case in cases}
        fired = {name: firings(world.alerts, rule.name) for name, world in worlds.items()}
        assert any(end < steps for times in fired.values() for _, end in times), f"{rule.name} never resolves"
        trouble = exported.agrees_with_engine(rule.interval, worlds)
        assert not trouble, f"{rule.name}: {fired}\n{trouble}"
        for right, wrong in MISTAKES.get(rule.name, []):
            mistaken = exported.text.replace(right, wrong)
            assert mistaken != exported.text, right
            assert exported.agrees_with_engine(rule.interval, worlds, mistaken), f"{wrong} for {right} is not noticed"
        total += len(cases)
        print(f"{rule.name}: {len(cases)} cases, {sum(map(len, fired.values()))} firings")
    assert total >= 40, total
    return total


def random_world(dice, steps):
    """Anything at any time: rules that wait for nothing must agree on all of it."""
    reasons = {"fresh": ["none"], "stale": ["freshness stale", "freshness inconsistent"], "down": ["connect refused"],
               "corrupt": ["integrity checksum", "integrity changed", "integrity signature"],
               "unknown": ["freshness reference_down"]}
    lines = []
    for step in range(steps):
        for who in [f"{pool}/{mirror}" for pool in "pq" for mirror in ("m", "n", "o", "upstream")]:
            if dice.random() < 0.3:
                state = dice.choice(list(reasons))
                lines += [f"{step} {who} verdict {state}", f"{step} {who} failure {dice.choice(reasons[state])}"]
            if dice.random() < 0.4:
                lines.append(f"{step} {who} lag {dice.choice(['unknown', 0, 17999, 18000, 20000, 21600, 21601])}")
            if step % 20 < 10 and dice.random() < 0.8:
                lines.append(f"{step} {who} run {dice.choice(['ok', 'failed'])}")
        for who, what in (("p", "reference_up"), ("q", "reference_up"), ("agent", "self_fault"), ("p/upstream", "looked")):
            if dice.random() < 0.2:
                lines.append(f"{step} {who} {what} {dice.choice(['yes', 'no'])}")
    return lines


def test_configured_rules(exported):
    """and, or, not, clear, pools, labels, shares of a pool, names full of quotes."""
    dice, steps = random.Random("configured"), 60
    cases = [Case(f"random_{n}", random_world(dice, steps)) for n in range(12)]
    worlds = played(exported.config, cases, 60, steps)
    names = {name for w in worlds.values() for step in w.alerts for a in step for name in re.findall(r'alertname="([^,]+)",', a)}
    assert len(names) == exported.text.count("- alert:"), names
    trouble = exported.agrees_with_engine(60, worlds)
    assert not trouble, trouble
    return len(cases)


def expected(steps, ranges):
    """Alerts of MirrorStale of p/m at each step, from (phase, first, end)."""
    alert = 'alertname="MirrorStale",mirror="m",pool="p",severity="warning"'
    return [{f'alertstate="{phase}",{alert}' for phase, first, end in ranges if first <= step < end} for step in range(steps)]


def test_differences(exported):
    """What Prometheus cannot do as the engine does, as README tells it: after a gap it waits anew."""
    rule = next(r for r in RULES if r.name == "MirrorStale")._replace(watched=("p/m",))
    waits = [YES] * 8 + [UNKNOWN] * 3 + [YES] * 14
    clears = [YES] * 11 + [NO] * 3 + [UNKNOWN] * 2 + [NO] * 9
    for truths, engine, prometheus in (
            (waits, [(14, 25)], [("pending", 0, 8), ("pending", 11, 21), ("firing", 21, 25)]),
            (clears, [(10, 19)], [("pending", 0, 10), ("firing", 10, 21)])):
        worlds = played(exported.config, [case_of(rule, "gap", truths, random.Random(1))], rule.interval, len(truths))
        assert firings(worlds["gap"].alerts, rule.name) == engine, firings(worlds["gap"].alerts, rule.name)
        trouble = exported.agrees(rule.interval, worlds, {"gap": expected(len(truths), prometheus)})
        assert not trouble, trouble


def test_out_of_sight(exported):
    """An agent that cannot be scraped ends no alert; a mirror that is no longer watched does."""
    rule = next(r for r in RULES if r.name == "MirrorStale")._replace(watched=("p/m",))
    steps = 40
    world = played(exported.config, [case_of(rule, "gone", [YES] * steps, random.Random(1))], rule.interval, steps)["gone"]
    world.series["up"] = ["1"] * 15 + ["0"] * 10 + ["1"] * 15
    for series, values in world.series.items():
        if series != "up":
            values[15:25] = [None] * 10
            if 'mirror="m"' in series:
                values[30:] = [None] * 10
    ranges = [("pending", 0, 10), ("firing", 10, 35)]
    trouble = exported.agrees(rule.interval, {"gone": world}, {"gone": expected(steps, ranges)})
    assert not trouble, trouble


def test_alertmanager(exported):
    """What stands below the rules as a comment is configuration that Alertmanager accepts."""
    told = re.search(r"^# inhibit_rules:\n(#.*\n)+", exported.text, re.MULTILINE)[0]
    block = "".join(line[2:] + "\n" for line in told.splitlines())
    config = exported.file("route: {receiver: none}\nreceivers: [{name: none}]\n" + block)
    rules = block.count("source_matchers")
    assert rules > 0 and f"{rules} inhibit rules" in support.call(["amtool", "check-config", config]), block


def main():
    support.need("promtool", "amtool")
    directory = support.scratch()
    exported = Exported(GOLDEN / "default.toml", directory)
    total = test_default_rules(exported)
    test_differences(exported)
    test_out_of_sight(exported)
    test_alertmanager(exported)
    configured = Exported(GOLDEN / "configured.toml", directory)
    total += test_configured_rules(configured)
    test_alertmanager(configured)
    Exported(GOLDEN / "roughly.toml", directory)
    print(total, "cases")


support.run(main, 280)
