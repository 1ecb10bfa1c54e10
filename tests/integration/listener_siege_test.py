"""A siege of the agent's port: 500 silent connections, 200 slow readers, waves of 1,000 scrapes at once, and a fuzzer.

Meanwhile somebody scrapes as Prometheus does, on a connection of its own each time, and is answered within a second;
memory stays bounded; nothing crashes. The besiegers have addresses of their own: from one address a thousand
connections are refused for their number, which is what the cap of each address is for.
"""
import asyncio
import collections
import json
import pathlib
import random
import selectors
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

MIRRORS = 60
SILENT, SLOW, SCRAPES = 500, 200, 1000
SIEGE = 20           # seconds
MOST_MEMORY = 300e6  # bytes more than before, under ASan, which keeps freed memory for a while
ASAN = "quarantine_size_mb=16:malloc_context_size=5"

CONFIG = """
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://127.0.0.1:1/"]
canaries = ["VERSION"]
interval = "1h"
"""
MIRROR = """
[[pool.mirror]]
name = "mirror-{n}"
url = "http://127.0.0.1:1/{n}/"
"""
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


# ---- the besiegers: processes of their own, so that their work does not slow the good scraper's clock --------


class Siege:
    def __init__(self, port, seconds):
        self.port, self.end = port, time.monotonic() + seconds
        self.seen = collections.Counter()

    async def open(self, source, **options):
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), **options)

    async def silent(self, n):
        while time.monotonic() < self.end:
            try:
                reader, writer = await self.open(f"127.1.0.{1 + n % 8}")
                self.seen["silent"] += 1
                if n % 2:
                    writer.write(b"GET / HT")
                while await reader.read(1000):
                    pass
                writer.close()
            except OSError:
                self.seen["silent, refused"] += 1
            await asyncio.sleep(0.2)

    async def slow(self, n):
        loop = asyncio.get_running_loop()
        while time.monotonic() < self.end:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                client.setblocking(False)
                client.bind((f"127.2.0.{1 + n % 4}", 0))
                try:
                    await loop.sock_connect(client, ("127.0.0.1", self.port))
                    await loop.sock_sendall(client, REQUEST)
                    self.seen["slow"] += 1
                    while time.monotonic() < self.end and await loop.sock_recv(client, 1):
                        await asyncio.sleep(0.5)
                except OSError:
                    self.seen["slow, cut"] += 1
            await asyncio.sleep(0.2)

    def ask(self, n):
        """A scraper that has sent its request; None if it came no further."""
        client = socket.socket()
        client.settimeout(10)
        try:
            client.bind((f"127.3.0.{1 + n % 10}", 0))
            client.connect(("127.0.0.1", self.port))
            client.sendall(REQUEST)
        except OSError:
            client.close()
            self.seen["not connected"] += 1
            return None
        client.setblocking(False)
        return client

    def hear(self, waiting, replies):
        """Reads what has come from those who wait; who has been answered is seen and no longer waits."""
        for key, _ in waiting.select(1):
            try:
                piece = key.fileobj.recv(1 << 16)
            except OSError as error:
                piece, replies[key.fd] = b"", type(error).__name__.encode()
            replies[key.fd] = replies.get(key.fd, b"") + piece
            if not piece:
                self.judge(replies.pop(key.fd))
                waiting.unregister(key.fileobj)
                key.fileobj.close()

    def judge(self, reply):
        head = reply.partition(b"\r\n\r\n")[0]
        status = head[9:12].decode() if head.startswith(b"HTTP/1.1 ") else head.decode() or "closed"
        assert status != "503" or b"\r\nRetry-After: " in head, head
        self.seen[status] += 1

    def wave(self):
        with selectors.DefaultSelector() as waiting:
            replies, end = {}, time.monotonic() + 30
            for n in range(SCRAPES):
                client = self.ask(n)
                if client:
                    waiting.register(client, selectors.EVENT_READ)
            while waiting.get_map() and time.monotonic() < end:
                self.hear(waiting, replies)
            self.seen["never answered"] += len(waiting.get_map())
            for key in list(waiting.get_map().values()):
                key.fileobj.close()
        self.seen["waves"] += 1

    async def waves(self, _):
        while time.monotonic() < self.end:
            await asyncio.to_thread(self.wave)

    async def fuzz(self, seed):
        order = random.Random(seed)
        words = [b"GET ", b"POST ", b"/metrics", b" HTTP/1.1", b"\r\n", b"\r\n\r\n", b"Host: x", b"Content-Length: ",
                 b"5", b"99999999999", b"Transfer-Encoding: chunked", b"\0", b"\xff", b"\x16\x03\x01", b"PRI * HTTP/2.0",
                 b" ", b":", b"A" * 9000, b"Expect: 100-continue", b"Connection: keep-alive"]
        while time.monotonic() < self.end:
            try:
                reader, writer = await self.open("127.4.0.1")
                for _ in range(order.randrange(1, 5)):
                    writer.write(b"".join(order.choices(words, k=order.randrange(1, 20))))
                writer.write(order.randbytes(order.randrange(200)))
                await asyncio.wait_for(reader.read(5000), order.choice([0.01, 0.1, 3]))
                self.seen["fuzzed"] += 1
                writer.transport.abort()
            except (OSError, asyncio.TimeoutError):
                self.seen["fuzzed"] += 1
            await asyncio.sleep(0.005)

    async def run(self, army):
        soldier, count = {"silent": (self.silent, SILENT), "slow": (self.slow, SLOW), "scrapes": (self.waves, 1),
                          "fuzzers": (self.fuzz, 8)}[army]
        await asyncio.gather(*(soldier(n) for n in range(count)))


ARMIES = ("silent", "slow", "scrapes", "fuzzers")


def besiege(army, port, seconds):
    siege = Siege(port, seconds)
    asyncio.run(siege.run(army))
    print(json.dumps(siege.seen, sort_keys=True))


# ---- the good scraper -----------------------------------------------------------------------------------------


def good_scrape(port):
    """Seconds that it took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(REQUEST)
        reply = b""
        while chunk := client.recv(1 << 16):
            reply += chunk
    took = time.monotonic() - began
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    assert body.endswith(b"\n") and b"mirrorwarden_build_info" in body, body[-200:]
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head
    return took


def start_agent(directory):
    config = directory / "agent.toml"
    config.write_text(CONFIG + "".join(MIRROR.format(n=n) for n in range(MIRRORS)))
    agent = support.Agent(config, directory, environment={"ASAN_OPTIONS": ASAN})
    support.eventually(lambda: "the agent listens:\n" + agent.tail(5), lambda: "listening" in agent.tail(1000), 60)
    return agent


def main():
    directory = support.scratch()
    agent = start_agent(directory)
    for _ in range(20):
        good_scrape(agent.port)
    calm = statistics.median(good_scrape(agent.port) for _ in range(10))
    before = resident(agent.child.pid)
    armies = [support.start([sys.executable, __file__, army, agent.port, SIEGE], directory / army) for army in ARMIES]
    took, memory = [], []
    while any(army.poll() is None for army in armies):
        took.append(good_scrape(agent.port))
        memory.append(resident(agent.child.pid))
        time.sleep(0.2)
    for army, child in zip(ARMIES, armies):
        print(f"{army}: {(directory / army).read_text().strip()}")
        assert child.returncode == 0
    took.sort()
    seen = json.loads((directory / "scrapes").read_text())
    assert seen.get("never answered", 0) == 0 and seen["waves"] >= 2, seen
    print(f"{len(took)} good scrapes of {len(support.get(agent.url + '/metrics')) // 1000} kB: median {statistics.median(took):.3f} s, "
          f"slowest {took[-1]:.3f} s (in peace {calm:.3f} s)")
    print(f"memory: {before / 1e6:.0f} MB before, {max(memory) / 1e6:.0f} MB at most")
    metrics = agent.metrics()
    refused = {labels["reason"]: int(n) for labels, n in metrics.all("mirrorwarden_http_connections_refused_total") if n}
    print("refused:", refused)
    assert took[-1] < 1.0, took[-5:]
    assert max(memory) - before < MOST_MEMORY
    assert refused.keys() >= {"evicted", "slow_request", "slow_reader", "bad_request", "other_protocol"}, refused
    support.eventually("all connections but ours are gone",
                       lambda: agent.metrics().value("mirrorwarden_http_connections") == 1, 20)
    agent.stop()
    assert "internal error" not in agent.tail(100000) and "ERROR: AddressSanitizer" not in agent.tail(100000)


if len(sys.argv) == 4:
    besiege(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
else:
    support.run(main, 150)
