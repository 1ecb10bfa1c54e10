"""Mirrors from lists, against the real binary: a file that is replaced atomically, a pattern of files, a real HTTP server;
bad lists leave what was there; what did not change keeps its state over every refresh and over a restart."""
import http.server
import json
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402


class ListServer:
    """Answers with (status, body), and counts how often it was asked."""

    def __init__(self):
        self.status, self.body, self.asked, self.headers = 200, b"[]", 0, None
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802 (the library's name)
                server.asked += 1
                server.headers = dict(self.headers)
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(server.body)))
                self.end_headers()
                self.wfile.write(server.body)

            def log_message(self, *_):
                pass

        http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=http_server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{http_server.server_address[1]}/targets?team=mirrors"


def group(*targets, **labels):
    return {"targets": list(targets), "labels": labels}


def replace(path, value):
    """As one does: write beside it, then rename."""
    beside = path.with_suffix(".new")
    beside.write_text(value if isinstance(value, str) else json.dumps(value))
    os.rename(beside, path)


class World:
    def __init__(self):
        self.directory = support.scratch()
        (self.directory / "sd").mkdir()
        self.file, self.server = self.directory / "mirrors.json", ListServer()
        self.port = support.free_port()
        support.serve("127.0.0.1", self.port, lambda: b"1\n")
        self.agent = None

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}/"

    def start(self):
        config = self.directory / "agent.toml"
        config.write_text(f"""
[agent]
state = "{self.directory}/state"
evaluation_interval = "200ms"
[[pool]]
name = "files"
ecosystem = "file"
reference = [{{ name = "upstream", url = "{self.url("up")}" }}]
canaries = ["VERSION"]
checks = ["tcp", "freshness"]
interval = "1s"
fail_after = 1
[[pool.mirror]]
name = "own"
url = "{self.url("own")}"
[[pool.file_sd]]
files = ["{self.file}", "{self.directory}/sd/*.json"]
refresh_interval = "1s"
[[pool.http_sd]]
url = "{self.server.url}"
refresh_interval = "1s"
""")
        self.agent = support.Agent(config, self.directory).await_ready()

    def mirrors(self):
        listed = json.loads(support.get(self.agent.url + "/api/v1/mirrors"))["mirrors"]
        return {m["mirror"]: m["url"] for m in listed if m["role"] == "mirror"}

    def await_mirrors(self, *names):
        support.eventually(lambda: f"{names}: there are {self.mirrors()}\n{self.agent.tail()}",
                           lambda: set(self.mirrors()) == set(names), 15)

    def runs(self, mirror):
        page = json.loads(support.get(f"{self.agent.url}/api/v1/mirrors/files/{mirror}"))
        return page["checks"].get("tcp", {}).get("runs", 0)

    def metric(self, name, **labels):
        return self.agent.metrics().value("mirrorwarden_sd_" + name, pool="files", **labels)


def check_file(world):
    replace(world.file, [group(world.url("a"), mirror="a", isp="cernet", __meta_rack="7"), group("nonsense", "ftp://x/")])
    world.await_mirrors("own", "a")
    info = world.agent.metrics().all("mirror_info", mirror="a")
    assert [labels.get("isp") for labels, _ in info] == ["cernet"], info
    assert not any("rack" in label for labels, _ in info for label in labels), info
    assert world.metric("targets_skipped_total", mechanism="file") == 2
    log = world.agent.log.read_text()
    assert "listed target skipped" in log and "target=nonsense" in log and "has no scheme" in log, log
    support.eventually("a is looked at", lambda: world.runs("a") >= 2, 15)
    before = world.runs("a")
    replace(world.file, [group(world.url("a"), mirror="a", isp="cernet"), group(world.url("b"), mirror="own"),
                         group(world.url("c"))])
    world.await_mirrors("own", "a", world.url("c"))
    assert world.runs("a") >= before, "a lost what was known of it"
    assert world.mirrors()["own"] == world.url("own"), "a list took a configured mirror's name"
    assert world.metric("discovered_targets") == 2


def check_bad_file(world):
    before = world.mirrors()
    for bad in ("[", '{"targets": []}', "x" * (1024 * 1024 + 1)):
        failures = world.metric("refresh_failures_total", mechanism="file")
        replace(world.file, bad)
        support.eventually(world.agent.tail, lambda: world.metric("refresh_failures_total", mechanism="file") > failures, 10)  # noqa: B023
    failures = world.metric("refresh_failures_total", mechanism="file")
    world.file.unlink()
    support.eventually(world.agent.tail, lambda: world.metric("refresh_failures_total", mechanism="file") > failures + 1, 10)
    assert world.mirrors() == before, world.mirrors()
    replace(world.file, [group(world.url("a"), mirror="a", isp="cernet")])
    world.await_mirrors("own", "a")


def check_pattern(world):
    replace(world.directory / "sd/one.json", [group(world.url("p"), mirror="p")])
    replace(world.directory / "sd/two.json", [group(world.url("q"), mirror="q")])
    world.await_mirrors("own", "a", "p", "q")
    (world.directory / "sd/one.json").unlink()
    world.await_mirrors("own", "a", "q")


def check_http(world):
    server = world.server
    server.body = json.dumps([group(world.url("web"), mirror="web")]).encode()
    world.await_mirrors("own", "a", "q", "web")
    assert server.headers["User-Agent"].startswith("mirrorwarden/"), server.headers
    for status, body in ((500, server.body), (200, b"<html>"), (200, b" " * (1024 * 1024 + 1)), (404, b"[]")):
        failures = world.metric("refresh_failures_total", mechanism="http")
        server.status, server.body = status, body
        support.eventually(world.agent.tail, lambda: world.metric("refresh_failures_total", mechanism="http") > failures, 15)  # noqa: B023
    assert set(world.mirrors()) == {"own", "a", "q", "web"}, world.mirrors()
    server.status, server.body = 200, json.dumps([group(world.url("web"), world.url("web2"))]).encode()
    world.await_mirrors("own", "a", "q", world.url("web"), world.url("web2"))


def check_restart(world):
    """What was known of listed mirrors is known at once, those of the URL included."""
    support.eventually("all are looked at", lambda: all(world.runs(m) for m in ("a", "q")), 15)
    names, runs = set(world.mirrors()), world.runs("a")
    world.agent.stop()
    world.start()
    assert set(world.mirrors()) == names, world.mirrors()
    assert world.runs("a") >= runs, "a restart lost what was known of a listed mirror"


def check_config(world):
    """What is listed elsewhere is not printed as if it stood in the configuration."""
    text = support.get(world.agent.url + "/config")
    assert text.count("[[pool.mirror]]") == 1 and "[[pool.file_sd]]" in text and "[[pool.http_sd]]" in text, text
    support.post(world.agent.url + "/-/reload")
    assert len(world.mirrors()) == 5, world.mirrors()


def main():
    world = World()
    world.start()
    world.await_mirrors("own")
    check_file(world)
    check_bad_file(world)
    check_pattern(world)
    check_http(world)
    check_restart(world)
    check_config(world)
    print(f"{len(world.mirrors())} mirrors, 4 of them from lists; the URL was asked {world.server.asked} times")
    world.agent.stop()


support.run(main, 100)
