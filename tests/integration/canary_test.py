"""A unique string planted in every secret there is: it reaches whom it is for, in a request that its vendor takes, and
shows nowhere else. Half of the receivers refuse, and repeat all they were sent as an excuse."""
import base64
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402
import vendor_shapes  # noqa: E402

# Per kind: the options that are secrets, with {canary} in their place; and the others.
KINDS = {
    "alertmanager": ({"url": "http://{at}/{canary}/am", "password": "{canary}"}, {"user": "me"}),
    "dingtalk": ({"url": "http://{at}/robot/send?access_token={canary}", "secret": "SEC{canary}"}, {"keyword": "mirror"}),
    "discord": ({"url": "http://{at}/api/webhooks/1/{canary}"}, {}),
    "feishu": ({"url": "http://{at}/open-apis/bot/v2/hook/{canary}", "secret": "{canary}"}, {}),
    "ntfy": ({"topic": "{canary}", "token": "tk_{canary}"}, {"url": "http://{at}/"}),
    "pagerduty": ({"routing_key": "{canary:0<32}"}, {"url": "http://{at}/v2/enqueue"}),
    "slack": ({"url": "http://{at}/services/T0/B0/{canary}"}, {}),
    "teams": ({"url": "http://{at}/workflows/x?sig={canary}"}, {}),
    "telegram": ({"token": "1000:{canary}"}, {"url": "http://{at}", "chat_id": "-100"}),
    "webhook": ({"url": "http://{at}/hook/{canary}", "secret": "whsec_{base64}", "bearer": "{canary}"}, {}),
    "wecom": ({"url": "http://{at}/cgi-bin/webhook/send?key={canary}"}, {}),
}
ACCEPTED = {"dingtalk": '{"errcode":0,"errmsg":"ok"}', "wecom": '{"errcode":0,"errmsg":"ok"}',
            "feishu": '{"code":0,"msg":"success"}', "slack": "ok", "telegram": '{"ok":true,"result":{}}',
            "pagerduty": '{"status":"success","dedup_key":"x"}', "ntfy": '{"id":"x","event":"message"}', "alertmanager": ""}


class Vendors(http.server.BaseHTTPRequestHandler):
    """Takes what arrives at the port of a good receiver; refuses at a bad one's, in the words of the request."""
    taken = {}   # (kind, good): [(url, headers, body)]
    ports = {}   # port: (kind, good)

    def do_POST(self):  # noqa: N802 (the library's name)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, good = self.ports[self.server.server_address[1]]
        self.taken.setdefault((kind, good), []).append((self.path, dict(self.headers), body))
        excuse = f"{self.requestline}\n{self.headers}\n{body.decode(errors='replace')}"
        answer = ACCEPTED.get(kind, "") if good else json.dumps({"errcode": 310000, "code": 19021, "msg": excuse,
                                                                 "errmsg": excuse, "description": excuse, "ok": False})
        data = answer.encode()
        status = {True: 202 if kind in ("pagerduty", "teams") else 200}.get(good, 403)
        self.send_response(status, None if good else f"no {self.path}")
        self.send_header("Content-Length", str(len(data)))
        if not good:
            self.send_header("Location", f"http://127.0.0.1:1{self.path}")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def serve_vendor(kind, good):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendors)
    Vendors.ports[server.server_address[1]] = (kind, good)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "127.0.0.1:{}".format(server.server_address[1])


class Plants:
    """Secrets in files, and what was planted in each."""

    def __init__(self, directory):
        self.directory = directory
        self.canaries = {}

    def file(self, name, template, at=""):
        canary = f"canary{len(self.canaries):02}x{os.urandom(4).hex()}"
        key = base64.b64encode((canary * 2).encode()[:32]).decode()
        path = self.directory / f"{name}.secret"
        path.touch(mode=0o600)
        path.write_text(template.format(at=at, canary=canary, base64=key) + "\n")
        self.canaries[name] = key if "{base64}" in template else canary
        return str(path)


def receiver(plants, kind, good):
    name = f"{kind}-{'good' if good else 'bad'}"
    at = serve_vendor(kind, good)
    secrets, others = KINDS[kind]
    lines = [f'{key}_file = "{plants.file(f"{name}-{key}", template, at)}"' for key, template in secrets.items()]
    lines += [f'{key} = "{value.format(at=at)}"' for key, value in others.items()]
    times = "" if kind == "alertmanager" else 'group_wait = "0s"\ngroup_interval = "0s"\n'
    return f'[[receiver]]\nname = "{name}"\n{times}[receiver.{kind}]\n' + "\n".join(lines) + "\n"


def make_config(directory, plants):
    names = [f"{kind}-{how}" for kind in KINDS for how in ("good", "bad")]
    path = directory / "canary.toml"
    path.write_text(f"""
[agent]
state = "{directory}/state"
evaluation_interval = "200ms"
external_url = "http://mirrorwarden.example.org/"
api_token_file = "{plants.file("api-token", "{canary}")}"
[[pool]]
name = "files"
ecosystem = "file"
canaries = ["VERSION"]
checks = ["tcp", "http"]
interval = "1s"
timeout = "500ms"
fail_after = 1
[[pool.mirror]]
name = "gone"
url = "http://127.0.0.1:{support.free_port()}/"
user = "me"
password_file = "{plants.file("mirror-password", "{canary}")}"
[[pool.mirror]]
name = "gone too"
url = "http://127.0.0.1:{support.free_port()}/"
bearer_file = "{plants.file("mirror-bearer", "{canary}")}"
[[alert]]
name = "MirrorDown"
when = "down"
severity = "page"
notify = {json.dumps(names)}
annotations = {{ runbook_url = "https://example.org/runbooks/MirrorDown" }}
""" + "".join(receiver(plants, kind, good) for kind in KINDS for good in (True, False)))
    return path


def check_delivered(plants):
    """Each arrived with its secret, in its vendor's shape."""
    for (kind, good), requests in Vendors.taken.items():
        url, headers, body = requests[0]
        payload = json.loads(body)
        vendor_shapes.check(kind, payload, len(body))
        name = f"{kind}-{'good' if good else 'bad'}"
        secret = (plants.directory / f"{name}-secret.secret")
        lower = {key.lower(): value for key, value in headers.items()}
        if kind == "dingtalk":
            vendor_shapes.dingtalk_signed(url, secret.read_text().strip())
        elif kind == "feishu":
            vendor_shapes.feishu_signed(payload, secret.read_text().strip())
        elif kind == "webhook":
            vendor_shapes.webhook_signed(lower, body, secret.read_text().strip())
        sent = url + str(headers) + body.decode()
        for planted, canary in plants.canaries.items():
            if planted.startswith(name + "-") and not planted.endswith("-secret"):
                assert canary in sent or in_base64(canary) in sent, f"{planted} did not reach its receiver"


def in_base64(canary):
    """As it stands in what begins with so many bytes that it needs no shifting, "me:" among them."""
    return base64.b64encode(canary.encode()).decode().rstrip("=")


def everything_shown(agent, directory):
    """(where, text) of all that anybody can see of the agent."""
    for path in ("/", "/metrics", "/config", "/api/v1/alerts", "/api/v1/silences", "/api/v1/mirrors", "/-/ready",
                 "/api/v1/receivers", "/api/v1/pools/files", "/api/v1/mirrors/files/gone", "/api/v1/advice", "/sd/prometheus"):
        yield path, support.get(agent.url + path)
    yield "log", agent.log.read_text(errors="replace")
    for verb in ("check-config", "print-config"):
        done = subprocess.run([support.AGENT, verb, f"--config.file={agent.config}"], capture_output=True, text=True,
                              check=False, timeout=30)
        yield verb, done.stdout + done.stderr
    process = pathlib.Path(f"/proc/{agent.child.pid}")
    for what in ("cmdline", "comm", "environ"):
        yield what, (process / what).read_bytes().decode(errors="replace")
    for thread in (process / "task").iterdir():
        yield "thread name", (thread / "comm").read_text()
    yield "core file name", pathlib.Path("/proc/sys/kernel/core_pattern").read_text() + str(list(directory.glob("core*")))
    for kept in (directory / "state").rglob("*"):
        if kept.is_file():
            yield str(kept), kept.read_bytes().decode(errors="replace")


def main():
    directory = support.scratch()
    plants = Plants(directory)
    agent = support.Agent(make_config(directory, plants), directory).await_ready()
    wanted = {(kind, good) for kind in KINDS for good in (True, False)}
    support.eventually(lambda: f"all receivers are asked; not {wanted - Vendors.taken.keys()}\n{agent.tail()}",
                       lambda: wanted == Vendors.taken.keys(), 40)
    time.sleep(2)  # what the bad ones said is logged and shown
    check_delivered(plants)
    errors = agent.metrics().all("mirrorwarden_notifications_failed_total", reason="client_error")
    refused = {labels["receiver"] for labels, value in errors if value > 0}
    assert refused == {f"{kind}-bad" for kind in KINDS}, refused
    places = 0
    for where, text in everything_shown(agent, directory):
        places += 1
        for planted, canary in plants.canaries.items():
            assert canary not in text and in_base64(canary) not in text, f"{planted} shows in {where}"
    agent.stop()
    print(f"{len(plants.canaries)} secrets of {len(KINDS)} kinds of receivers, the API and mirrors: in none of {places} places")


support.run(main, 120)
