"""Servers on loopback for probes to look at: http and https in every mood, and dialogues over plain TCP and STARTTLS.

Standard library only. Each says its port; none knows who asks.
"""
import base64
import gzip
import http.server
import socket
import ssl
import threading
import time

GREETING = b"hello mirror\n"
LONG = 3.0  # seconds that the slow ones take: longer than any timeout of a test's modules
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


# ---- http -----------------------------------------------------------------------------------------------------


class Page(http.server.BaseHTTPRequestHandler):
    """One reply for each path; what is not known is a 404."""

    protocol_version = "HTTP/1.1"

    def reply(self, status=200, body=GREETING, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers and "Transfer_Encoding" not in headers and status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def redirect(self, where, **headers):
        self.reply(302, b"elsewhere\n", Location=where, **headers)

    def authorized(self, wanted):
        if self.headers.get("Authorization") == wanted:
            return self.reply()
        return self.reply(401, b"who are you?\n", WWW_Authenticate='Basic realm="test"')

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name, _, rest = self.path.lstrip("/").partition("/")
        if "://" in self.path:  # asked as a proxy
            return self.reply(body=b"through the proxy\n", Via="1.1 test")
        page = getattr(self, "page_" + name.replace("-", "_"), None)
        return page(rest, body) if page else self.reply(404, b"no such page\n")

    do_GET = do_POST = do_HEAD = do_PUT = answer  # noqa: N815 (the library's names)

    def page_ok(self, _rest, _body):
        self.reply(Content_Type="text/plain")

    def page_status(self, rest, _body):
        self.reply(int(rest))

    def page_redirect(self, rest, _body):
        self.redirect(f"/redirect/{int(rest) - 1}" if int(rest) > 1 else "/ok")

    def page_away(self, _rest, _body):
        self.redirect(self.server.elsewhere)

    def page_loop(self, _rest, _body):
        self.redirect("/loop")

    def page_post_only(self, _rest, body):
        wanted = self.command == "POST" and body == b"ping=1" and self.headers.get("X-Probe") == "yes"
        self.reply(200 if wanted else 405)

    def page_basic(self, _rest, _body):
        self.authorized("Basic " + base64.b64encode(b"warden:s3cret").decode())

    def page_bearer(self, _rest, _body):
        self.authorized("Bearer t0ken")

    def page_gzip(self, _rest, _body):
        packed = gzip.compress(GREETING * 100)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            return self.reply(body=packed, Content_Encoding="gzip")
        return self.reply(body=GREETING * 100)

    def page_always_gzip(self, _rest, _body):
        self.reply(body=gzip.compress(GREETING * 100), Content_Encoding="gzip")

    def page_not_gzip(self, _rest, _body):
        self.reply(body=b"this is no gzip\n", Content_Encoding="gzip")

    def page_large(self, _rest, _body):
        self.reply(body=b"x" * 100_000)

    def page_chunked(self, _rest, _body):
        self.reply(body=b"6\r\nhello \r\n7\r\nmirror\n\r\n0\r\n\r\n", Transfer_Encoding="chunked")

    def page_short(self, _rest, _body):
        self.reply(Content_Length="1000")
        self.close_connection = True

    def page_slow(self, _rest, _body):
        time.sleep(LONG)
        self.reply()

    def page_slow_body(self, _rest, _body):
        self.reply(body=b"begun\n", Content_Length="1000")
        self.wfile.flush()
        time.sleep(LONG)

    def page_modified(self, rest, _body):
        self.reply(Last_Modified="yesterday" if rest == "bad" else DATE)

    def page_host(self, rest, _body):
        self.reply(200 if self.headers.get("Host") == rest else 421)

    def page_agent(self, _rest, _body):
        self.reply(200 if self.headers.get("User-Agent") == "made up/1" else 400)

    def page_cookie(self, rest, _body):
        if rest == "":
            return self.redirect("/cookie/check", Set_Cookie="seen=1; Path=/")
        return self.reply(200 if "seen=1" in self.headers.get("Cookie", "") else 403)

    def page_json(self, _rest, _body):
        self.reply(body=b'{"status": "green"}\n', Content_Type="application/json")

    def log_message(self, *_):
        pass


class OldPage(Page):
    protocol_version = "HTTP/1.0"


class Http(http.server.ThreadingHTTPServer):
    """Serves Page at a port of its own; with a TLS context over TLS."""

    daemon_threads = True

    def __init__(self, page=Page, context=None, family=socket.AF_INET):
        self.address_family = family
        super().__init__(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), page)
        self.context, self.elsewhere = context, "/ok"
        self.port = self.server_address[1]
        host = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
        self.url = f"{'https' if context else 'http'}://{host}:{self.port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        request.settimeout(30)
        if self.context:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass  # a client that hangs up, as it is meant to


class TunnelPage(Page):
    """A forward proxy: CONNECT, and absolute targets."""

    def do_CONNECT(self):  # noqa: N802 (the library's name)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as far:
            self.send_response(200)
            self.end_headers()
            threading.Thread(target=pump, args=(far, self.connection), daemon=True).start()
            pump(self.connection, far)
        self.close_connection = True


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


# ---- dialogues ------------------------------------------------------------------------------------------------


class Talk:
    """A TCP server that has one function talk to each client."""

    def __init__(self, talk, context=None):
        self.talk, self.context = talk, context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        client.settimeout(30)
        try:
            with (self.context.wrap_socket(client, server_side=True) if self.context else client) as link:
                self.talk(link)
        except OSError:
            pass


def line(link):
    got = b""
    while not got.endswith(b"\n"):
        byte = link.recv(1)
        if not byte:
            break
        got += byte
    return got.strip()


def linger(link):
    """Until the client goes."""
    while link.recv(4096):
        pass


def ssh(link):
    link.sendall(b"SSH-2.0-TestServer_1.0\r\n")
    linger(link)


def pop3(link):
    link.sendall(b"+OK ready\r\n")
    linger(link)


def irc(link):
    nick, user = line(link), line(link)
    if nick != b"NICK prober" or not user.startswith(b"USER prober"):
        return
    link.sendall(b":irc.example.org NOTICE * :looking\r\nPING :token42\r\n")
    if line(link) == b"PONG token42":
        link.sendall(b":irc.example.org 001 prober :welcome\r\n")
        linger(link)


def versioned(link):
    link.sendall(b"READY version=1.2.3 node=alpha\n")
    linger(link)


def silent(link):
    linger(link)


def rude(link):
    link.sendall(b"no\n")


def unended(link):
    link.sendall(b"no end of line")
    linger(link)


def smtp(context):
    """EHLO, then STARTTLS; without a context it refuses the latter."""

    def talk(link):
        link.sendall(b"220 mail.example.org ESMTP\r\n")
        while word := line(link):
            if word.startswith(b"EHLO"):
                link.sendall(b"250-mail.example.org\r\n250-STARTTLS\r\n250 HELP\r\n")
            elif word == b"STARTTLS" and context and not isinstance(link, ssl.SSLSocket):
                link.sendall(b"220 go ahead\r\n")
                link = context.wrap_socket(link, server_side=True)
            elif word == b"QUIT":
                link.sendall(b"221 bye\r\n")
                return
            else:
                link.sendall(b"454 not now\r\n")

    return talk


def tls(certificate, key, authority=None, oldest=None, newest=None):
    """A server's context; with an authority it wants a client certificate signed by it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if authority:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority)
    context.minimum_version = oldest or ssl.TLSVersion.TLSv1_2
    context.maximum_version = newest or ssl.TLSVersion.MAXIMUM_SUPPORTED
    return context
