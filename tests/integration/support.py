"""What every integration test needs: the real agent, its metrics, a webhook collector, and an end that is certain.

Knows nothing of what a test asserts. Standard library only; loopback only; ends only processes it started itself.
"""
import atexit
import ctypes
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SOURCE = pathlib.Path(os.environ.get("MW_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
AGENT = os.environ.get("MW_AGENT", str(SOURCE / "build/debug/mirrorwarden"))
LAB = os.environ.get("MW_LAB", str(SOURCE / "build/debug/mirrorwarden_lab"))
SKIPPED = 77  # what CTest is told to read as "skipped"
PR_SET_PDEATHSIG = 1

# Test traffic is ours alone: a proxy meant for the Internet must not see it.
for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(variable, None)


# ---- a bounded life -------------------------------------------------------------------------------------------


def run(test, seconds):
    """Runs test() within `seconds`; the exit code is its outcome."""

    def too_long(*_):
        raise TimeoutError(f"the test did not end within {seconds} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    test()
    signal.alarm(0)
    print("ok")


def need(*programs):
    """Skips, visibly, when a program is missing; in CI that is a failure."""
    missing = [p for p in programs if shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if not missing:
        return
    print("SKIPPED: this test needs", ", ".join(missing))
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def eventually(what, condition, seconds, every=0.1):
    """The first true value of condition(); fails with `what` when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(every)


def scratch():
    """A directory of this test's own, removed at its end. Short: gpg's sockets live below it."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mw-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


# ---- children -------------------------------------------------------------------------------------------------

_children = []


def start(argv, log, before=lambda: None, **options):
    """A child that cannot outlive us, its output in the file `log`; before() runs in it first."""
    libc = ctypes.CDLL(None)
    with open(log, "ab") as out:
        child = subprocess.Popen(
            [str(a) for a in argv], stdin=options.pop("stdin", subprocess.DEVNULL), stdout=out, stderr=out,
            preexec_fn=lambda: (libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), before()), **options)
    _children.append(child)
    return child


def stop(child, seconds=15):
    """Its exit code after SIGTERM."""
    if child.poll() is None:
        child.terminate()
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        raise AssertionError(f"{child.args[0]} did not end within {seconds} s of SIGTERM") from None


def children():
    """All that were started, ended ones too."""
    return tuple(_children)


def kill(child):
    """At once, if it still lives."""
    if child.poll() is None:
        child.kill()
        child.wait()


@atexit.register
def _stop_all():
    for child in _children:
        kill(child)


def call(argv, **options):
    """A command that must succeed; its output."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=120, **options)
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


# ---- network --------------------------------------------------------------------------------------------------


def free_port(address="127.0.0.1", kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def get(url, seconds=5):
    with urllib.request.urlopen(url, timeout=seconds) as reply:
        return reply.read().decode()


def post(url, seconds=5):
    request = urllib.request.Request(url, data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=seconds) as reply:
        return reply.read().decode()


def serve(address, port, body):
    """Answers every GET at address:port with what body() gives at that moment."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 (the library's name)
            data = body()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Collector:
    """A webhook receiver that keeps every payload."""

    def __init__(self, address="127.0.0.1"):
        self.payloads = []
        collector = self

        class Take(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (the library's name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.payloads.append(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((address, 0), Take)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = "http://{}:{}/".format(*self._server.server_address)

    def notices(self):
        """(status, rule, mirror) of every alert of every payload, in order of arrival."""
        return [told for payload in list(self.payloads) for told in alerts_of(payload)]


def alerts_of(payload):
    return [(a["status"], a["labels"]["alertname"], a["labels"]["mirror"]) for a in payload["alerts"]]


def check_payload(payload):
    """Asserts the shape of Alertmanager's webhook payload, version 4."""
    wanted = {"version": str, "groupKey": str, "truncatedAlerts": int, "status": str, "receiver": str,
              "groupLabels": dict, "commonLabels": dict, "commonAnnotations": dict, "externalURL": str, "alerts": list}
    for key, kind in wanted.items():
        assert isinstance(payload.get(key), kind), f"{key} is not a {kind.__name__}: {payload}"
    assert payload["version"] == "4" and payload["status"] in ("firing", "resolved") and payload["alerts"], payload
    for alert in payload["alerts"]:
        assert set(alert) >= {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}, alert
        for when in (alert["startsAt"], alert["endsAt"]):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", when), when
        assert re.fullmatch(r"[0-9a-f]{16}", alert["fingerprint"]), alert["fingerprint"]
        assert {"summary", "description"} <= set(alert["annotations"]), alert["annotations"]


# ---- the agent ------------------------------------------------------------------------------------------------

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                name, _, labels = series.partition("{")
                self.samples.append((name, dict(_LABEL.findall(labels)), float(value)))

    def all(self, name, **labels):
        """(labels, value) of the series of that name with at least those labels."""
        return [(found, value) for n, found, value in self.samples
                if n == name and labels.items() <= found.items()]

    def value(self, name, **labels):
        """The value of the one such series; None when there is none."""
        found = self.all(name, **labels)
        assert len(found) <= 1, f"{name} {labels} is ambiguous: {found}"
        return found[0][1] if found else None

    def verdict(self, mirror):
        """(state, layer, reason); the last two are None when there is no failure."""
        states = [labels["verdict"] for labels, value in self.all("mirror_verdict", mirror=mirror) if value == 1]
        assert len(states) == 1, f"{mirror} has verdicts {states}"
        failures = [labels for labels, value in self.all("mirror_failure", mirror=mirror) if value == 1]
        assert len(failures) <= 1, failures
        failure = failures[0] if failures else {}
        return states[0], failure.get("layer"), failure.get("reason")


class Agent:
    """The real binary on a configuration file; `under` is a program, with arguments, that runs it."""

    def __init__(self, config, directory, port=None, environment=None, address="127.0.0.1", under=()):
        self.port = port or free_port(address)
        self.url = f"http://{address}:{self.port}"
        self.config = pathlib.Path(config)
        self.log = pathlib.Path(directory) / "agent.log"
        self.child = start([*under, AGENT, f"--config.file={config}", f"--web.listen-address={address}:{self.port}"],
                           self.log, env={**os.environ, **(environment or {})})

    def await_ready(self, seconds=30):
        def ready():
            assert self.child.poll() is None, f"the agent ended with {self.child.returncode}:\n{self.tail()}"
            try:
                return get(self.url + "/-/ready") is not None
            except OSError:
                return False

        eventually(lambda: "the agent is ready:\n" + self.tail(), ready, seconds)
        return self

    def metrics(self):
        return Metrics(get(self.url + "/metrics"))

    def stop(self):
        code = stop(self.child)
        assert code == 0, f"the agent ended with {code}:\n{self.tail()}"

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
