"""One name, four addresses, one of them forgotten: it is named within two rounds, the mirror is called inconsistent,
and stays so: answers whose order changes with every question, as real ones do, must not make it flap."""
import ipaddress
import json
import pathlib
import random
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

NAME = "four.example.org"
ADDRESSES = [f"127.83.0.{n}" for n in (1, 2, 3, 4)]
FORGOTTEN = ADDRESSES[2]
UPSTREAM = "127.83.1.1"
INTERVAL = 2     # seconds
ROUNDS = 12      # watched after it was named
TYPE_A = 1


class Dns:
    """Answers A with all addresses, in another order each time, and AAAA with nothing."""

    def __init__(self, address):
        self.asked = 0
        self._order = random.Random(1)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self.server = "{}:{}".format(*self._socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        end = query.index(b"\0", 12) + 5
        question = query[12:end]
        kind, = struct.unpack("!H", question[-4:-2])
        ours = self._name(question) == NAME
        records = b"".join(self._record(a) for a in self._shuffled()) if ours and kind == TYPE_A else b""
        header = query[:2] + struct.pack("!HHHHH", 0x8580 | (0 if ours else 3), 1, 4 if records else 0, 0, 0)
        return header + question + records

    @staticmethod
    def _name(question):
        labels, at = [], 0
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode().lower())
            at += 1 + question[at]
        return ".".join(labels)

    def _shuffled(self):
        self.asked += 1
        return self._order.sample(ADDRESSES, len(ADDRESSES))

    @staticmethod
    def _record(address):
        return b"\xc0\x0c" + struct.pack("!HHIH", TYPE_A, 1, 1, 4) + ipaddress.ip_address(address).packed


class Sites:
    """A marker file at every address; which version, may be changed."""

    def __init__(self):
        self.version = dict.fromkeys([UPSTREAM, *ADDRESSES], "1")
        self.port = support.free_port(UPSTREAM)
        for address in self.version:
            support.serve(address, self.port, lambda address=address: self.version[address].encode())

    def release(self, version):
        for address in self.version:
            if address != FORGOTTEN:
                self.version[address] = version


def make_config(directory, dns, port):
    path = directory / "four.toml"
    path.write_text(f"""
[agent]
evaluation_interval = "200ms"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://{UPSTREAM}:{port}/"]
canaries = ["VERSION"]
checks = ["dns", "freshness"]
interval = "{INTERVAL}s"
timeout = "1500ms"
resolvers = ["{dns.server}"]
[[pool.mirror]]
name = "many"
url = "http://{NAME}:{port}/"
""")
    return path


def lag_of_each(metrics):
    return {labels["address"]: value for labels, value in metrics.all("mirror_address_sync_lag_seconds", mirror="many")}


def runs(metrics):
    return metrics.value("mirror_check_runs_total", mirror="many", check="freshness")


def behind(metrics):
    return [address for address, value in lag_of_each(metrics).items() if value > 0]


def changes(agent):
    """How often the mirror's verdict changed, by the agent's own log."""
    lines = agent.log.read_text(errors="replace").splitlines()
    return [line for line in lines if "verdict changed" in line and "many" in line]


def api(agent):
    mirrors = json.loads(support.get(agent.url + "/api/v1/mirrors"))["mirrors"]
    return next(m for m in mirrors if m["mirror"] == "many")


def await_level(agent):
    def level():
        metrics = agent.metrics()
        return metrics.verdict("many")[0] == "fresh" and set(lag_of_each(metrics)) == set(ADDRESSES)

    support.eventually(lambda: f"all four addresses level\n{agent.tail()}", level, 15)


def await_named(agent):
    """How many looks it took until the mirror was called inconsistent for the forgotten address, and for no other."""
    before = runs(agent.metrics())

    def named():
        metrics = agent.metrics()
        inconsistent = metrics.verdict("many") == ("stale", "freshness", "inconsistent")
        return inconsistent and behind(metrics) == [FORGOTTEN] and metrics

    metrics = support.eventually(lambda: f"the forgotten address is named\n{agent.tail()}", named, 4 * INTERVAL + 5)
    return runs(metrics) - before


def check_api(agent):
    mirror = api(agent)
    assert mirror["verdict"]["reason"] == "inconsistent", mirror
    assert FORGOTTEN in mirror["verdict"]["detail"], mirror
    assert not any(a in mirror["verdict"]["detail"] for a in ADDRESSES if a != FORGOTTEN), mirror
    assert sorted(each["address"] for each in mirror["addresses"]) == ADDRESSES, mirror


def watch(agent, dns):
    """Over many rounds: always the same verdict, always the same address."""
    before, asked = runs(agent.metrics()), dns.asked
    end = time.monotonic() + 3 * ROUNDS * INTERVAL
    scrapes = 0
    while runs(agent.metrics()) < before + ROUNDS:
        metrics = agent.metrics()
        assert metrics.verdict("many") == ("stale", "freshness", "inconsistent"), metrics.verdict("many")
        assert behind(metrics) == [FORGOTTEN], lag_of_each(metrics)
        assert time.monotonic() < end, f"only {runs(metrics) - before} looks\n{agent.tail()}"
        scrapes += 1
        time.sleep(0.2)
    assert dns.asked - asked >= ROUNDS, "the name was not asked for again"
    went_back = agent.metrics().value("mirror_version_regressions_total", mirror="many")
    assert went_back == 0, "another address first is not a mirror that went back"
    return scrapes


def main():
    directory = support.scratch()
    dns, sites = Dns("127.83.2.1"), Sites()
    agent = support.Agent(make_config(directory, dns, sites.port), directory).await_ready()
    await_level(agent)
    sites.release("2")
    looks = await_named(agent)
    assert looks <= 2, f"it took {looks} looks"
    told = len(changes(agent))
    check_api(agent)
    scrapes = watch(agent, dns)
    flaps = changes(agent)[told:]
    print(f"named after {looks:.0f} looks; {ROUNDS} rounds, {scrapes} scrapes, {len(flaps)} changes of verdict")
    assert not flaps, flaps
    assert told > 0, "the log tells no verdicts: this test would see no flapping"
    agent.stop()


support.run(main, 100)
