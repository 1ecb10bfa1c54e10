"""`mirrorwarden test-receiver`: what it sends, and what it says of an endpoint that accepts, refuses, hangs or is not
there; nothing that it prints holds a secret that the other side repeated."""
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

TOKEN, KEY = "swordfish-hunter2-correcthorse", "madeupmadeupmadeupmadeupmadeup00"


class Endpoint:
    """Answers each POST as its path says, and keeps what came."""

    def __init__(self):
        self.came = []
        endpoint = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (the library's name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.came.append((self.path, dict(self.headers), json.loads(body)))
                what = self.path.split("/")[1]
                if what == "hang":
                    return time.sleep(20)
                status, words = {"refuse": (403, f"no \x1b[31m{self.path} {TOKEN} for you"), "queue": (202, "{}"),
                                 }.get(what, (200, "ok, thanks"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:{}".format(server.server_address[1])


def write_config(directory, endpoint):
    program = directory / "tell"
    program.write_text(f'#!/bin/sh\ncat > "{directory}/told"\necho noted\nexit "$1"\n')
    program.chmod(0o755)
    path = directory / "test.toml"
    path.write_text(f"""
[agent]
vantage = "shanghai-1"
contact = "ops@example.org"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["https://mirrors.example.org/"]
[[pool.mirror]]
name = "m"
url = "https://mirror.example.org/"
[[receiver]]
name = "good"
webhook = {{ url = "{endpoint.url}/take/{TOKEN}" }}
[[receiver]]
name = "chinese"
language = "zh"
webhook = {{ url = "{endpoint.url}/take/{TOKEN}" }}
[[receiver]]
name = "refusing"
webhook = {{ url = "{endpoint.url}/refuse/{TOKEN}" }}
[[receiver]]
name = "hanging"
timeout = "1s"
webhook = {{ url = "{endpoint.url}/hang/{TOKEN}" }}
[[receiver]]
name = "pager"
pagerduty = {{ url = "{endpoint.url}/queue", routing_key = "{KEY}" }}
[[receiver]]
name = "am"
alertmanager = {{ url = ["{endpoint.url}/am", "http://127.0.0.1:{support.free_port()}/"] }}
[[receiver]]
name = "program"
command = {{ run = "{program}", argument = "0" }}
[[receiver]]
name = "broken"
command = {{ run = "{program}", argument = "3" }}
""")
    return path


def test(config, *words):
    """Exit code, what it printed, what it complained of, how long it took."""
    began = time.monotonic()
    done = subprocess.run([support.AGENT, "test-receiver", *words, "--config.file", str(config)], capture_output=True,
                          text=True, check=False, timeout=60)
    text = done.stdout + done.stderr
    assert "\x1b" not in text, repr(text)
    for secret in (TOKEN, KEY):
        pieces = [secret[i:i + 6] for i in range(len(secret) - 5)]
        assert not any(piece in text for piece in pieces), text
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def check_accepted(config, endpoint):
    code, out, _, _ = test(config, "good")
    assert code == 0 and out.startswith("good (webhook): accepted, status 200, after "), (code, out)
    assert "ok, thanks" in out, out
    path, headers, payload = endpoint.came[-1]
    assert path == f"/take/{TOKEN}" and headers["User-Agent"].endswith("(+ops@example.org)"), headers
    assert payload["commonLabels"] == {"alertname": "MirrorwardenTest", "severity": "info"}, payload
    assert payload["commonAnnotations"]["test"] == "true", payload
    assert payload["commonAnnotations"]["summary"].startswith("[TEST] "), payload
    assert test(config, "chinese")[0] == 0
    assert endpoint.came[-1][2]["commonAnnotations"]["summary"].startswith("[测试] ")


def check_not_accepted(config, endpoint):
    code, out, _, _ = test(config, "refusing")
    assert code == 1 and "not accepted, status 403" in out and "for you" in out and "<redacted>" in out, (code, out)
    code, out, _, took = test(config, "hanging")
    assert code == 1 and "not accepted, http/timeout" in out and took < 15, (code, out, took)


def check_pager(config, endpoint):
    """No incident stays open."""
    before = len(endpoint.came)
    code, out, _, _ = test(config, "pager")
    assert code == 0 and out.count("accepted, status 202") == 2, (code, out)
    opened, closed = (body for _, _, body in endpoint.came[before:])
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve"), endpoint.came[before:]
    assert opened["dedup_key"] == closed["dedup_key"] and opened["payload"]["severity"] == "info", opened
    assert opened["payload"]["summary"].startswith("[TEST] "), opened


def check_every_endpoint(config, endpoint):
    code, out, _, _ = test(config, "am")
    assert code == 1 and "am/1 (alertmanager): accepted" in out, (code, out)
    assert "am/2 (alertmanager): not accepted, connect/refused" in out, out
    path, _, alerts = endpoint.came[-1]
    assert path == "/am/api/v2/alerts" and alerts[0]["labels"]["alertname"] == "MirrorwardenTest", alerts
    before = len(endpoint.came)
    assert test(config, "am/1")[0] == 0 and len(endpoint.came) == before + 1


def check_programs(config, directory):
    code, out, _, _ = test(config, "program")
    assert code == 0 and "noted" in out, (code, out)
    assert json.loads((directory / "told").read_text())["commonAnnotations"]["test"] == "true"
    code, out, _, _ = test(config, "broken")
    assert code == 1 and "not accepted" in out, (code, out)


def check_usage(config):
    code, _, err, _ = test(config, "nobody")
    assert code == 2, code
    for name in ("nobody", "good", "refusing", "hanging", "pager", "am", "program"):
        assert name in err, err
    assert test(config)[0] == 2
    assert test(config.with_name("absent.toml"), "good")[0] == 2


def main():
    directory = support.scratch()
    endpoint = Endpoint()
    config = write_config(directory, endpoint)
    check_accepted(config, endpoint)
    check_not_accepted(config, endpoint)
    check_pager(config, endpoint)
    check_every_endpoint(config, endpoint)
    check_programs(config, directory)
    check_usage(config)


support.run(main, 100)
