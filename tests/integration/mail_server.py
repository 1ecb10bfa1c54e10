"""A real mail server for a test, on Debian's aiosmtpd: keeps what it takes, and once answers as it is told.

    mail_server.py DIRECTORY ADDRESS:PORT [CERTIFICATE KEY starttls|smtps]

With a certificate it takes mail only over TLS and from `warden`, whose password is in DIRECTORY/password; without one
it takes mail from anybody. Each text is kept as DIRECTORY/N.eml as it came, its envelope in N.json. The first line of
DIRECTORY/answers is the reply to the next text, and is used up. Knows nothing of the agent.
"""
import json
import pathlib
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

DIRECTORY = pathlib.Path(sys.argv[1])


def next_answer():
    answers = DIRECTORY / "answers"
    lines = answers.read_text().splitlines() if answers.exists() else []
    if not lines:
        return "250 2.0.0 taken"
    answers.write_text("".join(line + "\n" for line in lines[1:]))
    return lines[0]


class Keep:
    """Every mail as it came."""

    def __init__(self):
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 (the library's name)
        if address.startswith("gone@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (the library's name)
        answer = next_answer()
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": server.transport.get_extra_info("sslcontext") is not None,
                 "user": session.auth_data.decode() if session.authenticated else None, "answer": answer,
                 "hello": session.host_name}
        (DIRECTORY / f"{self.taken}.eml").write_bytes(envelope.original_content)
        (DIRECTORY / f"{self.taken}.new").write_text(json.dumps(facts))
        (DIRECTORY / f"{self.taken}.new").rename(DIRECTORY / f"{self.taken}.json")
        self.taken += 1
        return answer


def check_login(server, session, envelope, mechanism, login):
    good = login.login == b"warden" and login.password.decode() == (DIRECTORY / "password").read_text()
    return AuthResult(success=good, handled=False, auth_data=login.login if good else None)


def main():
    address, port = sys.argv[2].rsplit(":", 1)
    options = {}
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        options = {"authenticator": check_login, "auth_required": True}
        if sys.argv[5:] == ["smtps"]:
            options |= {"ssl_context": context, "auth_require_tls": False}
        else:
            options |= {"tls_context": context, "require_starttls": True}
    Controller(Keep(), hostname=address, port=int(port), **options).start()
    threading.Event().wait()


main()
