"""What one mirror is sent and sends on a day on which nothing changes, at the default intervals: counted on the wire
between the agent and nginx, for each ecosystem, plain and with TLS.

A day is squeezed: a look takes place every second instead of every `pace`, and what a window of seconds cost is
multiplied. The window is as long as the agent takes to ask outright once (every 24th look) and to look at the bytes
themselves (`integrity_pace`); it begins when the first such window, with the first downloads, has passed."""
import datetime
import os
import pathlib
import random
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

support.need("/usr/sbin/nginx", "openssl", "go", "apt-ftparchive", "gpg")
import apt_repository  # noqa: E402
import go_modules  # noqa: E402

ADDRESS = "127.81.0.1"
WINDOW = 24  # seconds, and looks
LIMIT = 2_000_000
PACKET = 52  # bytes of IP and TCP headers
SEGMENT = 1448
FILLER = 10_000  # packages in the index beside the real ones
CANARIES = ["golang.org/x/text", "golang.org/x/sync"]

# ecosystem: default interval and integrity interval in minutes; held against what the agent fills in
PACES = {"apt": (15, 360), "go": (15, 360), "file": (5, 60)}


# ---- the wire -------------------------------------------------------------------------------------------------


class Wire:
    """Relays connections to a port of nginx and counts what crosses."""

    def __init__(self, port):
        self.target = (ADDRESS, port)
        self.lock = threading.Lock()
        self.bytes = self.connections = 0
        self.listener = socket.create_server((ADDRESS, 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            self._count(7 * PACKET, 1)  # SYN to the last ACK
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self._count(len(data) + 2 * PACKET * -(-len(data) // SEGMENT))  # each segment and its acknowledgement
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _count(self, count, connections=0):
        with self.lock:
            self.bytes += count
            self.connections += connections


# ---- the sites ------------------------------------------------------------------------------------------------


def fill(archive):
    """An index and a Release of the size that large archives have."""
    numbers = random.Random(1)
    index = archive.index / "Packages"
    with index.open("a") as out:
        for n in range(FILLER):
            out.write(f"Package: filler{n}\nVersion: 1.{n}\nArchitecture: all\nFilename: pool/main/f/filler{n}.deb\n"
                      f"Size: {n}\nSHA256: {numbers.randbytes(32).hex()}\nDescription: filler\n\n")
    archive.compress()
    archive.write_by_hash()
    others = archive.dist / "main/i18n"
    others.mkdir()
    for n in range(700):
        (others / f"Translation-{n}").write_text(str(n))


def make_archive(d):
    packages = apt_repository.download(support.SOURCE / "build/debian-packages")
    key = apt_repository.Key(d)
    archive = apt_repository.Archive(d / "www/apt", packages, key)
    fill(archive)
    archive.sign(datetime.datetime.now(datetime.timezone.utc), apt_repository.hours(240))
    key.close()
    return archive, key


def make_modules(d):
    tree = go_modules.Tree(d, go_modules.build_peer(d))
    (d / "www").mkdir(exist_ok=True)
    tree.root.rename(d / "www/go")
    tree.root = d / "www/go"
    supported = tree.root / "sumdb/sum.example.org/supported"
    supported.parent.mkdir(parents=True)
    supported.write_text("")
    database = go_modules.Database(tree, tree.records(), d / "sumdb.log")
    return tree, database


def make_files(d):
    (d / "www/file").mkdir(parents=True)
    (d / "www/file/VERSION").write_text("2026-11-22T00:00:00Z\n")
    (d / "www/file/artefact.tar").write_bytes(random.Random(2).randbytes(10_000))


def make_certificate(d):
    support.call(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mirror",
                  "-addext", f"subjectAltName=IP:{ADDRESS}", "-keyout", d / "key.pem", "-out", d / "cert.pem"])


def start_nginx(d, ports, database):
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(f"{k}_temp_path {d}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    secure = f"ssl_certificate {d}/cert.pem; ssl_certificate_key {d}/key.pem;"
    servers = ""
    for (kind, tls), port in ports.items():
        sums = (f"location /sumdb/sum.example.org/ {{ proxy_pass {database.url}/; }}\n"
                "location = /sumdb/sum.example.org/supported { }\n") if kind == "go" else ""
        servers += (f"server {{ listen {ADDRESS}:{port}{' ssl' if tls else ''}; {secure if tls else ''}\n"
                    f"root {d}/www/{kind}; autoindex on;\n{sums}}}\n")
    (d / "nginx.conf").write_text(f"daemon off; master_process off; pid {d}/nginx.pid; error_log stderr;\n{user}"
                                  f"events {{}}\nhttp {{ access_log off;\n{temporary}{servers}}}\n")
    support.start(["/usr/sbin/nginx", "-p", d, "-c", d / "nginx.conf", "-e", "stderr"], d / "nginx.log")
    plain = ports["file", False]
    support.eventually("nginx serves", lambda: connects(plain), 10)


def connects(port):
    try:
        socket.create_connection((ADDRESS, port), 1).close()
        return True
    except OSError:
        return False


# ---- the agent ------------------------------------------------------------------------------------------------


def options(kind, d, key, tree):
    if kind == "apt":
        return (f'[pool.apt]\nsuite = "test"\narchitecture = "{apt_repository.architecture()}"\n'
                f'keyring = "{key.keyring}"\n', f'["{apt_repository.CANARY}"]')
    if kind == "go":
        return f'[pool.go]\nsumdb = "{tree.keys[1]}"\n', str(CANARIES).replace("'", '"')
    return '[pool.file]\nmarker = "VERSION"\nimmutable = "true"\n', '["VERSION", "artefact.tar"]'


def write_config(d, ports, wires, key, tree):
    text = '[agent]\ngap_per_host = "0s"\nconcurrency_per_host = 32\n'
    for (kind, tls), port in ports.items():
        pace, integrity = PACES[kind]
        scheme = "https" if tls else "http"
        extra, canaries = options(kind, d, key, tree)
        ca = f', ca_file = "{d}/cert.pem"' if tls else ""
        name = kind + ("-tls" if tls else "")
        text += (f'[[pool]]\nname = "{name}"\necosystem = "{kind}"\ncanaries = {canaries}\ninterval = "1s"\n'
                 f'integrity_interval = "{integrity // pace}s"\ntimeout = "900ms"\n'
                 f'reference = [{{ url = "{scheme}://{ADDRESS}:{port}"{ca} }}]\n{extra}'
                 f'[[pool.mirror]]\nname = "mirror"\nurl = "{scheme}://{ADDRESS}:{wires[kind, tls].port}"\n')
        text += f'ca_file = "{d}/cert.pem"\n' if tls else ""
    (d / "day.toml").write_text(text)
    return d / "day.toml"


def settle(agent, names):
    def all_fresh():
        metrics = agent.metrics()
        return all(metrics.value("mirror_verdict", pool=name, mirror="mirror", verdict="fresh") == 1 for name in names)

    support.eventually(lambda: "every mirror is fresh\n" + agent.tail(), all_fresh, 20)


def default_paces(d):
    """The intervals in minutes that the agent itself fills in, in the order of PACES."""
    (d / "defaults.toml").write_text(DEFAULTS)
    page = support.call([support.AGENT, "print-config", "--config.file", d / "defaults.toml"])
    return [minutes(line.split('"')[1]) for line in page.splitlines()
            if line.startswith(("interval ", "integrity_interval "))]


DEFAULTS = "".join(f'[[pool]]\nname = "{kind}"\necosystem = "{kind}"\nreference = ["http://mirrors.example.org/"]\n{more}'
                   f'[[pool.mirror]]\nname = "m"\nurl = "http://ftp.debian.org/"\n'
                   for kind, more in (("apt", '[pool.apt]\nsuite = "x"\nkeyring = "/x"\n'), ("go", ""), ("file", "")))


def minutes(span):
    return int(span[:-1]) * {"m": 1, "h": 60}[span[-1]]


def report(kind, tls, wire, before, index):
    pace, integrity = PACES[kind]
    looks = 24 * 60 // pace
    windows = looks / WINDOW
    spent = (wire.bytes - before[0]) * windows
    # Read whole once a week, which no window sees.
    weekly = index / 7 if kind == "apt" else 0
    connections = (wire.connections - before[1]) * windows
    print(f"{kind:5} {'https' if tls else 'http':5} every {pace:2} min, bytes every {integrity:3} min: "
          f"{connections:5.0f} connections, {(spent + weekly) / 1e6:5.2f} MB a day"
          + (f" (of these {weekly / 1e6:.2f} for a whole index once a week)" if weekly else ""))
    return spent + weekly


def main():
    d = support.scratch()
    spans = default_paces(d)
    assert spans == [m for kind in PACES for m in PACES[kind]], spans
    archive, key = make_archive(d)
    tree, database = make_modules(d)
    make_files(d)
    make_certificate(d)
    ports = {(kind, tls): support.free_port(ADDRESS) for kind in PACES for tls in (False, True)}
    start_nginx(d, ports, database)
    wires = {row: Wire(port) for row, port in ports.items()}
    agent = support.Agent(write_config(d, ports, wires, key, tree), d).await_ready()
    names = [kind + ("-tls" if tls else "") for kind, tls in ports]
    settle(agent, names)
    time.sleep(WINDOW)
    before = {row: (wire.bytes, wire.connections) for row, wire in wires.items()}
    time.sleep(WINDOW)
    index = (archive.index / "Packages.xz").stat().st_size
    print(f"apt: InRelease {(archive.dist / 'InRelease').stat().st_size} bytes, Packages.xz {index} bytes; "
          f"go: zips of {[tree.file(m, tree.versions[m][-1]).with_name(tree.versions[m][-1] + '.zip').stat().st_size for m in CANARIES]} bytes")
    costs = {row: report(*row, wires[row], before[row], index) for row in ports}
    metrics = agent.metrics()
    for name in names:
        assert metrics.value("mirror_verdict", pool=name, mirror="mirror", verdict="fresh") == 1, name
        assert metrics.value("mirror_not_modified_total", pool=name, mirror="mirror") > WINDOW, name
    for kind in ("apt", "go"):
        assert costs[kind, False] < LIMIT, f"{kind}: {costs[kind, False]:.0f} bytes a day"
    agent.stop()


support.run(main, 150)
