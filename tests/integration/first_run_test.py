"""What a newcomer sees: the lab with the real agent on it. Each mirror has the right state, layer and reason."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

WITHIN = 60  # seconds from the agent's start

EXPECTED = {
    "healthy": ("fresh", None, None),
    "lagging": ("stale", "freshness", "stale"),
    "lying": ("corrupt", "integrity", "checksum"),
    "refusing": ("down", "connect", "refused"),
    "silent": ("down", "connect", "timeout"),
    "html": ("down", "content", "html"),
}
FLAPS_BETWEEN = {("fresh", None, None), ("down", "http", "server_error")}
FOLLOWING = ("stale", "freshness", "stale")  # between a publication upstream and the next look at the mirror

RULE_OF = {"lagging": "MirrorStale", "lying": "MirrorErrors", "refusing": "MirrorErrors", "silent": "MirrorErrors",
           "html": "MirrorErrors"}


def start_lab(directory):
    port = support.free_port("127.77.0.1")
    lab = support.start([support.LAB, "--directory", directory, "--base-port", port], directory / "lab.log")

    def ready():
        assert lab.poll() is None, (directory / "lab.log").read_text()
        return (directory / "ready").exists()

    support.eventually("the lab is ready", ready, 10)
    return lab, port


def watch_until_all_seen(agent, seconds):
    """Every mirror's expected verdict at once, and both of the flapping one's. Returns the scrape that showed it."""
    flapped = set()

    def seen():
        metrics = agent.metrics()
        flapped.add(metrics.verdict("flapping"))
        wrong = {m: metrics.verdict(m) for m, wanted in EXPECTED.items() if metrics.verdict(m) != wanted}
        seen.missing = wrong or FLAPS_BETWEEN - flapped
        return not seen.missing and metrics

    metrics = support.eventually(lambda: f"still missing: {seen.missing}\n{agent.tail()}", seen, seconds, every=0.3)
    assert flapped <= FLAPS_BETWEEN | {FOLLOWING}, f"flapping was seen as {flapped}"
    return metrics


def check_status_page(agent):
    """The page names the state of each mirror with its layer and reason, each in the mirror's own row."""
    page = support.get(agent.url + "/")
    rows = [row.split("</tr>")[0] for row in page.split("<tr") if "</tr>" in row]
    for mirror, wanted in EXPECTED.items():
        row = [r for r in rows if f">{mirror}<" in r]
        assert len(row) == 1, f"{mirror} has {len(row)} rows on the page:\n{page}"
        for word in wanted:
            assert word is None or word in row[0], f"{mirror}'s row does not say {word}:\n{row[0]}"


def check_exposition(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False,
                          timeout=30)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(series) == len(set(series)), "series appear twice"


def notices_of(directory):
    path = directory / "notices.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def check_notices(directory, seconds):
    def told():
        firing = {(rule, mirror) for p in notices_of(directory) for status, rule, mirror in support.alerts_of(p)
                  if status == "firing"}
        told.missing = {(rule, mirror) for mirror, rule in RULE_OF.items()} - firing
        return not told.missing

    support.eventually(lambda: f"no notice of {told.missing}", told, seconds)
    for payload in notices_of(directory):
        support.check_payload(payload)
    wrongly = [t for p in notices_of(directory) for t in support.alerts_of(p) if t[2] in ("healthy", "upstream")]
    assert not wrongly, wrongly


def main():
    support.need("promtool")
    directory = support.scratch()
    lab, _ = start_lab(directory)
    agent = support.Agent(directory / "lab.toml", directory).await_ready()
    metrics = watch_until_all_seen(agent, WITHIN)
    check_status_page(agent)
    check_exposition(metrics.text)
    check_notices(directory, WITHIN)
    for mirror in (*EXPECTED, "flapping"):
        print(f"{mirror:10}", *(word or "-" for word in metrics.verdict(mirror)))
    agent.stop()
    assert support.stop(lab) == 0


if __name__ == "__main__":
    support.run(main, 200)
