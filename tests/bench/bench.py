#!/usr/bin/env python3
"""Everything under Bounds, side by side in one run: mirrorwarden and Debian's peers, as a table with ratios.

    ./dev bench [--quick] [--rounds N] [--only GROUP,...] [--against-itself]

Contenders take turns within a round, ratios are those of one round, and what is shown is their median with the least and
the most. --against-itself puts the peer on both sides: what is then not 1 is the machine's doing. Ends with 1 when a bound
is missed or could not be measured."""
import argparse
import os
import pathlib
import resource
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import machine  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402
import world  # noqa: E402

LOADED = 0.5  # of a core that others use already: worth a warning


class Contenders:
    def __init__(self, against_itself):
        self.against_itself = against_itself

    def ours(self, servers, directory, ca_file=None):
        if self.against_itself:
            return world.Blackbox(servers, directory, ca_file)
        # It reads a trust store once for all that name it: the very file that the peer takes for the system's.
        return world.prober(servers, directory, ca_file or servers.bundle)

    @staticmethod
    def theirs(servers, directory, ca_file=None):
        return world.Blackbox(servers, directory, ca_file)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--quick", action="store_true", help="one round, less of everything")
    parser.add_argument("--rounds", type=int, help="3, or 1 with --quick")
    parser.add_argument("--only", help=", ".join(rows.GROUPS))
    parser.add_argument("--against-itself", action="store_true", help="the peer on both sides, where it is a prober")
    given = parser.parse_args()
    given.rounds = given.rounds or (1 if given.quick else 3)
    given.groups = given.only.split(",") if given.only else list(rows.GROUPS)
    unknown = set(given.groups) - set(rows.GROUPS)
    if unknown:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    return given


def measure(group, contenders, servers, turn):
    """One round; a group that this build cannot do, or that fails, says why, once, and is left alone."""
    directory = servers.directory / f"round{turn}-{type(group).__name__}"
    directory.mkdir()
    before = list(world.support.children())
    began = time.monotonic()
    try:
        group.measure(contenders, servers, directory, turn)
    except (world.NotYet, AssertionError, OSError) as why:
        for row in group.rows:
            row.why_not = str(why).partition("\n")[0][:60]
        print(why, file=sys.stderr)
    finally:
        for child in set(world.support.children()) - set(before):
            world.support.kill(child)
        shutil.rmtree(directory)
    print(f"round {turn + 1}: {type(group).__name__} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main():
    given = arguments()
    world.support.need(*world.NEEDS)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, most), most))
    if os.getloadavg()[0] > LOADED:
        print(f"others keep this machine busy (load {os.getloadavg()[0]:.1f}): expect spread", file=sys.stderr)
    servers = world.Servers(world.support.scratch())
    contenders, noise = Contenders(given.against_itself), machine.Noise()
    groups = [rows.GROUPS[name](given.quick) for name in given.groups]
    for turn in range(given.rounds):
        noise.look()
        for group in groups:
            if not any(row.why_not for row in group.rows):
                measure(group, contenders, servers, turn)
    noise.look()
    lines = [row for group in groups for row in group.rows]
    for row in lines:
        row.held = row.held and not given.against_itself
    print(table.render(lines, "peer again" if given.against_itself else "mirrorwarden"))
    print(f"median (least–most) of {given.rounds} rounds on {os.cpu_count()} cores; {noise.text()}")
    outcomes = [row.outcome() for row in lines]
    print(", ".join(f"{outcomes.count(word)} {word}" for word in ("met", "MISSED", "not measured", "shown only")))
    return 1 if {"MISSED", "not measured"} & set(outcomes) else 0


sys.exit(main())
