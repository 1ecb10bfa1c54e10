"""A small DNS server on loopback, UDP and TCP at one port: a table of answers, and names that bring trouble.

Standard library only. Answers what it is asked, authoritatively; knows nothing of zones.
"""
import socket
import ssl
import struct
import threading

A, NS, CNAME, SOA, MX, TXT, AAAA, SRV, OPT, ANY = 1, 2, 5, 6, 15, 16, 28, 33, 41, 255
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.rstrip(".").split(".") if part) + b"\0"


def record(owner, kind, data, ttl=300):
    return name(owner) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def text(*words):
    return b"".join(bytes([len(word)]) + word.encode() for word in words)


def soa(serial):
    return name("ns1.example.org") + name("hostmaster.example.org") + struct.pack("!5I", serial, 3600, 600, 86400, 60)


ZONE = [record("example.org", NS, name("ns1.example.org")), record("example.org", NS, name("ns2.example.org"))]
GLUE = [record("ns1.example.org", A, address("192.0.2.1")), record("ns1.example.org", AAAA, address("2001:db8::1"))]
WWW = [record("www.example.org", A, address("192.0.2.80")), record("www.example.org", A, address("192.0.2.81"))]
MANY = [record("many.example.org", A, address(f"192.0.2.{n}")) for n in range(1, 201)]  # too much for one datagram

# (name, type): rcode, answers, authority, additional
TABLE = {
    ("www.example.org", A): (NOERROR, WWW, ZONE, GLUE),
    ("www.example.org", AAAA): (NOERROR, [record("www.example.org", AAAA, address("2001:db8::80"))], ZONE, []),
    ("example.org", SOA): (NOERROR, [record("example.org", SOA, soa(2024060107))], ZONE, GLUE),
    ("example.org", NS): (NOERROR, ZONE, [], GLUE),
    ("example.org", MX): (NOERROR, [record("example.org", MX, struct.pack("!H", 10) + name("mail.example.org"))], [], []),
    ("example.org", TXT): (NOERROR, [record("example.org", TXT, text("v=spf1 -all", 'say "hi"'))], [], []),
    ("_sip._tcp.example.org", SRV): (NOERROR, [record("_sip._tcp.example.org", SRV, struct.pack("!3H", 1, 2, 5060) +
                                                      name("sip.example.org"))], [], []),
    ("alias.example.org", A): (NOERROR, [record("alias.example.org", CNAME, name("www.example.org")), *WWW], [], []),
    ("empty.example.org", A): (NOERROR, [], [record("example.org", SOA, soa(7))], []),
    ("gone.example.org", A): (NXDOMAIN, [], [record("example.org", SOA, soa(7))], []),
    ("broken.example.org", A): (SERVFAIL, [], [], []),
    ("secret.example.org", A): (REFUSED, [], [], []),
    ("many.example.org", A): (NOERROR, MANY, [], []),
    ("any.example.org", ANY): (NOERROR, [record("any.example.org", A, address("192.0.2.9")),
                                         record("any.example.org", TXT, text("any"))], [], []),
}
TABLE["norecursion.example.org", A] = TABLE["www.example.org", A]  # REFUSED when recursion is desired
SILENT, GARBAGE, WRONG_ID = "silent.example.org", "garbage.example.org", "wrongid.example.org"


def question_of(query):
    """(labels as text, type, the question's own bytes)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, _ = struct.unpack_from("!HH", query, at + 1)
    return ".".join(labels), kind, query[12:at + 5]


def answer(query):
    """The reply's bytes; None for silence."""
    asked, kind, question = question_of(query)
    number, flags = struct.unpack_from("!HH", query)
    if asked == SILENT:
        return None
    if asked == GARBAGE:
        return query[:2] + b"\xff" * 7
    if asked == WRONG_ID:
        number ^= 0x5555
    rcode, *sections = TABLE.get((asked, kind), (NXDOMAIN, [], [], []))
    if asked.startswith("norecursion") and flags & 0x0100:
        rcode, sections = REFUSED, [[], [], []]
    head = struct.pack("!6H", number, 0x8400 | (flags & 0x0100) | rcode, 1, *map(len, sections))
    return head + question + b"".join(sum(sections, []))


def datagram(query):
    """What fits; else the head and question alone, marked as cut."""
    whole = answer(query)
    if whole is None or len(whole) <= 1232:
        return whole
    _, _, question = question_of(query)
    number, flags = struct.unpack_from("!HH", whole)
    return struct.pack("!6H", number, flags | 0x0200, 1, 0, 0, 0) + question


class Names:
    """UDP and TCP at one port; with a TLS context a second port speaks DNS over TLS."""

    def __init__(self, context=None):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = self.bind_both()
        self.port = self.udp.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, args=(self.tcp, None), daemon=True).start()
        if context:
            over_tls = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.tls_address = "127.0.0.1:{}".format(over_tls.getsockname()[1])
            threading.Thread(target=self.serve_tcp, args=(over_tls, context), daemon=True).start()

    def bind_both(self):
        """A port may be free for UDP and taken for TCP: then another."""
        for _ in range(20):
            self.udp.close()
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            try:
                return socket.create_server(self.udp.getsockname(), backlog=64)
            except OSError:
                continue
        raise AssertionError("no port is free for both UDP and TCP")

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(4096)
            reply = datagram(query)
            if reply is not None:
                self.udp.sendto(reply, client)

    @classmethod
    def serve_tcp(cls, listener, context):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=cls.talk, args=(client, context), daemon=True).start()

    @staticmethod
    def talk(client, context):
        client.settimeout(30)
        try:
            with (context.wrap_socket(client, server_side=True) if context else client) as link:
                stream = link.makefile("rb")
                while len(head := stream.read(2)) == 2:
                    reply = answer(stream.read(*struct.unpack("!H", head)))
                    if reply is not None:
                        link.sendall(struct.pack("!H", len(reply)) + reply)
        except (OSError, ssl.SSLError):
            pass
