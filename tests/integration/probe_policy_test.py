"""More than sixty ways to make /probe reach an address that it must not: spellings, redirects, names that change, v4 in
v6, proxies. In a network namespace of the test's own, with a listener on every forbidden address and an eye on every
packet: no connection leaves for there, and each refusal is counted. Then the same listener is allowed, and reached."""
import collections
import http.server
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

INSIDE = "MW_INSIDE_A_NAMESPACE"

MIRROR, ALLOWED, PROXY, DNS = "93.184.216.34", "93.184.216.35", "93.184.216.36", "93.184.216.53"
WELCOME = {MIRROR, ALLOWED, PROXY, DNS}
FORBIDDEN_V4 = ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "93.184.216.99"]
FORBIDDEN_V6 = ["fd00::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "::127.0.0.1",
                "2001:db8::1", "2606:2800::99"]
TRAPS = [80, 443, 22, 8443]

NAMES = {
    "mirror.test": [MIRROR], "r.allowed.test": [ALLOWED], "proxy.test": [PROXY],
    "loop.allowed.test": ["127.0.0.1"], "loop6.allowed.test": ["::1"], "any.allowed.test": ["0.0.0.0"],
    "private.allowed.test": ["10.0.0.1"], "meta.allowed.test": ["169.254.169.254"], "cgnat.allowed.test": ["100.64.0.1"],
    "mapped.allowed.test": ["::ffff:127.0.0.1"], "nat64.allowed.test": ["64:ff9b::7f00:1"],
    "sixtofour.allowed.test": ["2002:7f00:1::"], "ula.allowed.test": ["fd00::1"], "compat.allowed.test": ["::127.0.0.1"],
    "mixed.allowed.test": ["10.0.0.1", "::1"], "stranger.test": ["93.184.216.99"], "mirror.test.evil.test": ["10.0.0.1"],
    "evilallowed.test": ["93.184.216.99"],
}
REBINDING = "rebind.allowed.test"  # each answer is another one


# ---- the world ------------------------------------------------------------------------------------------------


class Trap:
    """Listens on all addresses, and counts who came where."""

    def __init__(self):
        self.came = collections.Counter()
        for port in TRAPS:
            for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                listener = socket.socket(family, socket.SOCK_STREAM)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((anywhere, port))
                listener.listen(64)
                threading.Thread(target=self.serve, args=(listener,), daemon=True).start()

    def serve(self, listener):
        while True:
            connection, _ = listener.accept()
            self.came[connection.getsockname()[0]] += 1
            with connection:
                connection.settimeout(2)
                try:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\ncaught\n")
                except OSError:
                    pass


class Eye:
    """Sees every packet on loopback, where all addresses of this namespace are: SYNs, datagrams, echo requests."""

    def __init__(self):
        self.seen = collections.Counter()
        self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.raw.bind(("lo", 0))
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            frame, address = self.raw.recvfrom(65535)
            if address[2] == socket.PACKET_OUTGOING:
                continue  # each packet of loopback is seen twice
            self.note(frame[14:], struct.unpack("!H", frame[12:14])[0])

    def note(self, packet, kind):
        if kind == 0x0800:
            length, protocol = (packet[0] & 15) * 4, packet[9]
            target, rest = socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[length:]
        elif kind == 0x86DD:
            protocol, target, rest = packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40:]
        else:
            return
        if protocol == 6 and rest[13] & 0x12 == 0x02:
            self.seen[("tcp", target, struct.unpack("!H", rest[2:4])[0])] += 1
        elif protocol == 17:
            self.seen[("udp", target, struct.unpack("!H", rest[2:4])[0])] += 1
        elif protocol == 1 and rest[0] == 8 or protocol == 58 and rest[0] == 128:
            self.seen[("icmp", target, 0)] += 1


def name_in(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode("latin-1").lower())
        at += 1 + question[at]
    return ".".join(labels), at + 5


def dns_server():
    """Answers for NAMES; REBINDING is good at first and bad from then on."""
    asked = collections.Counter()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((DNS, 53))

    def answer(question):
        name, end = name_in(question)
        kind = struct.unpack("!H", question[end - 4:end - 2])[0]
        asked[name] += 1
        addresses = NAMES.get(name)
        if name == REBINDING:
            addresses = [ALLOWED] if asked[name] <= 2 else ["127.0.0.1"]
        records = b""
        count = 0
        for address in addresses or []:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if (28 if family == socket.AF_INET6 else 1) != kind:
                continue
            data = socket.inet_pton(family, address)
            records += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data
            count += 1
        code = 0x8180 if addresses is not None else 0x8183
        return question[:2] + struct.pack("!HHHHH", code, 1, count, 0, 0) + question[12:end] + records

    def serve():
        while True:
            question, sender = server.recvfrom(2048)
            server.sendto(answer(question), sender)

    threading.Thread(target=serve, daemon=True).start()
    return asked


class Redirector(http.server.BaseHTTPRequestHandler):
    """/r?to=LOCATION&status=N answers so; /hop?to=LOCATION goes there by way of the allowed host; else "ok"."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 (the library's name)
        path, _, query = self.path.partition("?")
        wanted = urllib.parse.parse_qs(query)
        to = wanted.get("to", [None])[0]
        if path == "/hop":
            to = "http://r.allowed.test:8000/r?to=" + urllib.parse.quote(to, safe="")
        self.send_response(int(wanted.get("status", ["302"])[0]) if to else 200)
        if to:
            self.send_header("Location", to.encode().decode("latin-1"))
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    do_HEAD = do_POST = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


class ProxyRequests(http.server.BaseHTTPRequestHandler):
    """An HTTP proxy that goes nowhere, and writes down where it was asked to go."""
    asked = []

    def do_GET(self):  # noqa: N802
        ProxyRequests.asked.append(self.path)
        to = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("to", [None])[0]
        self.send_response(302 if to else 200)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_CONNECT(self):  # noqa: N802
        ProxyRequests.asked.append(self.path)
        self.send_error(502)

    def log_message(self, *_):
        pass


def serve_http(address, port, handler):
    server = http.server.ThreadingHTTPServer((address, port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


# ---- the ways -------------------------------------------------------------------------------------------------

SPELLINGS = [
    "127.0.0.1", "127.0.0.1:443", "127.0.0.1:22", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "0x7f000001",
    "0x7f.0.0.1", "0X7F.1", "2130706433", "017700000001", "0177.0.0.1", "0177.1", "0", "0.0.0.0", "127.255.255.254",
    "127.0.0.1.", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127。0。0。1", "①②⑦.⓪.⓪.①", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::]", "[2002:a00:1::]", "[fd00::1]", "[fe80::1%25lo]", "10.0.0.1", "0xa000001", "012.0.0.1", "172.16.0.1",
    "192.168.0.1", "100.64.0.1", "169.254.169.254", "0xa9fea9fe", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "93.184.216.99", "[2606:2800::99]", "stranger.test", "evilallowed.test", "allowed.test", "mirror.test.evil.test",
    *[name for name in NAMES if name.endswith(".allowed.test") and name != "r.allowed.test"],
]
URLS = [
    "http://mirror.test@127.0.0.1/", "http://mirror.test:8000@127.0.0.1/", "http://127.0.0.1#@mirror.test:8000/",
    "http://127.0.0.1?@mirror.test:8000/", "http://127.0.0.1\\@mirror.test:8000/", "http://mirror.test:8000\\@127.0.0.1/",
    "http:127.0.0.1/", "http:///127.0.0.1/", "http:/127.0.0.1", "//127.0.0.1/", "\\\\127.0.0.1\\", "https://127.0.0.1/",
    "HTTPS://127.0.0.1:8443/", "file:///etc/passwd", "gopher://127.0.0.1:80/", "dict://127.0.0.1:80/", "ftp://127.0.0.1:80/",
    "socks5://127.0.0.1:80", "http://127.0.0.1:80:80/", "http://[127.0.0.1]/", "http://127.0.0.1\t.mirror.test/",
    "http://127.0.0.1%00.mirror.test/", "http://127.0.0.1%0d%0a.mirror.test/",
]
LOCATIONS = [
    "http://127.0.0.1/", "http://localhost/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://[fd00::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "//127.0.0.1/", "//localhost",
    "\\\\127.0.0.1/", "/\\127.0.0.1/", "https://127.0.0.1/", "http://mirror.test@127.0.0.1/", "http://127.0.0.1:22/",
    "http://loop.allowed.test/", "http://meta.allowed.test/", "http://mapped.allowed.test/", "http://stranger.test/",
    "http://93.184.216.99/", "gopher://127.0.0.1:80/_x", "file:///etc/passwd", "socks5://127.0.0.1:80/",
    "HTTP://127.0.0.1", "http:127.0.0.1", "http:///127.0.0.1/", "http://127。0。0。1/", " http://127.0.0.1/",
]


def redirect(to, path="/r", status=302):
    return f"http://mirror.test:8000{path}?status={status}&to=" + urllib.parse.quote(to, safe="")


def ways():
    """(name, module, target, other parameters)."""
    for host in SPELLINGS:
        yield f"http {host}", "web", f"http://{host}/", {}
    for url in URLS:
        yield f"url {url!r}", "web", url, {}
    for to in LOCATIONS:
        yield f"redirect {to}", "web", redirect(to), {}
    for to in LOCATIONS[:8]:
        yield f"second redirect {to}", "web", redirect(to, "/hop"), {}
    for status in (301, 303, 307, 308):
        yield f"redirect {status}", "web", redirect("http://127.0.0.1/", status=status), {}
        yield f"redirect {status} of a POST", "post", redirect("http://127.0.0.1/", status=status), {}
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "127.1", "0",
                 "10.0.0.1", "loop.allowed.test", "mapped.allowed.test", "169.254.169.254", "stranger.test"):
        yield f"tcp {host}", "conn", f"{host}:80", {}
    yield "tcp with a name for TLS", "conn", "127.0.0.1:443", {"hostname": "mirror.test"}
    for target in ("127.0.0.1", "127.0.0.1:80", "[::1]:53", "localhost", "loop.allowed.test", "10.0.0.1:53"):
        yield f"dns {target}", "name", target, {}
        yield f"dns by tcp {target}", "name_tcp", target, {}
    for target in ("127.0.0.1", "localhost", "::1", "10.0.0.1", "fd00::1", "loop.allowed.test", "255.255.255.255"):
        yield f"icmp {target}", "echo", target, {}
    for module in ("proxied", "blindly_proxied"):
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "10.0.0.1", "stranger.test"):
            yield f"{module} {host}", module, f"http://{host}/", {}
        yield f"{module} CONNECT", module, "https://127.0.0.1/", {}
        yield f"{module} redirect", module, "http://mirror.test/r?to=http%3A%2F%2F127.0.0.1%2F", {}
    yield "a name that changes between hops", "web", f"http://{REBINDING}:8000/r?to=" + urllib.parse.quote(
        f"http://{REBINDING}/", safe=""), {}
    yield "a Host of somebody else", "web", "http://127.0.0.1/", {"hostname": "mirror.test"}


# A backslash is a part of a path, so these lead to the mirror itself. What counts is that nobody forbidden is reached.
HARMLESS = re.compile(r"redirect (\\|/\\|http:127)")

CONFIG = """
[[pool]]
name = "p"
ecosystem = "file"
interval = "1h"
checks = ["tcp"]
reference = ["http://r.allowed.test:8000/"]
mirror = [{{name = "m", url = "http://mirror.test:8000/"}}]
[probe]
allow = [{allow}]
[[module]]
name = "web"
prober = "http"
timeout = "2s"
[[module]]
name = "post"
prober = "http"
timeout = "2s"
[module.http]
method = "POST"
[[module]]
name = "conn"
prober = "tcp"
timeout = "2s"
[[module]]
name = "name"
prober = "dns"
timeout = "1s"
[module.dns]
query_name = "mirror.test"
query_type = "A"
[[module]]
name = "name_tcp"
prober = "dns"
timeout = "1s"
[module.dns]
query_name = "mirror.test"
query_type = "A"
transport_protocol = "tcp"
[[module]]
name = "echo"
prober = "icmp"
timeout = "1s"
[[module]]
name = "proxied"
prober = "http"
timeout = "2s"
[module.http.proxy]
url = "http://proxy.test:3128"
[[module]]
name = "blindly_proxied"
prober = "http"
timeout = "2s"
[module.http]
skip_resolve_phase_with_proxy = true
[module.http.proxy]
url = "http://proxy.test:3128"
"""


class Agent:
    def __init__(self, scratch, name, allow):
        config = scratch / f"{name}.toml"
        config.write_text(CONFIG.format(allow=", ".join(f'"{each}"' for each in allow)))
        self.port = support.free_port()
        self.log = scratch / f"{name}.log"
        environment = dict(os.environ, http_proxy="http://127.0.0.1:80", HTTP_PROXY="http://127.0.0.1:80",
                           ALL_PROXY="http://10.0.0.1:80")
        self.child = support.start([support.AGENT, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{self.port}"],
                                   self.log, env=environment)
        support.eventually(lambda: self.log.read_text(), self.healthy, 20)

    def healthy(self):
        try:
            return "healthy" in support.get(f"http://127.0.0.1:{self.port}/-/healthy")
        except OSError:
            return False

    def probe(self, module, target, extra):
        """Status and body."""
        query = urllib.parse.urlencode({"module": module, "target": target, **extra})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/probe?{query}", timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def counter(self, name):
        page = support.get(f"http://127.0.0.1:{self.port}/metrics")
        return int(float(re.search(rf"^{name} (\S+)$", page, re.MULTILINE).group(1)))


# ---- the test -------------------------------------------------------------------------------------------------


def strangers(eye, agent_port):
    """Who was spoken to beside those who may be."""
    own = {("tcp", "127.0.0.1", agent_port)}
    return {where: count for where, count in eye.seen.items()
            if where not in own and where[1] not in WELCOME and not (where[0] == "udp" and where[1] == DNS)}


def refuse_all(scratch, trap, eye):
    agent = Agent(scratch, "closed", ["*.allowed.test"])
    status, body = agent.probe("web", "http://mirror.test:8000/", {})
    assert status == 200 and "\nprobe_success 1\n" in body, body
    status, body = agent.probe("web", "http://r.allowed.test:8000/", {})
    assert status == 200 and "\nprobe_success 1\n" in body, body
    time.sleep(0.5)
    eye.seen.clear()
    trap.came.clear()
    tried = 0
    for name, module, target, extra in ways():
        before = agent.counter("mirrorwarden_probe_refused_total")
        status, body = agent.probe(module, target, extra)
        refused = agent.counter("mirrorwarden_probe_refused_total") - before
        time.sleep(0.005)
        reached = strangers(eye, agent.port)
        assert not trap.came and not reached, f"{name}: reached {dict(trap.came)} {reached}\n{status} {body}"
        success = "\nprobe_success 1\n" in body
        assert not success or HARMLESS.search(name), f"{name}: {status}\n{body}"
        assert success or refused == 1 or status == 400 or "probe_failure_info" in body, f"{name}: {status}\n{body}"
        tried += refused
    total = agent.counter("mirrorwarden_probe_refused_total")
    print(f"{len(list(ways()))} ways tried, {total} refusals counted, connections to forbidden addresses: "
          f"{sum(trap.came.values())}, packets to them: {sum(strangers(eye, agent.port).values())}")
    assert total >= 60 and tried == total, (total, tried)
    forbidden = [path for path in ProxyRequests.asked if "mirror.test" not in path and MIRROR not in path]
    assert not forbidden, forbidden
    assert ProxyRequests.asked, "the proxy was never asked: the ways through it show nothing"
    support.stop(agent.child)


def allow_all(scratch, trap, eye):
    """The same traps when they are allowed: or the test above could not fail."""
    agent = Agent(scratch, "open", ["0.0.0.0/0", "::/0"])
    eye.seen.clear()
    trap.came.clear()
    for target in ("http://127.0.0.1/", "http://0x7f.1/", "http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]/",
                   "http://[fd00::1]/", "http://loop.allowed.test/", redirect("http://192.168.0.1/")):
        status, body = agent.probe("web", target, {})
        assert status == 200 and "\nprobe_success 1\n" in body, f"{target}: {status}\n{body}"
    agent.probe("conn", "172.16.0.1:22", {})
    agent.probe("echo", "100.64.0.1", {})
    agent.probe("name", "198.18.0.1:80", {})
    time.sleep(0.2)
    wanted = {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "192.168.0.1", "172.16.0.1"}
    assert wanted <= set(trap.came), trap.came
    seen = {(kind, address) for kind, address, _ in eye.seen}
    assert {("icmp", "100.64.0.1"), ("udp", "198.18.0.1"), ("tcp", "10.0.0.1")} <= seen, eye.seen
    print(f"allowed, the same listener counts {sum(trap.came.values())} connections from {len(trap.came)} addresses")
    support.stop(agent.child)


def inside():
    scratch = support.scratch()
    (scratch / "resolv.conf").write_text(f"nameserver {DNS}\n")
    (scratch / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for name in ("resolv.conf", "hosts"):
        support.call(["mount", "--bind", scratch / name, f"/etc/{name}"])
    support.call(["ip", "link", "set", "lo", "up"])
    for address in [*WELCOME, *FORBIDDEN_V4]:
        support.call(["ip", "address", "add", f"{address}/32", "dev", "lo"])
    for address in FORBIDDEN_V6:
        support.call(["ip", "address", "add", f"{address}/128", "dev", "lo", "nodad"])
    trap, eye = Trap(), Eye()
    dns_server()
    for address in (MIRROR, ALLOWED):
        serve_http(address, 8000, Redirector)
    serve_http(PROXY, 3128, ProxyRequests)
    refuse_all(scratch, trap, eye)
    allow_all(scratch, trap, eye)


def test():
    support.need("unshare", "ip", "mount")
    if os.environ.get(INSIDE):
        return inside()
    user = [] if os.geteuid() == 0 else ["-Ur"]
    done = subprocess.run(["unshare", *user, "-n", "-m", sys.executable, __file__], env=dict(os.environ, **{INSIDE: "1"}),
                          check=False)
    assert done.returncode == 0, f"inside the namespace: {done.returncode}"
    return None


if __name__ == "__main__":
    support.run(test, 170)
