"""From samples to a table: ratios of one round each, their median and spread, and whether a bound is met. Pure."""
import dataclasses
import statistics

LESS = "x less"  # the peer's cost by ours
MORE = "x more"  # our yield by the peer's
MOST = "at most"  # ours alone, in the row's own unit


@dataclasses.dataclass
class Row:
    """One line. A sample is (ours, the peer's) of one round, in `unit`; the peer's is None where there is none."""
    what: str
    unit: str
    kind: str
    bound: float
    samples: list = dataclasses.field(default_factory=list)
    why_not: str = ""  # measured
    held: bool = True  # false: what was measured is not what the bound speaks of

    def figures(self):
        """What is held against the bound, one a round."""
        if self.kind == LESS:
            return [theirs / ours for ours, theirs in self.samples]
        if self.kind == MORE:
            return [ours / theirs for ours, theirs in self.samples]
        return [ours for ours, _ in self.samples]

    def outcome(self):
        if not self.samples:
            return "not measured"
        if not self.held:
            return "shown only"
        figure = statistics.median(self.figures())
        return "met" if (figure <= self.bound if self.kind == MOST else figure >= self.bound) else "MISSED"


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def spread(values):
    """median (least–most)"""
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"


def cells(row):
    if not row.samples:
        return [row.what, row.unit, "–", "–", "–", bound_text(row), f"{row.outcome()}: {row.why_not}"]
    ratio = "" if row.kind == MOST else f"{spread(row.figures())} {row.kind}"
    ours, theirs = zip(*row.samples)
    return [row.what, row.unit, spread(ours), spread(theirs), ratio, bound_text(row), row.outcome()]


def bound_text(row):
    return f"<= {number(row.bound)}" if row.kind == MOST else f">= {number(row.bound)}"


def render(rows, ours="mirrorwarden"):
    """Markdown that also reads as it stands."""
    head = ["what", "unit", ours, "peer", "ratio", "bound", ""]
    lines = [head] + [cells(row) for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(text.ljust(w) for text, w in zip(line, widths)) + " |" for line in lines)
