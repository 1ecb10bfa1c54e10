"""Seven servers, each with its own trouble at the handshake: each gets its own reason, and a certificate's dates are
exported wherever one was shown, however bad it is."""
import datetime
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import certificates  # noqa: E402
import support  # noqa: E402
from certificates import DAY, NOW  # noqa: E402

# name: (reason, not_before, not_after, the address in the certificate or None for the server's own)
CERTIFIED = {
    "good": (None, NOW - DAY, NOW + 30 * DAY, None),
    "expired": ("expired", NOW - 30 * DAY, NOW - DAY, None),
    "early": ("not_yet_valid", NOW + DAY, NOW + 30 * DAY, None),
    "misnamed": ("host_mismatch", NOW - DAY, NOW + 30 * DAY, "127.79.0.99"),
    "selfsigned": ("self_signed", NOW - DAY, NOW + 30 * DAY, None),
}
WITHOUT = {"stalled": "timeout", "plain": "protocol"}
NAMES = [*CERTIFIED, *WITHOUT]
ADDRESS = {name: f"127.79.0.{n + 1}" for n, name in enumerate(NAMES)}

def make_certificates(d):
    """name.key and name.pem of each, signed by the authority in ca.pem, or by itself if that is its trouble."""
    authority = certificates.Authority(d)
    for name, (_, not_before, not_after, other) in CERTIFIED.items():
        authority.certify(name, f"IP:{other or ADDRESS[name]}", not_before=not_before, not_after=not_after,
                          itself=name == "selfsigned")


def start_nginx(d, port):
    servers = "".join(
        f"server {{ listen {ADDRESS[n]}:{port} ssl; ssl_certificate {d}/{n}.pem; ssl_certificate_key {d}/{n}.key; "
        'return 200 "ok\\n"; }\n' for n in CERTIFIED)
    servers += f'server {{ listen {ADDRESS["plain"]}:{port}; return 200 "ok\\n"; }}\n'
    temporary = "".join(f"{kind}_temp_path {d}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (d / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {d}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{servers}}}\n")
    nginx = support.start(["/usr/sbin/nginx", "-p", d, "-c", d / "nginx.conf", "-e", "stderr"], d / "nginx.log")

    def up():
        assert nginx.poll() is None, (d / "nginx.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex((ADDRESS["good"], port)) == 0

    support.eventually("nginx listens", up, 10)


def make_config(d, port):
    mirrors = "".join(f'\n[[pool.mirror]]\nname = "{n}"\nurl = "https://{ADDRESS[n]}:{port}/"\n'
                      f'ca_file = "{d}/ca.pem"\n' for n in NAMES)
    (d / "tls.toml").write_text(
        '[[pool]]\nname = "tls"\necosystem = "file"\nchecks = ["tls"]\ninterval = "2s"\ntimeout = "1s"\n'
        'confirm_every = "1s"\nfail_after = 2\n' + mirrors)
    return d / "tls.toml"


def check_row(metrics, name):
    wanted = WITHOUT[name] if name in WITHOUT else CERTIFIED[name][0]
    failures = [(f["layer"], f["reason"]) for f, _ in metrics.all("mirror_check_failure", mirror=name, check="tls")]
    assert failures == ([("tls", wanted)] if wanted else []), f"{name}: {failures}, expected {wanted}"
    assert metrics.value("mirror_check_success", mirror=name, check="tls") == (0 if wanted else 1), name
    after = metrics.value("mirror_tls_certificate_not_after_timestamp_seconds", mirror=name)
    before = metrics.value("mirror_tls_certificate_not_before_timestamp_seconds", mirror=name)
    if name in WITHOUT:
        assert after is None and before is None, f"{name} shows the dates of no certificate"
        return
    assert before == CERTIFIED[name][1].timestamp(), (name, before)
    assert after == CERTIFIED[name][2].timestamp(), (name, after)


def print_table(metrics):
    print(f"{'server':11} {'layer':6} {'reason':14} not_after")
    for name in NAMES:
        failure = metrics.all("mirror_check_failure", mirror=name, check="tls")
        layer, reason = (failure[0][0]["layer"], failure[0][0]["reason"]) if failure else ("-", "-")
        after = metrics.value("mirror_tls_certificate_not_after_timestamp_seconds", mirror=name)
        date = datetime.datetime.fromtimestamp(after, datetime.timezone.utc).isoformat() if after else "-"
        print(f"{name:11} {layer:6} {reason:14} {date}")


def main():
    support.need("nginx", "openssl")
    d = support.scratch()
    port = support.free_port(ADDRESS["good"])
    make_certificates(d)
    start_nginx(d, port)
    with socket.create_server((ADDRESS["stalled"], port), backlog=64):  # connects, and never says a word
        agent = support.Agent(make_config(d, port), d).await_ready()
        metrics = agent.metrics()
        print_table(metrics)
        for name in NAMES:
            check_row(metrics, name)
        agent.stop()


support.run(main, 120)
