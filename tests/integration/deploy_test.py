"""The unit keeps its word: systemd finds no fault with it and little exposure; the real binary lives under its system call
filter, and says to whoever plays systemd that it serves, lives, reloads and stops."""
import ctypes
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

UNIT = support.SOURCE / "deploy/mirrorwarden.service"
MOST_EXPOSURE = 20  # of 100; systemd-analyze prints it as 2.0 of 10
WATCHDOG = 3        # seconds

CONFIG = """
[agent]
state = "{state}"
evaluation_interval = "100ms"
[[pool]]
name      = "files"
ecosystem = "file"
reference = ["http://127.0.0.1:{up}/"]
canaries  = ["VERSION"]
interval  = "1s"
timeout   = "500ms"
[[pool.mirror]]
name = "well"
url  = "http://127.0.0.1:{up}/"
[[pool.mirror]]
name = "gone"
url  = "http://127.0.0.1:{gone}/"
"""

# ---- what systemd says of the unit ----------------------------------------------------------------------------


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def exposure(text, directory):
    """(is it low enough, what it is)."""
    path = directory / "mirrorwarden.service"
    path.write_text(text)
    code, said = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", "--no-pager", path)
    return code == 0, float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])


def faults(text, directory):
    """systemd's own reader on the unit, with a program that is there."""
    path = directory / "mirrorwarden.service"
    path.write_text(text.replace("/usr/bin/mirrorwarden", support.AGENT))
    code, said = analyze("verify", path)
    return said or (f"ended with {code}" if code else "")


def check_unit(directory):
    text = UNIT.read_text()
    low, much = exposure(text, directory)
    assert low and much <= MOST_EXPOSURE / 10, much
    for line in ("DynamicUser=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"):
        assert text.count(f"\n{line}\n") == 1, line
    laxer = re.sub(r"^(CapabilityBoundingSet|SystemCallFilter|Protect\w+|Private\w+|Restrict\w+)=.*$", "", text, flags=re.M)
    assert not exposure(laxer, directory)[0], "a lax unit passes as well"
    assert not faults(text, directory), faults(text, directory)
    assert faults(text.replace("Restart=", "Restrat="), directory), "a mistake in the unit is not seen"
    return much


# ---- its system call filter -----------------------------------------------------------------------------------


def calls_of(group):
    """The names of the system calls in a group of systemd's, such as @privileged."""
    code, said = analyze("syscall-filter", group)
    assert code == 0, said
    words = [line.strip() for line in said.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for word in words for call in (calls_of(word) if word.startswith("@") else {word})}


def allowed_calls():
    """What the unit's SystemCallFilter= lines leave, as systemd combines them."""
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.MULTILINE):
        named = set().union(*(calls_of(group) for group in line.lstrip("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    assert {"read", "connect", "execve"} <= allowed and not {"setuid", "reboot"} & allowed
    return allowed


def numbers():
    header = pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").read_text()
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", header)}


def filter_program(calls):
    """For the kernel: EPERM for every other call, as the unit's SystemCallErrorNumber= has it."""
    known = numbers()
    wanted = sorted(known[call] for call in calls if call in known)
    load, equal, ret = 0x20, 0x15, 0x06
    code = [(load, 0, 0, 0)] + [step for n in wanted for step in ((equal, 0, 1, n), (ret, 0, 0, 0x7fff0000))]
    code.append((ret, 0, 0, 0x00050001))
    return b"".join(struct.pack("HBBI", *step) for step in code)


def confine(program):
    """In a child before exec: no new privileges, and the filter."""
    libc = ctypes.CDLL(None, use_errno=True)
    kept = ctypes.create_string_buffer(program, len(program))
    handle = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(kept))
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, handle, 0, 0) == 0, ctypes.get_errno()


def check_filter_holds(program):
    """A confined child may not do what the unit forbids."""
    done = subprocess.run([sys.executable, "-c", "import os; os.setuid(0)"], preexec_fn=lambda: confine(program),
                          check=False, capture_output=True, text=True, timeout=30)
    assert "PermissionError" in done.stderr, done


# ---- what a supervisor hears ----------------------------------------------------------------------------------


class Supervisor:
    """The socket that systemd would listen on."""

    def __init__(self, directory):
        self.path = str(directory / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.words = []

    def forget(self):
        """What was said up to now."""
        self.words = []
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            return

    def hears(self, word, seconds):
        """Until that word; all that came before is forgotten."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                self.words.append(self.socket.recv(4096).decode())
            except TimeoutError:
                break
            if self.words[-1].split("\n")[0] == word:
                before, self.words = self.words[:-1], []
                return before
        raise AssertionError(f"no {word} within {seconds} s, but {self.words}")


def start_agent(directory, supervisor, program):
    port, up, gone = (support.free_port() for _ in range(3))
    support.serve("127.0.0.1", up, lambda: b"1\n")
    config = directory / "mirrorwarden.toml"
    config.write_text(CONFIG.format(state=directory / "state", up=up, gone=gone))
    environment = {**os.environ, "NOTIFY_SOCKET": supervisor.path, "WATCHDOG_USEC": str(WATCHDOG * 1_000_000),
                   "ASAN_OPTIONS": "detect_leaks=0"}  # the leak checker needs ptrace
    child = support.start([support.AGENT, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"],
                          directory / "agent.log", before=lambda: confine(program), env=environment)
    return child, port, config


def check_life(directory, program):
    supervisor = Supervisor(directory)
    child, port, config = start_agent(directory, supervisor, program)
    supervisor.hears("READY=1", 30)
    url = f"http://127.0.0.1:{port}"
    assert support.get(url + "/-/healthy"), "READY=1, but it does not serve"

    def judged():
        metrics = support.Metrics(support.get(url + "/metrics"))
        return metrics.verdict("well")[0] == "fresh" and metrics.verdict("gone")[0] == "down"

    support.eventually(lambda: (directory / "agent.log").read_text(), judged, 20)
    supervisor.forget()
    began = time.monotonic()
    for _ in range(3):
        supervisor.hears("WATCHDOG=1", WATCHDOG)
    fed = (time.monotonic() - began) / 3
    assert fed <= WATCHDOG / 2, f"fed every {fed} s"
    for text in (config.read_text(), "this is no configuration"):
        config.write_text(text)
        child.send_signal(signal.SIGHUP)
        supervisor.hears("RELOADING=1", 5)
        assert set(supervisor.hears("READY=1", 5)) <= {"WATCHDOG=1"}
    child.terminate()
    supervisor.hears("STOPPING=1", 10)
    assert child.wait(15) == 0, (directory / "agent.log").read_text()
    assert (directory / "state/state.db").exists()
    return fed


def main():
    support.need("systemd-analyze")
    directory = support.scratch()
    much = check_unit(directory)
    calls = allowed_calls()
    program = filter_program(calls)
    check_filter_holds(program)
    fed = check_life(directory, program)
    print(f"exposure {much} of 10; the agent lives with {len(calls)} system calls allowed; the watchdog heard it every "
          f"{fed:.1f} s of {WATCHDOG}")


support.run(main, 150)
