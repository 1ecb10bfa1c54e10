"""Sockets that systemd hands over: descriptors from 3 on, LISTEN_FDS and LISTEN_PID, as sd_listen_fds(3) has it."""
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

CONFIG = """
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


def handing_over(sockets, pid="$$"):
    """The words of a shell that becomes the agent, the sockets at 3 and on."""
    high = " ".join(f"exec {20 + i}<&{s.fileno()};" for i, s in enumerate(sockets))
    low = " ".join(f"exec {3 + i}<&{20 + i} {20 + i}<&-;" for i in range(len(sockets)))
    return f'{high} {low} LISTEN_PID={pid} LISTEN_FDS={len(sockets)} LISTEN_FDNAMES=x exec "$0" "$@"'


def command(config, sockets, pid="$$"):
    return ["bash", "-c", handing_over(sockets, pid), support.AGENT, f"--config.file={config}", "--web.systemd-socket"]


def trouble(config, sockets, pid="$$"):
    done = subprocess.run(command(config, sockets, pid), pass_fds=[s.fileno() for s in sockets], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 1, (done.returncode, done.stderr)
    return done.stderr


def main():
    directory = support.scratch()
    config = directory / "agent.toml"
    config.write_text(CONFIG)
    v4, v6, unix = socket.socket(), socket.socket(socket.AF_INET6), socket.socket(socket.AF_UNIX)
    v4.bind(("127.0.0.1", 0))
    v6.bind(("::1", 0))
    unix.bind(str(directory / "web.sock"))
    for each in (v4, v6, unix):
        each.listen(8)
    child = support.start(command(config, (v4, v6, unix)), directory / "agent.log", pass_fds=[s.fileno() for s in (v4, v6, unix)])

    def listening():
        return (directory / "agent.log").read_text().count("listening")

    support.eventually(lambda: (directory / "agent.log").read_text(), lambda: listening() == 3, 60)
    for host in (f"127.0.0.1:{v4.getsockname()[1]}", f"[::1]:{v6.getsockname()[1]}"):
        assert "healthy" in support.get(f"http://{host}/-/healthy")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(directory / "web.sock"))
        client.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        assert client.recv(9999).startswith(b"HTTP/1.1 200 OK\r\n")
    assert support.stop(child) == 0
    assert os.path.exists(directory / "web.sock"), "a socket that is systemd's was removed"

    assert "systemd handed over no sockets" in trouble(config, ())
    assert "systemd handed over no sockets" in trouble(config, (v4,), pid="1")
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    assert "descriptor 3 is not a stream socket that listens" in trouble(config, (bound,))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert "descriptor 4 is not a stream socket that listens" in trouble(config, (v4, datagrams))
    print("3 sockets handed over, 4 hand-overs refused")


support.run(main, 100)
