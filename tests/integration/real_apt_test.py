"""A real archive and a dozen mirrors of it behind nginx; the agent's verdicts as a real Prometheus has them; the notices
a webhook got; and what the real apt makes of each mirror. They must agree."""
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import apt_repository  # noqa: E402
import support  # noqa: E402
from apt_repository import CANARY, LATER, hours, serve_from  # noqa: E402

# state, layer, reason; the rule that tells of it; whether apt can update; whether apt then gets the canary;
# words in what apt says (of two that fail, they tell apart why)
EXPECTED = {
    "equal": (("fresh", None, None), None, True, True, ""),
    "behind": (("stale", "freshness", "stale"), "MirrorStale", True, True, ""),
    "flipped": (("corrupt", "integrity", "checksum"), "MirrorErrors", True, False, "Hash Sum mismatch"),
    "changed": (("corrupt", "integrity", "checksum"), "MirrorErrors", False, False, "Hash Sum mismatch"),
    "expired": (("stale", "freshness", "metadata_expired"), "MirrorErrors", False, False, "is expired"),
    "half_synced": (("stale", "freshness", "half_synced"), "MirrorErrors", False, False, "Mirror sync in progress?"),
    "own_names_stale": (("fresh", None, None), None, True, True, ""),
    "package_lost": (("corrupt", "integrity", "missing_artifact"), "MirrorErrors", True, False, "404"),
    "other_suite": (("corrupt", "integrity", "wrong_object"), "MirrorErrors", True, True, "Conflicting distribution"),
    "unsigned": (("corrupt", "integrity", "signature"), "MirrorErrors", False, False, "is not signed"),
    "html": (("down", "content", "html"), "MirrorErrors", False, False, "NOSPLIT"),
    "detached": (("fresh", None, None), None, True, True, ""),
}
MIRRORS = list(EXPECTED)
# Has what the second publication brought, as far as apt can see.
UP_TO_DATE = {"equal", "own_names_stale", "detached"}
ADDRESS = {name: f"127.78.0.{n + 1}" for n, name in enumerate(["upstream", *MIRRORS])}

BAD = {name: row[1] for name, row in EXPECTED.items() if row[1]}

CONFIG = """
[agent]
vantage             = "test"
evaluation_interval = "500ms"

[[pool]]
name               = "debian"
ecosystem          = "apt"
reference          = ["http://{upstream}:{port}/"]
apt                = {{ suite = "test", architecture = "{architecture}", keyring = "{keyring}" }}
canaries           = ["{canary}"]
checks             = ["tcp", "http", "freshness", "integrity"]
http               = {{ path = "dists/test/Release" }}
interval           = "2s"
integrity_interval = "2s"
timeout            = "1500ms"
confirm_every      = "1s"
fail_after         = 2
recover_after      = 2
{mirrors}
[[alert]]
name     = "MirrorErrors"
when     = "error_ratio[10s] > 50%"
for      = "2s"
severity = "page"
notify   = ["collector"]

[[alert]]
name         = "MirrorStale"
when         = "sync_lag > 8s"
for          = "10s"
notify       = ["collector"]
inhibited_by = ["MirrorErrors"]

[[receiver]]
name    = "collector"
group_by = ["alertname", "pool", "mirror"]
group_wait = "0s"
group_interval = "0s"
webhook = {{ url = "{collector}" }}
"""


# ---- the archive ----------------------------------------------------------------------------------------------


class Publications:
    """The archive's two publications, and the damaged copies of the second."""

    def __init__(self, directory, packages, key):
        self.now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        early = {name: file for name, file in packages.items() if name != LATER}
        self.first = apt_repository.Archive(directory / "first", early, key).sign(self.now - hours(1), hours(240))
        self.second = apt_repository.Archive(directory / "second", packages, key).sign(self.now, hours(240))
        first, second = self.first, self.second
        self.by_mirror = {"upstream": second, "equal": second, "behind": first}

        def damaged(name, archive):
            self.by_mirror[name] = archive.copy(directory / name)
            return self.by_mirror[name]

        damaged("flipped", second).flip_a_byte(CANARY)
        damaged("changed", second).change_packages()
        # Its own indexes, signed when it was still good: only time has passed.
        damaged("expired", first).sign(self.now - hours(48), hours(24))
        damaged("half_synced", first).take_release(second)
        damaged("own_names_stale", second).take_own_names(first)
        damaged("package_lost", second).lose(CANARY)
        damaged("other_suite", second).sign(self.now, hours(240), suite="other")
        damaged("unsigned", second).lose_signature()
        damaged("html", second).answer_html()
        damaged("detached", second).lose_inrelease()


def start_nginx(d, port):
    servers = "".join(f"server {{ listen {address}:{port}; root {d}/www/{name}; }}\n"
                      for name, address in ADDRESS.items())
    temporary = "".join(f"{kind}_temp_path {d}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.geteuid() == 0 else ""
    (d / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {d}/nginx.pid; error_log stderr;\n{user}"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{servers}}}\n")
    nginx = support.start(["/usr/sbin/nginx", "-p", d, "-c", d / "nginx.conf", "-e", "stderr"], d / "nginx.log")

    def up():
        assert nginx.poll() is None, (d / "nginx.log").read_text()
        try:
            return support.get(f"http://{ADDRESS['upstream']}:{port}/dists/test/InRelease")
        except OSError:
            return None

    support.eventually("nginx serves", up, 10)


def write_config(d, port, collector, keyring):
    mirrors = "".join(f'\n[[pool.mirror]]\nname = "{n}"\nurl = "http://{ADDRESS[n]}:{port}/"\n' for n in MIRRORS)
    (d / "apt.toml").write_text(CONFIG.format(
        upstream=ADDRESS["upstream"], port=port, architecture=apt_repository.architecture(), keyring=keyring,
        canary=CANARY, mirrors=mirrors, collector=collector.url))
    return d / "apt.toml"


# ---- Prometheus -----------------------------------------------------------------------------------------------


class Prometheus:
    def __init__(self, d, agent):
        self.url = f"http://127.0.0.1:{support.free_port()}"
        (d / "prometheus.yml").write_text(
            "global: { scrape_interval: 1s }\nscrape_configs:\n- job_name: mirrorwarden\n"
            f"  static_configs: [ {{ targets: ['{agent.url[7:]}'] }} ]\n")
        support.start(["prometheus", f"--config.file={d}/prometheus.yml", f"--storage.tsdb.path={d}/tsdb",
                       f"--web.listen-address={self.url[7:]}", "--log.level=warn"], d / "prometheus.log")

    def query(self, expression):
        """(labels, value) of each series."""
        url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            reply = json.loads(support.get(url))
        except OSError:
            return []
        assert reply["status"] == "success", reply
        return [(row["metric"], float(row["value"][1])) for row in reply["data"]["result"]]

    def verdicts(self):
        """mirror: (state, layer, reason)."""
        states = {m["mirror"]: m["verdict"] for m, _ in self.query("mirror_verdict == 1")}
        why = {m["mirror"]: (m["layer"], m["reason"]) for m, _ in self.query("mirror_failure == 1")}
        return {name: (state, *why.get(name, (None, None))) for name, state in states.items()}

    def await_verdicts(self, wanted, seconds):
        def agree():
            agree.seen = {m: v for m, v in self.verdicts().items() if m in wanted}
            return agree.seen == wanted

        support.eventually(lambda: f"Prometheus has {wanted}: it has {agree.seen}", agree, seconds, every=0.5)


# ---- apt ------------------------------------------------------------------------------------------------------


class Apt:
    """The real client with a root of its own, aimed at one mirror only."""

    def __init__(self, directory, url, keyring):
        self.directory = directory
        for folder in ("state/lists/partial", "cache/archives/partial", "etc", "download"):
            (directory / folder).mkdir(parents=True)
        (directory / "status").touch()
        (directory / "etc/sources.list").write_text(f"deb [signed-by={keyring}] {url} test main\n")
        (directory / "apt.conf").write_text(
            f'Dir::State "{directory}/state"; Dir::State::status "{directory}/status";\n'
            f'Dir::Cache "{directory}/cache"; Dir::Etc "{directory}/etc"; Dir::Log "{directory}";\n'
            'APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "0";\n'
            'Acquire::http::Proxy "DIRECT"; Acquire::http::Timeout "10";\n'
            f'APT::Architecture "{apt_repository.architecture()}"; APT::Update::Error-Mode "any";\n')

    def _run(self, *arguments, cwd=None):
        environment = {"APT_CONFIG": str(self.directory / "apt.conf"), "PATH": os.environ["PATH"], "LC_ALL": "C"}
        return subprocess.run(["apt-get", "-q", *arguments], capture_output=True, text=True, check=False, timeout=60,
                              env=environment, cwd=cwd)

    def update(self):
        return self._run("update")

    def download(self, package):
        return self._run("download", package, cwd=self.directory / "download")

    def knows(self, package):
        lists = (self.directory / "state/lists").glob("*_Packages*")
        return any(f"Package: {package}\n" in path.read_text() for path in lists)


def error_of(done):
    """apt's first error without the URL, shortened for a table."""
    lines = [line[3:] for line in (done.stderr + done.stdout).splitlines() if line.startswith("E:")]
    return re.sub(r"\s*'?http://\S+\s*", " ", lines[0])[:70] if lines else ""


def ask_apt(apt):
    """What apt did, in words; (updated, got the canary); all that it said."""
    update = apt.update()
    said = update.stdout + update.stderr
    if update.returncode != 0:
        return f"update fails: {error_of(update)}", (False, False), said
    got = apt.download(CANARY)
    said += got.stdout + got.stderr
    if got.returncode != 0:
        return f"updates, download fails: {error_of(got)}", (True, False), said
    words = f"updates and downloads, {'knows' if apt.knows(LATER) else 'does not know'} {LATER}"
    return words + (", warns" if "Conflicting distribution" in said else ""), (True, True), said


def agrees(name, apt, did, said):
    _, _, can_update, can_download, words = EXPECTED[name]
    if did != (can_update, can_download) or words not in said:
        return False
    return did != (True, True) or name == "other_suite" or apt.knows(LATER) == (name in UP_TO_DATE)


def compare_with_apt(d, port, keyring, verdicts):
    def ask(name):
        apt = Apt(d / f"apt-{name}", f"http://{ADDRESS[name]}:{port}/", keyring)
        words, did, said = ask_apt(apt)
        return name, words, agrees(name, apt, did, said)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, MIRRORS))
    print_table(("mirror", "verdict", "layer", "reason", "what apt-get update and download did", "agree"),
                [(name, *(word or "-" for word in verdicts[name]), words, "yes" if agree else "NO")
                 for name, words, agree in answers])
    disagreements = [name for name, _, agree in answers if not agree]
    assert not disagreements, f"apt disagrees about {disagreements}"


def print_table(head, rows):
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


# ---- the story ------------------------------------------------------------------------------------------------


def await_notices(collector, status, seconds):
    """One notice of that status for each bad mirror, and then no more of any kind."""
    wanted = {(status, rule, mirror): 1 for mirror, rule in BAD.items()}

    def told():
        return {n: c for n, c in collections.Counter(collector.notices()).items() if n[0] == status}

    support.eventually(lambda: f"notices {wanted}: got {told()}", lambda: told().items() >= wanted.items(), seconds)
    time.sleep(5)  # what should not come has this long to come
    assert told() == wanted, f"{status} notices: got {told()}, expected {wanted}"


def main():
    support.need("nginx", "prometheus", "apt-ftparchive", "gpg", "gpgv", "apt-get")
    d = support.scratch()
    packages = apt_repository.download(support.SOURCE / "build/debian-packages")
    assert len(packages) >= 20
    key = apt_repository.Key(d)
    publications = Publications(d, packages, key)
    key.close()
    (d / "www").mkdir()
    for name in ADDRESS:
        serve_from(d / "www" / name, publications.first)
    port = support.free_port(ADDRESS["upstream"])
    start_nginx(d, port)
    collector = support.Collector()
    agent = support.Agent(write_config(d, port, collector, key.keyring), d).await_ready()
    prometheus = Prometheus(d, agent)
    prometheus.await_verdicts({name: ("fresh", None, None) for name in MIRRORS}, 40)

    for name, archive in publications.by_mirror.items():
        serve_from(d / "www" / name, archive)
    expected = {name: row[0] for name, row in EXPECTED.items()}
    prometheus.await_verdicts(expected, 40)
    compare_with_apt(d, port, key.keyring, prometheus.verdicts())
    await_notices(collector, "firing", 60)
    prometheus.await_verdicts(expected, 10)

    for name in BAD:
        serve_from(d / "www" / name, publications.second)
    prometheus.await_verdicts({name: ("fresh", None, None) for name in MIRRORS}, 40)
    await_notices(collector, "resolved", 60)
    assert len(collector.notices()) == 2 * len(BAD), collector.notices()
    for payload in collector.payloads:
        support.check_payload(payload)
    print(f"{len(packages)} packages; {len(collector.notices())} notices: "
          f"one firing and one resolved for each of {', '.join(BAD)}")
    agent.stop()


support.run(main, 280)
