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
    for n in range(330):
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
        name = name_of((kind, tls))
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


def name_of(row):
    return row[0] + ("-tls" if row[1] else "")


def counts(metrics, row, wire):
    """Bytes, connections and looks so far."""
    return wire.bytes, wire.connections, metrics.value("mirror_check_runs_total", pool=name_of(row), mirror="mirror",
                                                       check="freshness")


def report(row, before, after, large):
    """`large`: what is sent whole at every 24th look at the bytes, which no window sees."""
    pace, integrity = PACES[row[0]]
    spent, connections, looks = (b - a for a, b in zip(before, after))
    assert looks >= WINDOW * 0.8, f"only {looks} looks at {row}"
    day = 24 * 60 / pace / looks
    rare = large * 24 * 60 / integrity / 24
    print(f"{row[0]:5} {'https' if row[1] else 'http':5} a look every {pace:2} min, at the bytes every {integrity:3} min: "
          f"{connections * day:5.0f} connections, {(spent * day + rare) / 1e6:5.2f} MB a day")
    return spent * day + rare


def zip_sizes(tree):
    newest = [tree.file(module, tree.versions[module][-1]) for module in CANARIES]
    return [file.with_name(file.name + ".zip").stat().st_size for file in newest]


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
    names = [name_of(row) for row in ports]
    settle(agent, names)
    time.sleep(WINDOW)
    metrics = agent.metrics()
    before = {row: counts(metrics, row, wire) for row, wire in wires.items()}
    time.sleep(WINDOW)
    metrics = agent.metrics()
    after = {row: counts(metrics, row, wire) for row, wire in wires.items()}
    index = (archive.index / "Packages.xz").stat().st_size
    print(f"apt: InRelease {(archive.dist / 'InRelease').stat().st_size} bytes, Packages.xz {index} bytes; "
          f"go: zips of {zip_sizes(tree)} bytes")
    zips = sum(zip_sizes(tree))
    large = {"apt": index, "go": zips, "file": 0}
    costs = {row: report(row, before[row], after[row], large[row[0]]) for row in ports}
    for name in names:
        assert metrics.value("mirror_verdict", pool=name, mirror="mirror", verdict="fresh") == 1, name
        assert metrics.value("mirror_not_modified_total", pool=name, mirror="mirror") > WINDOW, name
    for kind in ("apt", "go"):
        assert costs[kind, False] < LIMIT, f"{kind}: {costs[kind, False]:.0f} bytes a day"
    agent.stop()


support.run(main, 150)
