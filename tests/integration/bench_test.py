"""The instruments of ./dev bench show what is there: CPU of a process and its children, answers in every framing, ratios
and bounds. What it measures with them is not looked at here."""
import os
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

sys.path.insert(0, str(support.SOURCE / "tests/bench"))
import machine  # noqa: E402
import table  # noqa: E402
import world  # noqa: E402

BODY = b"# TYPE probe_success gauge\nprobe_success 1\nprobe_duration_seconds 0.25\n"
BURNS = 0.4  # seconds of CPU

# ---- arithmetic -----------------------------------------------------------------------------------------------


def row(kind, bound, *samples):
    return table.Row("a", "ms", kind, bound, list(samples))


def check_arithmetic():
    assert row(table.LESS, 2, (1, 2), (10, 30), (5, 5)).figures() == [2, 3, 1]
    assert row(table.MORE, 2, (6, 2), (1, 2)).figures() == [3, 0.5]
    outcomes = {(table.LESS, 2, ((1, 2),)): "met", (table.LESS, 2.01, ((1, 2),)): "MISSED",
                (table.MORE, 3, ((6, 2),)): "met", (table.MORE, 3, ((6, 2.1),)): "MISSED",
                (table.MOST, 10, ((10, None),)): "met", (table.MOST, 10, ((10.1, None),)): "MISSED",
                (table.LESS, 2, ((1, 9), (1, 1), (1, 1.5))): "MISSED",  # the median, not the best
                (table.LESS, 2, ((1, 1), (1, 2), (1, 3))): "met", (table.LESS, 2, ()): "not measured"}
    for (kind, bound, samples), wanted in outcomes.items():
        assert row(kind, bound, *samples).outcome() == wanted, (kind, bound, samples)
    assert table.spread([3, 1, 2]) == "2 (1–3)" and table.spread([1234.5]) == "1234" and table.spread([None]) == "–"
    shown = table.render([row(table.LESS, 2, (1, 2), (1, 4)), row(table.MOST, 10, (11, None))]).splitlines()
    assert len({len(line) for line in shown}) == 1, shown
    assert "3 (2–4) x less" in shown[2] and "met" in shown[2] and "MISSED" in shown[3], shown


# ---- CPU ------------------------------------------------------------------------------------------------------

BURN = f"""
import os, sys, time
def burn():
    end = time.process_time() + {BURNS}
    while time.process_time() < end: pass
burn()
if os.fork() == 0:
    burn()           # a child that ends
    os._exit(0)
os.wait()
if os.fork() == 0:
    burn()           # a child that stays
    print("burnt", flush=True)
    time.sleep(60)
time.sleep(60)
"""


def check_cpu(directory):
    child = support.start([sys.executable, "-u", "-c", BURN], directory / "burn.log")
    support.eventually("all is burnt", lambda: "burnt" in (directory / "burn.log").read_text(), 60)
    seen = machine.cpu(child.pid)
    assert 3 * BURNS <= seen <= 3 * BURNS + 0.4, f"{seen} s of CPU, not {3 * BURNS}"
    assert machine.resident(child.pid) > machine.resident(os.getpid()) / 10
    for process in machine.tree(child.pid)[1:]:
        os.kill(process, 9)
    support.kill(child)
    return seen


# ---- answers --------------------------------------------------------------------------------------------------


def framed(kind):
    if kind == "chunked":
        pieces = [BODY[:20], BODY[20:21], BODY[21:]]
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    if kind == "length":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    if kind == "closing":
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY
    if kind == "error":
        return b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    return b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nprobe_success 0\n"


def answer(connection):
    """Each path names how; the answer comes in small pieces."""
    text = b""
    while piece := connection.recv(4096):
        text += piece
        while b"\r\n\r\n" in text:
            head, _, text = text.partition(b"\r\n\r\n")
            kind = head.split()[1].decode()[1:]
            whole = framed(kind)
            for at in range(0, len(whole), 7):
                connection.sendall(whole[at:at + 7])
            if kind == "closing":
                connection.close()
                return


def serve():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept():
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def check_load(directory):
    world.BUILT = directory
    support.call(["g++", "-std=c++20", "-O1", "-o", directory / "bench_load", support.SOURCE / "tests/bench/load.cpp"])
    port = serve()
    for kind, opened in (("length", 3), ("chunked", 3), ("closing", 30)):
        told = world.load(port, [f"/{kind}"], 30, 3, expected="probe_success 1")
        assert (told["count"], told["opened"], told["bytes"]) == (30, opened, 30 * len(BODY)), (kind, told)
        assert told["reported_p50"] == told["reported_p99"] == 0.25, told
        assert 0 < told["p50"] <= told["p99"] <= told["seconds"], told
    assert world.load(port, ["/length"], 20, rate=50)["seconds"] >= 19 / 50
    for wrong in ("/error", "/unsuccessful"):
        try:
            world.load(port, ["/length", wrong], 4, expected="probe_success 1")
        except AssertionError as error:
            assert "2 of 4 failed" in str(error), error
        else:
            raise AssertionError(f"{wrong} passed for a good answer")


def main():
    support.need("g++")
    directory = support.scratch()
    check_arithmetic()
    seen = check_cpu(directory)
    check_load(directory)
    print(f"{3 * BURNS:.1f} s of CPU in three processes are seen as {seen:.2f} s; five framings read")


support.run(main, 100)
