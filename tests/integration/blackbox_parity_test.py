"""Side by side with the real blackbox_exporter: the same targets, the same modules (ours through import-blackbox), and
every probe_* series of one is a series of the other with the same value, durations aside. What differs is listed in
DIFFERENCES with its reason; a difference that is not listed fails the test, and so does one that is listed in vain.

    blackbox_parity_test.py NAME...   only those situations, and what differs there
"""
import collections
import concurrent.futures
import fnmatch
import itertools
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import probe_situations  # noqa: E402
import support  # noqa: E402

PEER = "prometheus-blackbox-exporter"
SCRAPE_TIMEOUT = "20"  # seconds, as Prometheus says it in a header
DURATIONS = re.compile(r"probe_(\w+_)?(duration|lookup_time)_seconds")
FEWEST = 40

# (situation, series; both as globs): why it differs.
Difference = collections.namedtuple("Difference", "situation series why")
DIFFERENCES = [
    Difference("*", "probe_timeout_seconds", "newer than 0.23"),
    Difference("*", "probe_tls_cipher_info{*", "newer than 0.23"),
    Difference("*", "probe_failure_info{*", "ours: the layer and the reason of a failure"),
    Difference("tcp_tls_hostname_wrong", "probe_success", "newer than 0.23: hostname is the name in TLS for tcp, too"),
    *(Difference(s, "probe_http_duration_seconds{*", "newer than 0.23: all phases are there from the start")
      for s in ("http_bad_name", "http_v6_wanted_of_v4")),
    *(Difference(s, f"probe_{series}", "what the server showed in TLS is told also when it does not verify")
      for s in ("https_expired", "https_early", "https_misnamed", "https_selfsigned", "https_untrusted", "http_redirect_to_*",
                "https_mutual_without", "tcp_starttls_misnamed", "tcp_tls_untrusted")
      for series in ("ssl_*", "tls_version_info{*")),
    *(Difference("http_gzip_without_asking", f"probe_{series}", "a module with `compression` asks for it by itself")
      for series in ("success", "http_content_length", "http_uncompressed_body_length")),
    *(Difference(f"dns_answer_{which}all_match", "probe_success",
                 "fail_if_all_match_regexp fails when all records match, as documented; there it fails when one does not")
      for which in ("", "not_")),
]
NEWER_LABELS = {"probe_ssl_last_chain_info": {"serialnumber"}}  # than 0.23

# ---- asking ------------------------------------------------------------------------------------------------------


def ask(server, situation):
    """The page of that probe."""
    query = {"target": situation.target, "module": situation.module}
    query |= {"hostname": situation.hostname} if situation.hostname else {}
    request = urllib.request.Request(f"{server}/probe?{urllib.parse.urlencode(query)}",
                                     headers={"X-Prometheus-Scrape-Timeout-Seconds": SCRAPE_TIMEOUT})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return reply.read().decode()


def series_of(page):
    """{series: value} of the probe_* metrics; a duration's value is only whether there is one."""
    found = {}
    for name, labels, value in support.Metrics(page).samples:
        if name.startswith("probe_"):
            labels = {k: v for k, v in labels.items() if k not in NEWER_LABELS.get(name, ())}
            series = name + "{" + ",".join(f'{k}="{v}"' for k, v in sorted(labels.items())) + "}"
            assert series not in found, f"{series} is there twice"
            found[series.removesuffix("{}")] = "a duration" if DURATIONS.fullmatch(name) else value
    assert found, page
    return found


def differences(theirs, ours):
    """{series: (theirs, ours)}; None where there is no such series."""
    return {s: (theirs.get(s), ours.get(s)) for s in sorted({*theirs, *ours}) if theirs.get(s) != ours.get(s)}


def reason_of(situation, series):
    for number, known in enumerate(DIFFERENCES):
        if fnmatch.fnmatchcase(situation, known.situation) and fnmatch.fnmatchcase(series, known.series):
            return number
    return None


# ---- both servers ------------------------------------------------------------------------------------------------


def start_peer(d, modules):
    (d / "blackbox.yml").write_text(modules)
    port = support.free_port()
    child = support.start([PEER, f"--config.file={d}/blackbox.yml", f"--web.listen-address=127.0.0.1:{port}"],
                          d / "blackbox.log")
    url = f"http://127.0.0.1:{port}"

    def up():
        assert child.poll() is None, (d / "blackbox.log").read_text()
        try:
            return support.get(url + "/-/healthy")
        except OSError:
            return False

    support.eventually("blackbox_exporter answers", up, 10)
    return url


def start_agent(d):
    """Ours, with the same modules, allowed to look at loopback."""
    done = subprocess.run([support.AGENT, "import-blackbox", d / "blackbox.yml"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.count("# allow = []") == 1, done.stdout
    config = d / "agent.toml"
    config.write_text(done.stdout.replace("# allow = []", 'allow = ["127.0.0.0/8", "::1/128"]'))
    print(support.call([support.AGENT, "check-config", f"--config.file={config}"]).strip())
    return support.Agent(config, d).await_ready(60)


# ---- the tests ---------------------------------------------------------------------------------------------------


def test_itself():
    """Two pages that differ in one series each way, in a value or in a label."""
    page = 'probe_success 1\nprobe_dns_serial 7\nprobe_tls_version_info{version="TLS 1.3"} 1\nprobe_duration_seconds 0.1\n'
    base = series_of(page)
    assert not differences(base, series_of(page.replace("0.1", "0.2")))
    for mistake in (("probe_dns_serial 7\n", ""), ("_serial 7", "_serial 8"), ("1.3", "1.2"), ("probe_duration", "probe_du"),
                    ("probe_success 1\n", "probe_success 1\nprobe_new 1\n")):
        assert differences(base, series_of(page.replace(*mistake))), mistake


def compare(name, situation, peer, agent):
    """What differs there; blackbox_exporter itself must not, asked twice."""
    theirs = series_of(ask(peer, situation))
    again = differences(theirs, series_of(ask(peer, situation)))
    assert not again, f"{name}: blackbox_exporter does not agree with itself: {again}"
    return theirs, differences(theirs, series_of(ask(agent, situation))) if agent else {}


def tell(found):
    """The table: situations that agree, then each difference with its reason."""
    unlisted, used = [], collections.Counter()
    for name, (theirs, differing) in found.items():
        for series, (their, our) in differing.items():
            number = reason_of(name, series)
            used[number] += 1
            if number is None:
                unlisted.append(f"{name}: {series}: blackbox_exporter {their}, mirrorwarden {our}")
    both = {n: [s for s, (their, our) in differing.items() if None not in (their, our)] for n, (_, differing) in found.items()}
    agreeing = [name for name, differing in both.items() if not differing]
    series = sum(len(theirs) for theirs, _ in found.values())
    well = sum(theirs["probe_success"] == 1 for theirs, _ in found.values())
    print(f"{len(found)} situations ({well} well, {len(found) - well} not), {series} series of blackbox_exporter; "
          f"in {len(agreeing)} situations every series that both have is the same")
    for why, rows in itertools.groupby(enumerate(DIFFERENCES), lambda row: row[1].why):
        rows = list(rows)
        print(f"  {sum(used[number] for number, _ in rows):3} series, {why}: "
              f"{', '.join(dict.fromkeys(known.situation for _, known in rows))}")
    return unlisted, [known for number, known in enumerate(DIFFERENCES) if not used[number]]


def main():
    support.need(PEER, "nginx", "openssl")
    test_itself()
    d = support.scratch()
    world = probe_situations.World(d)
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    situations = {n: s for n, s in world.situations().items() if not wanted or n in wanted}
    assert wanted or len(situations) >= FEWEST, len(situations)
    peer = start_peer(d, world.modules())
    agent = None if "--peer-alone" in sys.argv else start_agent(d)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = {n: pool.submit(compare, n, s, peer, agent and agent.url) for n, s in situations.items()}
        found = {name: job.result() for name, job in jobs.items()}
    unlisted, in_vain = tell(found)
    if agent:
        agent.stop()
    if "--peer-alone" in sys.argv:
        return
    assert not unlisted, f"{len(unlisted)} differences are not listed:\n" + "\n".join(unlisted)
    assert wanted or not in_vain, f"listed in vain: {in_vain}"


if __name__ == "__main__":
    support.run(main, 280)
