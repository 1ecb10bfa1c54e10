"""Whatever mirrors are called and whatever they send, /metrics is a page that everybody reads: a strict OpenMetrics parser,
promtool, and a real Prometheus that counts the samples we count, in both formats, with and without gzip, whole or of some
mirrors only."""
import collections
import gzip
import http.client
import http.server
import importlib.util
import json
import os
import pathlib
import socketserver
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

OPEN, TEXT = "application/openmetrics-text", "text/plain"
ACCEPT = {  # what asks for which format; Prometheus 2.42's own words and 3.x's among them
    OPEN: ["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
           "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
           "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;"
           "version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
           "*/*;q=0.2"],
    TEXT: ["text/plain;version=0.0.4", "*/*", ""]}
VERSION = {OPEN: "1.0.0", TEXT: "0.0.4"}

NAMES = ["plain", 'a "quoted" \\ one', "ends in \\", "清华镜像", "x" * 64, "x" * 63 + "y", '{le="+Inf"} 1', "# EOF", "NaN",
         "😀" * 8, "%FF", 'a"} 1', "a,b=c"]

MIRRORS = len(NAMES) + 1  # of each pool: its reference is one

# The configuration refuses these, and must say so in words that can be printed.
REFUSED = ["two\nlines", "nul\0", "and\r return", "\u202eltr", "\x1b[31m", "x" * 100_000, " ", ""]

# What a mirror answers, whatever it is asked.
ANSWERS = [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\xff\xfe\0\r\n\x80",
           b"HTTP/1.1 200 \xff\0\xfe\r\nContent-Length: 2\r\n\r\n1\n",
           b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"\xc3" * 100_000,
           b"HTTP/1.1 200 OK\r\nX-" + b"n" * 100_000 + b": 1\r\nContent-Length: 2\r\n\r\n1\n",
           b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\xff\0\r\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nETag: \"\xff\xfe\"\r\nLast-Modified: \x80\0\r\nContent-Length: 3\r\n\r\n\r\0\n",
           b"HTTP/1.1 " + b"\xf0" * 100_000 + b"\r\n\r\n",
           b"\0" * 1000,
           b""]


class Hostile(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Answer(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(5)
        try:
            head = self.request.recv(65536).split(b"/")
            number = int(head[1]) if len(head) > 1 and head[1].isdigit() else 0
            self.request.sendall(ANSWERS[number % len(ANSWERS)])
        except OSError:
            pass


def toml(text):
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in text) + '"'


def make_config(path, port, names):
    def pool(name, first):
        mirrors = "".join(f"[[pool.mirror]]\nname = {toml(m)}\nurl = \"http://127.0.0.1:{port}/{first + n}/\"\n"
                          f"labels = {{ operator = {toml(m[::-1])} }}\n" for n, m in enumerate(names))
        return f"""[[pool]]
name = {toml(name)}
ecosystem = "file"
reference = ["http://127.0.0.1:{port}/2/"]
canaries = ["VERSION"]
checks = ["tcp", "http", "freshness"]
interval = "1s"
timeout = "500ms"
fail_after = 1
{mirrors}"""

    path.write_text("[agent]\ngap_per_host = \"0s\"\n" + pool("plain", 0) + pool('p "\\', 4))
    return path


def check_refusals(directory):
    for name in REFUSED:
        config = make_config(directory / "refused.toml", 1, [name])
        done = subprocess.run([support.AGENT, "check-config", f"--config.file={config}"], capture_output=True,
                              timeout=60, check=False)
        assert done.returncode == 2 and b".name: " in done.stderr, (name[:20], done)
        assert all(c == "\n" or c.isprintable() for c in done.stderr.decode()) and len(done.stderr) < 10_000, done.stderr


# ---- reading --------------------------------------------------------------------------------------------------


def fetch(agent, kind, accept, coding, query="", method="GET"):
    """The page as text, having looked at what it says of itself."""
    connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=20)
    headers = {"Accept": accept} if accept else {}
    connection.putrequest(method, "/metrics" + query, skip_accept_encoding=True)
    for name, value in {**headers, **({"Accept-Encoding": coding} if coding else {})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    assert reply.status == 200, reply.status
    assert reply.headers["Content-Type"] == f"{kind}; version={VERSION[kind]}; charset=utf-8", reply.headers.items()
    assert reply.headers["Vary"] == "Accept, Accept-Encoding", reply.headers.items()
    assert reply.headers["Content-Encoding"] == ("gzip" if "gzip" in coding else None), reply.headers.items()
    if method == "HEAD":
        assert body == b"" and int(reply.headers["Content-Length"]) > 1000, reply.headers.items()
        return ""
    assert len(body) == int(reply.headers["Content-Length"])
    return (gzip.decompress(body) if "gzip" in coding else body).decode()  # strictly


def series_of(page):
    return [line.rsplit(" ", 1)[0] for line in page.splitlines() if not line.startswith("#")]


def promtool(page):
    done = subprocess.run(["promtool", "check", "metrics"], input=page.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    assert done.returncode == 0, done.stdout.decode()


def read_open(page):
    """Samples by name and labels, `_created` left out."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    return samples_of(text_string_to_metric_families(page))


def read_text(page):
    from prometheus_client.parser import text_string_to_metric_families
    return samples_of(text_string_to_metric_families(page))


def samples_of(families):
    out = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in out, f"twice: {key}"
            if not sample.name.endswith("_created"):
                out[key] = sample.value
    return out


def check_page(kind, page):
    assert not any(ord(c) < 32 and c != "\n" or ord(c) == 127 for c in page)
    twice = [s for s, n in collections.Counter(series_of(page)).items() if n > 1]
    assert not twice, twice[:3]
    if kind == TEXT:
        promtool(page)
    return (read_open if kind == OPEN else read_text)(page)


def mirrors_on(samples):
    return {(dict(labels)["pool"], dict(labels)["mirror"]) for _, labels in samples if "mirror" in dict(labels)}


def check_parsers_notice():
    """Each reader must refuse what it is here to refuse."""
    good = "# HELP mirror_info x\n# TYPE mirror_info gauge\nmirror_info 1\n"
    promtool(good)
    read_open(good + "# EOF\n")
    for wrong in (lambda: promtool(good + "mirror_info{a=\"\\x\"} 1\n"), lambda: promtool("mirror_info 1\n" * 2),
                  lambda: read_open(good), lambda: read_open(good + "mirror_info{a=\"\"x} 1\n# EOF\n"),
                  lambda: read_open("# TYPE a counter\na 1\n# EOF\n"),
                  lambda: read_open("# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n"),
                  lambda: check_page(TEXT, good + "mirror_info 1\n")):
        try:
            wrong()
        except (AssertionError, ValueError):
            continue
        raise AssertionError("a reader lets everything pass")


# ---- a real Prometheus ----------------------------------------------------------------------------------------


class Relay(http.server.BaseHTTPRequestHandler):
    """Prometheus cannot be told what to ask for: this asks in its place, by the first word of the path."""
    agent = None
    WAYS = {"open-gzip": (ACCEPT[OPEN][1], "gzip"), "open-plain": (ACCEPT[OPEN][0], "identity"),
            "text-gzip": (ACCEPT[TEXT][0], "gzip"), "text-plain": (ACCEPT[TEXT][0], "identity")}

    def do_GET(self):  # noqa: N802 (the library's name)
        accept, coding = self.WAYS[self.path.strip("/")]
        request = urllib.request.Request(self.agent.url + "/metrics", headers={"Accept": accept, "Accept-Encoding": coding})
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                body, headers = reply.read(), reply.headers
        except OSError:  # the agent has ended: Prometheus sees that for itself
            return self.send_error(502)
        self.send_response(200)
        for name in ("Content-Type", "Content-Encoding", "Content-Length"):
            if headers[name]:
                self.send_header(name, headers[name])
        self.end_headers()
        return self.wfile.write(body)

    def log_message(self, *_):
        pass


FILTERS = {"filtered": {"pool": ["plain"], "mirror": ["plain", "清华镜像"]}, "unknown": {"pool": ["nobody"]}}


def start_prometheus(directory, agent):
    """Its URL. One job per way to read the page."""
    Relay.agent = agent
    relay = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    there = agent.url[7:]
    jobs = [("direct", "/metrics", there, {})]
    jobs += [(way, "/" + way, "127.0.0.1:%d" % relay.server_port, {}) for way in Relay.WAYS]
    jobs += [(name, "/metrics", there, params) for name, params in FILTERS.items()]
    (directory / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": name, "metrics_path": path, "params": params,
                            "static_configs": [{"targets": [target]}]} for name, path, target, params in jobs]}))
    url = f"http://127.0.0.1:{support.free_port()}"
    support.start(["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
                   f"--web.listen-address={url[7:]}", "--log.level=warn"], directory / "prometheus.log")
    return url


def by_job(url, metric):
    query = urllib.parse.urlencode({"query": metric})
    try:
        reply = json.loads(support.get(f"{url}/api/v1/query?{query}"))
    except OSError:
        return {}
    return {row["metric"]["job"]: float(row["value"][1]) for row in reply["data"]["result"]}


def check_prometheus(directory, agent):
    url = start_prometheus(directory, agent)
    filtered = "?" + urllib.parse.urlencode(FILTERS["filtered"], doseq=True)

    def wanted():
        count = {kind: len(series_of(fetch(agent, kind, ACCEPT[kind][0], ""))) for kind in (OPEN, TEXT)}
        out = {"direct": count[OPEN]}
        out.update({way: count[OPEN if way.startswith("open") else TEXT] for way in Relay.WAYS})
        out["filtered"] = len(series_of(fetch(agent, OPEN, ACCEPT[OPEN][0], "", filtered)))
        out["unknown"] = len(series_of(fetch(agent, OPEN, ACCEPT[OPEN][0], "", "?pool=nobody")))
        return out

    def agree():
        agree.seen = by_job(url, "up"), by_job(url, "scrape_samples_scraped"), wanted()
        up, scraped, ours = agree.seen
        return up == {job: 1 for job in ours} and scraped == ours

    support.eventually(lambda: f"Prometheus reads all of it: {agree.seen}", agree, 60, every=0.5)
    kept = by_job(url, "count by (job) (mirror_info)")
    assert kept["direct"] == kept["text-gzip"] > kept["filtered"] == 2, kept
    assert by_job(url, "scrape_samples_post_metric_relabeling") == agree.seen[1]
    log = (directory / "prometheus.log").read_text()
    assert "duplicate" not in log and "Error on ingesting" not in log, log[-2000:]
    return agree.seen[1]


# ---- the test -------------------------------------------------------------------------------------------------


def check_all_shapes(agent):
    pages = 0
    for kind, accepts in ACCEPT.items():
        for accept in accepts:
            for coding in ("", "identity", "gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1"):
                samples = check_page(kind, fetch(agent, kind, accept, coding))
                fetch(agent, kind, accept, coding, method="HEAD")
                assert len(mirrors_on(samples)) == 2 * MIRRORS, len(mirrors_on(samples))
                assert {name for _, name in mirrors_on(samples)} > set(NAMES), mirrors_on(samples)
                assert len(samples) > 1000
                pages += 1
    return pages


def check_filters(agent):
    for query, count in (("?pool=plain", MIRRORS), ("?mirror=plain", 2), ("?mirror=plain&mirror=NaN&pool=plain", 2),
                         ("?mirror=" + urllib.parse.quote("清华镜像"), 2), ("?pool=nobody", 0), ("?mirror=", 0),
                         ("?mirror=%FF%22", 0), ("?pool=plain&mirror=nobody", 0), ("?nonsense", 2 * MIRRORS)):
        for kind in (OPEN, TEXT):
            samples = check_page(kind, fetch(agent, kind, ACCEPT[kind][0], "gzip", query))
            assert len(mirrors_on(samples)) == count, (query, mirrors_on(samples))
            assert ("mirrorwarden_self_fault", ()) in samples, query


def main():
    support.need("prometheus", "promtool")
    check_parsers_notice()
    directory = support.scratch()
    check_refusals(directory)
    golden = support.SOURCE / "tests/golden"
    assert check_page(OPEN, (golden / "openmetrics.expected").read_text()) == \
        check_page(TEXT, (golden / "metrics.expected").read_text())
    server = Hostile(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    agent = support.Agent(make_config(directory / "pages.toml", server.server_address[1], NAMES), directory).await_ready(60)
    pages = check_all_shapes(agent)
    check_filters(agent)
    print(pages, "pages read; Prometheus scraped", check_prometheus(directory, agent))
    agent.stop()


PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's prometheus_client

if importlib.util.find_spec("prometheus_client") is None:
    if sys.executable == PYTHON:
        support.need("python3-prometheus-client")
    os.execv(PYTHON, [PYTHON, __file__])
support.run(main, 170)
