"""What a process costs and how steady the machine is. Linux only; knows nothing of what is measured."""
import hashlib
import os
import pathlib
import statistics
import time

TICKS = os.sysconf("SC_CLK_TCK")


def _children(pid):
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in path.read_text().split()]
    return found


def tree(pid):
    """A process and all that it started and that still live."""
    return [pid] + [p for child in _children(pid) for p in tree(child)]


def _clock(pid):
    """The CPU time of a process in seconds, to the nanosecond: its own CPU clock, as clock_getcpuclockid(3) names it."""
    return time.clock_gettime((~pid << 3) | 2)


def _reaped(pid):
    """The CPU time of its children that have ended, in ticks of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


def cpu(pid):
    """Seconds of CPU, user and system, of a process and all that it started."""
    total = 0.0
    for process in tree(pid):
        try:
            total += _clock(process) + _reaped(process)
        except OSError:  # it has just ended: its time is its parent's now
            continue
    return total


def resident(pid):
    """Bytes in memory, shared libraries included, of a process and all that it started."""
    total = 0
    for process in tree(pid):
        try:
            total += int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        except OSError:
            continue
    return total


class Noise:
    """How long the same piece of work takes, looked at between rounds: what the neighbours take away."""

    def __init__(self):
        self.took = []

    def look(self):
        block = bytes(1 << 20)
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(20):
                hashlib.sha256(block).digest()
            self.took.append(time.perf_counter() - began)

    def text(self):
        middle = statistics.median(self.took)
        return (f"noise: the same 20 MiB hashed {len(self.took)} times took {middle * 1000:.1f} ms "
                f"({min(self.took) / middle:.2f}x to {max(self.took) / middle:.2f}x)")
