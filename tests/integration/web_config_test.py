"""TLS, mTLS, passwords, v6 and a unix socket, with curl and a real Prometheus, on an image that holds the agent, the
libraries that it is linked with, and nothing else: no headers, no development links, no pkg-config.

The image is a directory of copies, entered by chroot in a mount namespace of its own. The web configuration is
Prometheus' own web-config.yml: promtool reads it too.
"""
import ctypes
import itertools
import json
import os
import pathlib
import re
import shutil
import ssl
import socket
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import certificates  # noqa: E402
import support  # noqa: E402

PASSWORD = "open sesame"
TOKEN = "the token"


def bcrypt(password, cost=6):
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), f"$2y${cost:02}$abcdefghijklmnopqrstuu".encode()).decode()


# ---- the image ------------------------------------------------------------------------------------------------


class Image:
    """A root with the agent in it, and /work, which is shared with the test."""

    def __init__(self, directory):
        self.root, self.work = directory / "root", directory / "root/work"
        self.work.mkdir(parents=True)
        (self.root / "proc").mkdir()
        self.files = [pathlib.Path(support.AGENT).resolve(), *self._libraries()]
        for file in self.files:
            copy = self.root / str(file).lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pathlib.Path(file).resolve(), copy)

    @staticmethod
    def _libraries():
        """What the loader asks for, under the names that it asks for."""
        return [pathlib.Path(p) for p in re.findall(r"(/\S+) \(0x", support.call(["ldd", support.AGENT]))]

    def check_has_no_development(self):
        inside = [p.relative_to(self.root) for p in self.root.rglob("*") if p.is_file() and self.work not in p.parents]
        wrong = [p for p in inside if p.suffix in (".h", ".hpp", ".pc", ".a", ".so", ".cmake") or "include" in p.parts]
        assert not wrong, wrong
        assert len(inside) == len(set(map(str, self.files))), (inside, self.files)
        for path in ("/usr/include", "/usr/lib/x86_64-linux-gnu/pkgconfig", "/usr/share", "/bin/sh"):
            done = subprocess.run(self._enter([support.AGENT, "check-config", f"--config.file={path}"]),
                                  capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 2 and "No such file" in done.stderr, (path, done)
            assert path == "/usr/lib/x86_64-linux-gnu/pkgconfig" or os.path.exists(path), f"{path} is hidden from nobody"
        paths = {str(file).removeprefix("/usr") for file in self.files[1:]}  # a listing may or may not say /usr
        owners = set()
        for listing in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):  # dpkg -S takes a minute for as many names
            if paths & {line.removeprefix("/usr") for line in listing.read_text().splitlines()}:
                owners.add(listing.stem.split(":")[0])
        assert owners and not any(owner.endswith("-dev") for owner in owners), owners
        return len(inside), sorted(owners)

    def _enter(self, command):
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-U", "-r", "-m"]
        mount = f'mount --rbind /proc "{self.root}/proc" && exec chroot "{self.root}" "$@"'
        return [*unshare, "sh", "-ec", mount, "sh", pathlib.Path(command[0]).resolve(), *command[1:]]

    def start(self, *arguments):
        return support.start(self._enter([support.AGENT, *arguments]), self.work / "agent.log", cwd="/")


CONFIG = """
[agent]
api_token_file = "/work/token"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://127.0.0.1:1/"]
canaries = ["VERSION"]
interval = "1h"
[[pool.mirror]]
name = "refusing"
url = "http://127.0.0.1:1/"
"""

WEB = """
tls_server_config:
  cert_file: {cert}
  key_file: {key}
  client_auth_type: {auth}
  {ca}
  min_version: TLS12
http_server_config:
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: sameorigin
basic_auth_users:
  prometheus: {hash}
"""


class Served:
    """The agent in its image, on three addresses, and what is needed to speak with it."""

    def __init__(self, directory):
        self.image = Image(directory)
        self.work = self.image.work
        self.ours = certificates.Authority(self.work / "ours")
        self.strangers = certificates.Authority(self.work / "strangers", "/CN=Strangers")
        self.server = self.ours.certify("server", "DNS:localhost,IP:127.0.0.1,IP:::1")
        self.certificates = {"none": None, "ours": self.ours.certify("client", "DNS:client"),
                             "stranger's": self.strangers.certify("client", "DNS:client")}
        (self.work / "token").write_text(TOKEN)
        (self.work / "token").chmod(0o600)
        (self.work / "agent.toml").write_text(CONFIG)
        self.configure()
        self.port, self.port6 = support.free_port(), support.free_port()
        self.child = self.image.start(
            "--config.file=/work/agent.toml", "--web.config.file=/work/web.yml", f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.listen-address=[::1]:{self.port6}", "--web.listen-address=unix:/work/web.sock")
        support.eventually(lambda: "the agent listens:\n" + self.log(), lambda: self.log().count("listening") == 3, 60)

    def log(self):
        return (self.work / "agent.log").read_text()

    def inside(self, path):
        return "/" + str(path.relative_to(self.image.root))

    def configure(self, auth="RequireAndVerifyClientCert", password=PASSWORD, pair=None, text=None):
        certificate, key = pair or self.server
        ca = f"client_ca_file: {self.inside(self.ours.pem)}" if "Verify" in auth else ""
        text = text or WEB.format(cert=self.inside(certificate), key=self.inside(key), auth=auth, ca=ca, hash=bcrypt(password))
        new = self.work / "web.yml.new"
        new.write_text(text)
        new.rename(self.work / "web.yml")

    def curl(self, path="/metrics", where="v4", certificate="ours", user=f"prometheus:{PASSWORD}", *more):
        """(exit code, status, headers and body)."""
        address = {"v4": f"127.0.0.1:{self.port}", "v6": f"[::1]:{self.port6}", "unix": "localhost"}[where]
        command = ["curl", "-s", "-i", "-m", "20", "--cacert", str(self.ours.pem), "-w", "\n%{http_code}", *more]
        if where == "unix":
            command += ["--unix-socket", str(self.work / "web.sock")]
        if self.certificates[certificate]:
            command += ["--cert", str(self.certificates[certificate][0]), "--key", str(self.certificates[certificate][1])]
        if user is not None:
            command += ["-u", user]
        done = subprocess.run([*command, f"https://{address}{path}"], capture_output=True, text=True, check=False, timeout=40)
        text, _, status = done.stdout.rpartition("\n")
        return done.returncode, int(status), text

    def metrics(self, **how):
        code, status, text = self.curl(**how)
        assert (code, status) == (0, 200), (code, status, text[:500], self.log())
        return support.Metrics(text.partition("\n\n")[2])


# ---- what is asked of it --------------------------------------------------------------------------------------


def check_curl(served):
    seen = 0
    for where in ("v4", "v6", "unix"):
        code, status, text = served.curl(where=where)
        assert (code, status) == (0, 200) and "mirrorwarden_build_info" in text, (where, code, status, served.log())
        for header in ("Strict-Transport-Security: max-age=31536000", "X-Frame-Options: sameorigin",
                       "X-Content-Type-Options: nosniff"):
            assert text.count(header) == 1, (header, text[:800])
        assert "DENY" not in text.partition("\n\n")[0]
        for user in (None, "prometheus:wrong", "nobody:" + PASSWORD, "prometheus:", ":"):
            code, status, text = served.curl(where=where, user=user)
            assert (code, status) == (0, 401) and "WWW-Authenticate: Basic" in text, (where, user, code, status)
            assert "build_info" not in text
            seen += 1
        seen += 1
    for more, good in ((["--tls-max", "1.1"], False), (["--tls-max", "1.2"], True), (["--tlsv1.3"], True), (["--http2"], True)):
        code, status, _ = served.curl("/metrics", "v4", "ours", f"prometheus:{PASSWORD}", *more)
        assert (code == 0 and status == 200) == good, (more, code, status)
        seen += 1
    plain = subprocess.run(["curl", "-s", "-i", "-m", "10", f"http://127.0.0.1:{served.port}/metrics"],
                           capture_output=True, text=True, check=False).stdout
    assert plain.startswith("HTTP/1.1 400 ") and "use https://" in plain, plain
    return seen + 1


CLIENT_AUTH = {  # who may come in, by what is asked for
    "NoClientCert": {"none", "ours", "stranger's"},
    "RequestClientCert": {"none", "ours", "stranger's"},
    "RequireAnyClientCert": {"ours", "stranger's"},
    "VerifyClientCertIfGiven": {"none", "ours"},
    "RequireAndVerifyClientCert": {"ours"},
}


def check_client_certificates(served):
    for auth, welcome in CLIENT_AUTH.items():
        served.configure(auth=auth)
        for certificate in served.certificates:
            code, status, _ = served.curl("/-/healthy", "v4", certificate)
            assert ((code, status) == (0, 200)) == (certificate in welcome), (auth, certificate, code, status, served.log())
    return sum(1 for _ in itertools.product(CLIENT_AUTH, served.certificates))


def serial_of(served):
    """Of the certificate that the server shows now."""
    context = ssl.create_default_context(cafile=served.ours.pem)
    context.load_cert_chain(*served.certificates["ours"])
    with socket.create_connection(("127.0.0.1", served.port), 10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert()["serialNumber"]


def check_rereading(served):
    """A new password, a new certificate and a bad file, each at the next connection."""
    served.configure(password="another")
    assert served.curl()[1] == 401
    assert served.curl(user="prometheus:another")[1] == 200
    before = serial_of(served)
    served.configure(pair=served.ours.certify("renewed", "DNS:localhost,IP:127.0.0.1,IP:::1"))
    assert serial_of(served) != before
    gauge = "mirrorwarden_web_config_last_reload_successful"
    assert served.metrics().value(gauge) == 1, (served.metrics().all(gauge), served.log())
    served.configure(text="basic_auth_users:\n  prometheus: plain\n")
    assert served.metrics().value(gauge) == 0  # the old one is still in force
    assert served.metrics().value(gauge) == 0
    assert served.log().count("/work/web.yml:2:15: basic_auth_users.prometheus is not a bcrypt hash") == 1, served.log()
    served.configure(pair=(served.server[0], served.strangers.key))
    assert served.metrics().value(gauge) == 0
    assert "is not that of the certificate" in served.log() or "key values mismatch" in served.log(), served.log()
    served.configure()
    assert served.metrics().value(gauge) == 1


def check_token(served):
    """A password lets people in; to give orders still takes the token, in a header of its own."""
    body = json.dumps({"matchers": [{"name": "mirror", "value": "a"}], "duration": "2h", "createdBy": "a", "comment": "c"})
    for more, user, expected in (([], f"prometheus:{PASSWORD}", 401),
                                 (["-H", f"Authorization: Bearer {TOKEN}"], None, 401),
                                 (["-H", "X-Mirrorwarden-Token: wrong"], f"prometheus:{PASSWORD}", 401),
                                 (["-H", f"X-Mirrorwarden-Token: {TOKEN}"], f"prometheus:{PASSWORD}", 200)):
        _, status, text = served.curl("/api/v1/silences", "v4", "ours", user, "-d", body, *more)
        assert status == expected, (more, user, status, text)


def check_prometheus(served, directory):
    """Both v4 and v6, over TLS with a client certificate and a password."""
    certificate, key = served.certificates["ours"]
    jobs = "".join(f"""
- job_name: {name}
  scheme: https
  static_configs: [{{targets: ["{target}"]}}]
  basic_auth: {{username: prometheus, password: {PASSWORD}}}
  tls_config: {{ca_file: {served.ours.pem}, cert_file: {certificate}, key_file: {key}, server_name: localhost}}
""" for name, target in (("v4", f"127.0.0.1:{served.port}"), ("v6", f"[::1]:{served.port6}")))
    config = directory / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:" + jobs)
    support.call(["promtool", "check", "config", config])
    port = support.free_port()
    support.start(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb",
                   f"--web.listen-address=127.0.0.1:{port}"], directory / "prometheus.log")

    def query(text):
        try:
            reply = support.get(f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(text)}")
        except OSError:
            return []
        return [(r["metric"].get("job"), r["value"][1]) for r in json.loads(reply)["data"]["result"]]

    wanted = [("v4", "1"), ("v6", "1")]
    support.eventually(lambda: f"both are scraped: {query('up')}\n{(directory / 'prometheus.log').read_text()[-3000:]}",
                       lambda: sorted(query("sum by (job) (mirrorwarden_build_info)")) == wanted, 60)
    assert sorted(query("up")) == wanted
    # Prometheus keeps its connections: after some scrapes there are still only two.
    support.eventually("some scrapes", lambda: float(dict(query("sum by (job) (count_over_time(up[1m]))")).get("v4", 0)) >= 4, 30)
    connections = served.metrics().value("mirrorwarden_http_connections")
    assert connections == 3, f"{connections} connections are open, not Prometheus' two and our own"
    series = query("sum by (job) (scrape_samples_scraped)")
    return {job: int(value) for job, value in series}


def check_readme(served, directory):
    """The README's example is one that we and promtool take."""
    examples = re.findall(r"^```yaml\n(tls_server_config:.*?)^```$", (support.SOURCE / "README.md").read_text(),
                          re.MULTILINE | re.DOTALL)
    assert len(examples) == 1, examples
    home = directory / "readme"
    home.mkdir()
    (home / "web.yml").write_text(examples[0])
    for file, name in zip((*served.server, served.ours.pem), ("server.crt", "server.key", "clients.crt")):
        shutil.copy(file, home / name)
    support.call(["promtool", "check", "web-config", home / "web.yml"])
    (home / "agent.toml").write_text(CONFIG.replace("/work/token", str(served.work / "token")))
    check = [support.AGENT, "check-config", f"--config.file={home}/agent.toml", f"--web.config.file={home}/web.yml"]
    support.call(check)
    (home / "server.key").unlink()
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and f"cannot load the key {home}/server.key: No such file" in done.stderr, done


def main():
    support.need("curl", "openssl", "prometheus", "promtool", "unshare", "chroot")
    directory = support.scratch()
    served = Served(directory)
    files, owners = served.image.check_has_no_development()
    print(f"an image of {files} files, of {len(owners)} packages: {' '.join(owners)}")
    on_host = directory / "promtool.yml"
    on_host.write_text((served.work / "web.yml").read_text().replace("/work/", f"{served.work}/"))
    support.call(["promtool", "check", "web-config", on_host])
    print(check_curl(served), "ways to come in with curl, or not, over v4, v6 and a unix socket")
    print(check_client_certificates(served), "combinations of client_auth_type and certificate")
    check_rereading(served)
    print("password, certificate and bad files: at the next connection")
    check_token(served)
    check_readme(served, directory)
    print("samples in Prometheus, over TLS with a certificate and a password:", check_prometheus(served, directory))
    assert support.stop(served.child) == 0, served.log()
    assert not (served.work / "web.sock").exists()


support.run(main, 240)
