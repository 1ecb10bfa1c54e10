"""What is measured and what it is measured against: the servers that are probed, and those who probe them. All on
loopback, all on ports that the kernel chose, all ended with us."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "integration"))
import support  # noqa: E402

BUILT = support.SOURCE / "build/bench"
NGINX = "/usr/sbin/nginx"
KNOT = "/usr/sbin/knotd"
BLACKBOX = "prometheus-blackbox-exporter"
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
MEBIBYTE = 1 << 20

NEEDS = (NGINX, KNOT, BLACKBOX, "prometheus", "openssl")


class NotYet(Exception):
    """This build cannot do what is to be measured."""


# ---- the probed -----------------------------------------------------------------------------------------------


def _openssl(directory, *words):
    support.call(["openssl", *words], cwd=directory)


def make_certificates(directory):
    """An authority, a server's certificate under it, and all that Debian trusts with that authority beside it."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(directory, "req", "-x509", *curve, "-keyout", "root.key", "-out", "root.pem", "-days", "30", "-subj",
             "/CN=bench authority", "-addext", "keyUsage=critical,keyCertSign")
    (directory / "leaf.ext").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    _openssl(directory, "req", *curve, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=bench")
    _openssl(directory, "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
             "-days", "20", "-extfile", "leaf.ext", "-out", "leaf.pem")
    bundle = directory / "bundle.pem"
    bundle.write_text(AUTHORITIES.read_text() + (directory / "root.pem").read_text())
    return bundle


def _await_port(port, log, child):
    def answers():
        assert child.poll() is None, pathlib.Path(log).read_text(errors="replace")
        try:
            with support.socket.create_connection(("127.0.0.1", port), 0.2):
                return True
        except OSError:
            return False

    support.eventually(lambda: pathlib.Path(log).read_text(errors="replace"), answers, 20)


class Servers:
    """nginx with a small page, a file of one MiB and full handshakes; a DNS server with one zone."""

    def __init__(self, directory):
        self.directory = directory
        self.bundle = make_certificates(directory)
        self.http, self.https, self.dns = support.free_port(), support.free_port(), support.free_port()
        (directory / "www").mkdir()
        (directory / "www/index.html").write_text("<html><body>a mirror</body></html>\n")
        (directory / "www/VERSION").write_text("20260101\n")
        self.file = os.urandom(MEBIBYTE)
        (directory / "www/1m.bin").write_bytes(self.file)
        self.nginx = self._start_nginx()
        self.knot = self._start_knot()

    def _start_nginx(self):
        d, user = self.directory, "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(f"{kind}_temp_path {d}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (d / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {d}/nginx.pid; error_log stderr; {user}\n"
            "events { worker_connections 8192; }\n"
            f"http {{ access_log off; {temporary} root {d}/www; sendfile on; tcp_nodelay on;\n"
            f"  server {{ listen 0.0.0.0:{self.http} backlog=4096; }}\n"  # all of 127/8
            f"  server {{ listen 127.0.0.1:{self.https} ssl; ssl_session_cache off; ssl_session_tickets off;\n"
            f"    ssl_certificate {d}/leaf.pem; ssl_certificate_key {d}/leaf.key; }} }}\n")
        child = support.start([NGINX, "-p", d, "-c", d / "nginx.conf", "-e", "stderr"], d / "nginx.log")
        _await_port(self.https, d / "nginx.log", child)
        return child

    def _start_knot(self):
        d = self.directory
        (d / "bench.zone").write_text("@ 300 IN SOA ns hostmaster 1 3600 600 86400 300\n@ 300 IN NS ns\n"
                                      "ns 300 IN A 127.0.0.1\nwww 300 IN A 127.0.0.1\n")
        (d / "knot.conf").write_text(
            f"server:\n  rundir: {d}\n  listen: 127.0.0.1@{self.dns}\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"log:\n  - target: stderr\n    any: warning\ndatabase:\n  storage: {d}/knot\n"
            f"zone:\n  - domain: mirror.test\n    file: {d}/bench.zone\n    zonefile-sync: -1\n    journal-content: none\n")
        child = support.start([KNOT, "-c", d / "knot.conf"], d / "knot.log")
        _await_port(self.dns, d / "knot.log", child)
        return child


# ---- those who probe ------------------------------------------------------------------------------------------


def modules(ca_file):
    """One module a kind, as blackbox_exporter writes them; `ca_file`: whom those with TLS trust, or the system."""
    trust = f", tls_config: {{ca_file: {ca_file}}}" if ca_file else ""
    v4 = "preferred_ip_protocol: ip4"
    return ("modules:\n"
            f"  tcp: {{prober: tcp, timeout: 5s, tcp: {{{v4}}}}}\n"
            f"  tls: {{prober: tcp, timeout: 5s, tcp: {{{v4}, tls: true{trust}}}}}\n"
            f"  http: {{prober: http, timeout: 5s, http: {{{v4}}}}}\n"
            f"  https: {{prober: http, timeout: 5s, http: {{{v4}, fail_if_not_ssl: true{trust}}}}}\n"
            f"  dns: {{prober: dns, timeout: 5s, dns: {{{v4}, transport_protocol: udp, query_name: www.mirror.test, "
            "query_type: A}}\n")


class Blackbox:
    """Debian's, in its best case: it trusts the system's authorities, which Go reads once. With `ca_file` it reads that
    file anew for each probe."""
    name = "blackbox_exporter"

    def __init__(self, servers, directory, ca_file=None):
        directory.mkdir()
        (directory / "blackbox.yml").write_text(modules(ca_file))
        self.port = support.free_port()
        self.child = support.start(
            [BLACKBOX, f"--config.file={directory}/blackbox.yml", f"--web.listen-address=127.0.0.1:{self.port}",
             "--log.level=error"], directory / "log",
            env={**os.environ, "SSL_CERT_FILE": str(servers.bundle), "SSL_CERT_DIR": "/nonexistent"})
        _await_port(self.port, directory / "log", self.child)


class Warden:
    """The release build on a configuration."""
    name = "mirrorwarden"

    def __init__(self, directory, config):
        directory.mkdir(exist_ok=True)
        self.config = directory / "bench.toml"
        self.config.write_text(config)
        self.port = support.free_port()
        self.log = directory / "log"
        self.child = support.start([support.AGENT, f"--config.file={self.config}", "--log.level=warn",
                                    f"--web.listen-address=127.0.0.1:{self.port}"], self.log)
        _await_port(self.port, self.log, self.child)

    def metrics(self, seconds=30):
        assert self.child.poll() is None, f"it ended with {self.child.returncode}: {self.log.read_text(errors='replace')}"
        return support.Metrics(support.get(f"http://127.0.0.1:{self.port}/metrics", seconds))

    def reload(self, config):
        self.config.write_text(config)
        support.post(f"http://127.0.0.1:{self.port}/-/reload", 30)


def quiet_pool(servers):
    """The least configuration: a mirror that is looked at and then left alone."""
    return ('[[pool]]\nname = "quiet"\necosystem = "file"\nchecks = ["http"]\ninterval = "1h"\n'
            f'[[pool.mirror]]\nname = "m"\nurl = "http://127.0.0.1:{servers.http}/"\n')


def prober(servers, directory, ca_file):
    """mirrorwarden's /probe with the same modules: its own import writes them."""
    directory.mkdir()
    yaml = directory / "blackbox.yml"
    yaml.write_text(modules(ca_file))
    done = subprocess.run([support.AGENT, "import-blackbox", str(yaml)], capture_output=True, text=True, check=False,
                          timeout=30)
    if done.returncode != 0:
        raise NotYet("this build has no import-blackbox")
    allowed = done.stdout.replace("# allow = []", 'allow = ["127.0.0.0/8"]')
    warden = Warden(directory, allowed + quiet_pool(servers))
    try:
        support.get(f"http://127.0.0.1:{warden.port}/probe?module=tcp&target=127.0.0.1:{servers.http}")
    except urllib.error.HTTPError as error:
        raise NotYet(f"this build's /probe answers {error.code}") from None
    return warden


class Prometheus:
    def __init__(self, directory, scrape_configs, interval):
        self.port = support.free_port()
        config = directory / "prometheus.yml"
        config.write_text(f"global: {{scrape_interval: {interval}s, scrape_timeout: {min(interval, 10)}s}}\n"
                          f"scrape_configs:\n{scrape_configs}")
        self.child = support.start(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb", "--log.level=error",
             f"--web.listen-address=127.0.0.1:{self.port}"], directory / "prometheus.log")
        _await_port(self.port, directory / "prometheus.log", self.child)

    def value(self, query):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.parse.quote(query)}"
        result = json.loads(support.get(url, 30))["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0


class Exposer:
    """A program of this folder that serves so many series and does nothing else."""

    def __init__(self, program, series, directory):
        self.port = support.free_port()
        log = directory / f"{program}.log"
        self.child = support.start([BUILT / program, self.port, series], log)
        _await_port(self.port, log, self.child)


# ---- load -----------------------------------------------------------------------------------------------------


def load(port, paths, count, connections=1, rate=0, encoding="", expected=""):
    """What bench_load says; whoever was asked must have answered each question well."""
    words = [BUILT / "bench_load", port, connections, count, rate, encoding, expected, *paths]
    told = json.loads(support.call(words))
    assert told["failed"] == 0, f"{told['failed']} of {count} failed: {paths[0]}"
    return told
