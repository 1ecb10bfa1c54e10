"""Notices by mail, through real mail servers: over STARTTLS and smtps, in English and Chinese, firing and resolved. What
arrives is a proper mail that a mail program shows as it was meant, a mail sent twice has one Message-ID, a server that
shows the wrong certificate or offers no TLS gets nothing, and the password is nowhere but in the login."""
import base64
import email
import email.policy
import json
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

SITE = "127.84.0.1"
PASSWORD = "Wrong-Horse_battery staple"
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's aiosmtpd
TO = ["oncall@example.org", "mirrors@example.org"]

# receiver: (the server's address, URL scheme, more options)
RECEIVERS = {
    "english": ("127.84.0.2", "smtp", 'ca_file = "{d}/ca.pem"'),
    "chinese": ("127.84.0.3", "smtps", 'ca_file = "{d}/ca.pem"'),
    "plain": ("127.84.0.4", "smtp", 'starttls = "never"'),
    "untrusted": ("127.84.0.2", "smtp", ""),
    "misnamed": ("127.84.0.5", "smtp", 'ca_file = "{d}/ca.pem"'),
    "stripped": ("127.84.0.4", "smtp", 'ca_file = "{d}/ca.pem"'),
}
NOTHING = {"untrusted": "untrusted: smtp://{a}:{p} at {a}: SSL certificate problem: unable to get local issuer",
           "misnamed": "host_mismatch: smtp://{a}:{p} at {a}: ",
           "stripped": "protocol: smtp://{a}:{p} at {a}: the server offers no STARTTLS"}


def need_aiosmtpd():
    """As support.need(), of a module."""
    support.need("openssl", PYTHON)
    if subprocess.run([PYTHON, "-c", "import aiosmtpd"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    print("SKIPPED: this test needs python3-aiosmtpd")
    sys.exit(1 if os.environ.get("CI") == "true" else support.SKIPPED)


# ---- the world ------------------------------------------------------------------------------------------------


def make_certificates(d):
    """An authority, and a certificate for each address; the one of 127.84.0.5 is for another."""
    support.call(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-keyout", d / "ca.key", "-out", d / "ca.pem", "-subj", "/CN=Test Authority"])
    for host, address in (("2", "127.84.0.2"), ("3", "127.84.0.3"), ("5", "127.84.0.99")):
        support.call(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                      d / f"{host}.key", "-out", d / f"{host}.csr", "-subj", "/CN=mail"])
        (d / f"{host}.ext").write_text(f"subjectAltName=IP:{address}\n")
        support.call(["openssl", "x509", "-req", "-in", d / f"{host}.csr", "-CA", d / "ca.pem", "-CAkey", d / "ca.key",
                      "-CAcreateserial", "-days", "2", "-extfile", d / f"{host}.ext", "-out", d / f"{host}.pem"])


class Mailbox:
    """A mail server, and what it was handed. `how` is starttls or smtps; without it there is no TLS."""

    def __init__(self, d, address, port, *how):
        host = address.rsplit(".", 1)[1]
        self.directory = d / f"mail-{host}"
        self.directory.mkdir()
        (self.directory / "password").write_text(PASSWORD)
        keys = [d / f"{host}.pem", d / f"{host}.key"] if how else []
        script = pathlib.Path(__file__).parent / "mail_server.py"
        child = support.start([PYTHON, script, self.directory, f"{address}:{port}", *keys, *how],
                              d / f"mail-{host}.log")

        def up():
            assert child.poll() is None, (d / f"mail-{host}.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex((address, port)) == 0

        support.eventually(f"a mail server at {address}", up, 30)

    def answer_next(self, answer):
        (self.directory / "answers").write_text(answer + "\n")

    def mails(self):
        """(envelope, mail) of each, in order."""
        found = sorted(self.directory.glob("*.json"), key=lambda p: int(p.stem))
        return [(json.loads(p.read_text()), (self.directory / f"{p.stem}.eml").read_bytes()) for p in found]


def make_config(d, port):
    rows = ""
    for name, (address, scheme, more) in RECEIVERS.items():
        to = ", ".join(["gone@example.org", *TO])
        rows += f"""
[[receiver]]
name = "{name}"
language = "{'zh' if name == 'chinese' else 'en'}"
timeout = "5s"
group_wait = "0s"
group_interval = "0s"
[receiver.email]
url = "{scheme}://{address}:{port}"
from = "warden@example.org"
to = "{to}"
{more.format(d=d)}
""" + ("" if name == "plain" else f'user = "warden"\npassword_file = "{d}/password"\n')
    (d / "mail.toml").write_text(f"""
[agent]
state = "{d}/state"
evaluation_interval = "200ms"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://{SITE}:{port}/"]
canaries = ["VERSION"]
checks = ["freshness"]
interval = "2s"
timeout = "1s"
[[pool.mirror]]
name = "镜像.m"
url = "http://{SITE}:{port + 1}/"
[[alert]]
name = "Behind"
when = "stale"
notify = [{", ".join(f'"{name}"' for name in RECEIVERS)}]
{rows}""")
    return d / "mail.toml"


# ---- what arrives ---------------------------------------------------------------------------------------------


def parts_of(raw):
    """The mail, its text and its HTML; it and each of its parts is without a defect."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a line end that is none"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78 and raw.isascii(), raw
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    for part in mail.walk():
        assert not part.defects, part.defects
        for name, value in part.items():
            assert not value.defects, (name, value, value.defects)
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return mail, text.get_content(), html.get_content()


def check_header(mail):
    assert mail["From"].addresses[0].addr_spec == "warden@example.org"
    assert [a.addr_spec for a in mail["To"].addresses] == ["gone@example.org", *TO]
    assert mail["Auto-Submitted"] == "auto-generated" and mail["MIME-Version"] == "1.0"
    assert re.fullmatch(r"<[0-9a-zA-Z]+@example\.org>", mail["Message-ID"]), mail["Message-ID"]
    assert mail["Date"].datetime.tzinfo is not None
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(mail.get_all(name)) == 1, name


def check_envelope(envelope):
    assert (envelope["from"], envelope["to"]) == ("warden@example.org", TO), envelope
    assert (envelope["tls"], envelope["user"], envelope["hello"]) == (True, "warden", "example.org"), envelope


def check_story(box, line, subjects):
    """A firing and an all-clear over TLS, one thread; `line` is a line of each text, and a row of its HTML."""
    support.eventually(lambda: f"two mails: {box.mails()}", lambda: len(box.mails()) == 2, 30)
    threads, ids = set(), set()
    for (envelope, raw), subject in zip(box.mails(), subjects):
        check_envelope(envelope)
        mail, text, html = parts_of(raw)
        check_header(mail)
        assert re.search(subject, mail["Subject"]), mail["Subject"]
        name, value = re.fullmatch("(.*?)(?:：|: )(.*)", line).groups()
        assert line in text.splitlines() and f">{name}</th><td>{value}</td>" in html, (line, text, html)
        threads.add(mail["In-Reply-To"])
        ids.add(mail["Message-ID"])
        assert mail["References"] == mail["In-Reply-To"]
    assert len(threads) == 1 and len(ids) == 2, (threads, ids)


def check_duplicates(box):
    """The first was answered with 451 and came again: to whoever has both it is one mail."""
    (first, one), (second, two) = box.mails()[:2]
    assert first["answer"].startswith("451 ") and second["answer"].startswith("250 "), (first, second)
    one, two = parts_of(one)[0], parts_of(two)[0]
    assert one["Message-ID"] == two["Message-ID"] and one["Subject"] == two["Subject"]


def check_nothing(agent, port):
    """Why nothing was sent is in the log."""
    for name, error in NOTHING.items():
        wanted = error.format(a=RECEIVERS[name][0], p=port)
        support.eventually(lambda wanted=wanted: f"{wanted}\n{agent.tail()}",
                           lambda wanted=wanted: wanted in agent.log.read_text(), 30)
        lines = [line for line in agent.log.read_text().splitlines() if f"receiver={name} " in line]
        assert lines and not any("notice delivered" in line for line in lines), lines
        assert agent.metrics().value("mirrorwarden_notifications_owed", receiver=name) > 0, name


def check_secret(agent):
    """Neither the password nor what stands for it in a login is anywhere."""
    plain = PASSWORD.encode()
    forms = [plain, base64.b64encode(plain), base64.b64encode(b"\0warden\0" + plain)]
    shown = {"log": agent.log.read_bytes(), "arguments": pathlib.Path(f"/proc/{agent.child.pid}/cmdline").read_bytes(),
             "print-config": support.call([support.AGENT, "print-config", "--config.file", agent.config]).encode()}
    for page in ("/", "/metrics", "/config", "/api/v1/mirrors"):
        shown[page] = support.get(agent.url + page).encode()
    for place, text in shown.items():
        assert text, place
        for form in forms:
            assert form not in text, f"the password is in the {place}"


def main():
    need_aiosmtpd()
    d = support.scratch()
    (d / "password").touch(mode=0o600)
    (d / "password").write_text(PASSWORD)
    make_certificates(d)
    port = support.free_port("127.84.0.2")
    boxes = {name: Mailbox(d, RECEIVERS[name][0], port, *how) for name, how in
             {"english": ["starttls"], "chinese": ["smtps"], "plain": [], "misnamed": ["starttls"]}.items()}
    boxes["plain"].answer_next("451 4.7.1 come back later")
    version = {"reference": b"1", "mirror": b"1"}
    support.serve(SITE, port, lambda: version["reference"])
    support.serve(SITE, port + 1, lambda: version["mirror"])
    agent = support.Agent(make_config(d, port), d).await_ready()
    support.eventually("level", lambda: agent.metrics().verdict("镜像.m")[0] == "fresh", 15)
    version["reference"] = b"2"
    for name in ("english", "chinese"):
        support.eventually(lambda name=name: f"a mail in {name}\n{agent.tail()}", boxes[name].mails, 30)
    support.eventually(lambda: f"it again\n{agent.tail()}", lambda: len(boxes["plain"].mails()) == 2, 30)
    check_duplicates(boxes["plain"])
    check_nothing(agent, port)
    version["mirror"] = b"2"
    check_story(boxes["english"], "Rule: Behind: stale",
                ["^files/镜像.m is stale: stale$", "^resolved: files/镜像.m: Behind is over after "])
    check_story(boxes["chinese"], "规则：Behind：stale",
                ["^files/镜像.m 状态 stale：stale$", "^恢复：files/镜像.m：Behind 已恢复，历时 "])
    check_nothing(agent, port)
    assert not boxes["misnamed"].mails()
    assert "accepted, but not for gone@example.org (550)" in agent.log.read_text(), agent.tail()
    check_secret(agent)
    agent.stop()
    print(sum(len(box.mails()) for box in boxes.values()), "mails")


support.run(main, 170)
