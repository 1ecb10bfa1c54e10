"""A tree of real Go modules, checksum databases over it, and mirrors that lie in every way the go command can meet.

The modules are the go command's own (what it vendors) and some of odd shapes. Knows nothing of what a test asserts.
"""
import http.server
import os
import pathlib
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import support

GOROOT = pathlib.Path(subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
                      if shutil.which("go") else "/usr/lib/go")
PEER = pathlib.Path(__file__).parent / "go_peer" / "main.go"
VENDORED = {  # module: (where its files are, versions)
    "golang.org/x/text": ("src/vendor/golang.org/x/text", ["v0.1.0", "v0.2.0", "v0.3.0"]),
    "golang.org/x/crypto": ("src/vendor/golang.org/x/crypto", ["v0.1.0"]),
    "golang.org/x/net": ("src/vendor/golang.org/x/net", ["v0.1.0"]),
    "golang.org/x/sys": ("src/cmd/vendor/golang.org/x/sys", ["v0.1.0"]),
    "golang.org/x/arch": ("src/cmd/vendor/golang.org/x/arch", ["v0.1.0"]),
    "golang.org/x/mod": ("src/cmd/vendor/golang.org/x/mod", ["v0.6.0"]),
    "golang.org/x/sync": ("src/cmd/vendor/golang.org/x/sync", ["v0.1.0"]),
    "golang.org/x/term": ("src/cmd/vendor/golang.org/x/term", ["v0.1.0-rc.1"]),
    "golang.org/x/tools": ("src/cmd/vendor/golang.org/x/tools", ["v0.1.11"]),
    "github.com/google/pprof": ("src/cmd/vendor/github.com/google/pprof", ["v1.0.0"]),
    "github.com/ianlancetaylor/demangle":
        ("src/cmd/vendor/github.com/ianlancetaylor/demangle", ["v0.0.0-20220319035150-800ac71e25c2"]),
}
ODD = {"github.com/BurntSushi/Odd": "v1.2.3-RC.1", "example.org/empty/v2": "v2.0.0", "example.org/plain": "v3.0.0+incompatible"}
UNTAGGED = "github.com/ianlancetaylor/demangle"


def environment(home):
    """Nothing of ours reaches the go command but where it may write."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GOPATH": str(home / "gopath"), "GOFLAGS": "-modcacherw",
            "GOCACHE": str(home / "cache"), "GONOSUMDB": "", "GOPRIVATE": "", "GOTELEMETRY": "off", "LC_ALL": "C"}


def build_peer(directory):
    program = directory / "go_peer"
    home = directory / "build-home"
    home.mkdir()
    support.call(["go", "build", "-o", str(program), str(PEER)],
                 env={**environment(home), "GO111MODULE": "off", "GOPATH": "/usr/share/gocode"})
    return program


def escape(text):
    return "".join("!" + c.lower() if c.isupper() else c for c in text)


def add_files(directory, files):
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


class Tree:
    """The modules as a GOPROXY serves them: relative URL path -> file."""

    def __init__(self, directory, peer):
        self.root = directory / "tree"
        self.peer = peer
        self.versions = {module: list(versions) for module, (_, versions) in VENDORED.items()}
        self.versions.update({module: [version] for module, version in ODD.items()})
        self.keys = support.call([peer, "key", "sum.example.org"]).split()
        lines = [line for module in self.versions for line in self._sources(directory, module)]
        support.call([peer, "tree"], input="\n".join(lines) + "\n")
        self._write_lists()

    def file(self, module, version):
        return self.root / escape(module) / "@v" / escape(version)

    def _sources(self, directory, module):
        for version in self.versions[module]:
            source = directory / "sources" / module / version
            if module in VENDORED:
                shutil.copytree(GOROOT / VENDORED[module][0], source)
                add_files(source, {"VERSION": version + "\n"})
            else:
                add_files(source, {"a.go": "package odd\n", "empty.txt": "", "deep/er/and/deeper/b.go": "package deeper\n",
                                   "UPPER.txt": "x", "with-dash_and.dots.md": "y", "large.bin": "0123456789" * 300_000})
            if "+incompatible" not in version:
                add_files(source, {"go.mod": f"module {module}\n\ngo 1.19\n"})
            yield f"{source} {module} {version} {self.file(module, version)}"

    def _write_lists(self):
        for module, versions in self.versions.items():
            directory = self.root / escape(module)
            tagged = [version for version in versions if "-2022" not in version]
            (directory / "@v" / "list").write_text("".join(version + "\n" for version in tagged))
            shutil.copy(str(self.file(module, versions[-1])) + ".info", directory / "@latest")

    def records(self):
        return [f"{module} {version} {self.file(module, version)}"
                for module, versions in self.versions.items() for version in versions]


class Database:
    """A checksum database of x/mod's own making over these records, in this order."""

    def __init__(self, tree, records, log):
        self.url = f"http://127.0.0.1:{support.free_port()}"
        self.child = support.start([tree.peer, "sumdb", tree.keys[0], self.url.removeprefix("http://")], log,
                                   stdin=subprocess.PIPE)
        self.child.stdin.write(("\n".join(records) + "\n\n").encode())
        self.child.stdin.flush()
        support.eventually("the checksum database is ready", lambda: "ready" in pathlib.Path(log).read_text(), 60)


class Mirror:
    """A module proxy on loopback. `change(path, status, body)` may alter each answer."""

    def __init__(self, tree, database, change=None, address="127.0.0.1"):
        mirror = self
        self.bytes = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                mirror._answer(self)

            def log_message(self, *_):
                pass

        self.tree, self.database, self.change = tree, database, change
        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{address}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, request):
        path = urllib.parse.unquote(request.path)
        status, body = self._look_up(path)
        if self.change:
            status, body = self.change(path, status, body)
        request.send_response(status)
        request.send_header("Content-Type", "text/html" if body.startswith(b"<html") else "text/plain")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        self.bytes += len(body)

    def _look_up(self, path):
        if path == "/sumdb/sum.example.org/supported":
            return 200, b""
        if path.startswith("/sumdb/sum.example.org/"):
            return self._ask_database(path.removeprefix("/sumdb/sum.example.org"))
        file = self.tree.root / path.lstrip("/")
        return (200, file.read_bytes()) if file.is_file() else (404, b"not found\n")

    def _ask_database(self, path):
        try:
            with urllib.request.urlopen(self.database.url + path, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
