"""The runbooks' commands work: each that asks the agent is run against one, as it stands but for the port."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

RUNBOOKS = support.SOURCE / "alerts" / "runbooks"
AGENT = "127.0.0.1:19791"

CONFIG = """
[[pool]]
name      = "files"
ecosystem = "file"
reference = ["http://127.0.0.1:{up}/"]
checks    = ["tcp", "http", "freshness"]
interval  = "1s"
timeout   = "500ms"
[[pool.mirror]]
name = "gone"
url  = "http://127.0.0.1:{gone}/"
"""


def commands():
    for page in sorted(RUNBOOKS.glob("*.md")):
        for line in re.findall(r"^    (\S.*)$", page.read_text(), re.MULTILINE):
            yield page.stem, line


def check(page, line, port):
    """grep finds nothing where nothing is wrong: that is no failure of the command."""
    assert shutil.which(line.split()[0]), f"{page}: {line}: no such program"
    if AGENT not in line:
        return 0
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", line.replace(AGENT, f"127.0.0.1:{port}")],
                         capture_output=True, text=True, check=False, timeout=20)
    assert ran.returncode in (0, 1) and not ran.stderr, f"{page}: {line}: {ran.stderr}"
    return len(ran.stdout)


def main():
    support.need("curl", "ip", "getent")
    up = support.free_port()
    support.serve("127.0.0.1", up, lambda: b"1")
    directory = support.scratch()
    config = directory / "mirrorwarden.toml"
    config.write_text(CONFIG.format(up=up, gone=support.free_port()))
    agent = support.Agent(config, directory).await_ready()
    printed = [check(page, line, agent.port) for page, line in commands()]
    found = sum(1 for size in printed if size)
    print(f"{len(printed)} commands, {found} of them found something")
    assert len(printed) >= 12 and found >= 5
    agent.stop()


support.run(main, 120)
