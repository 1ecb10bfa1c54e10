"""What we say of each mirror is what the go command meets there: one table, and every h1: as in go.sum."""
import io
import json
import pathlib
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

support.need("go")
import go_modules  # noqa: E402

TEXT = "golang.org/x/text"


def repacked(body):
    """The same archive with one byte of one file changed: a good zip of other content."""
    source, out = zipfile.ZipFile(io.BytesIO(body)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for index, name in enumerate(source.namelist()):
            data = bytearray(source.read(name))
            if index == 0:
                data[0] ^= 1
            target.writestr(name, bytes(data))
    return out.getvalue()


def two_behind(path, status, body):
    if path == f"/{TEXT}/@v/list":
        return status, b"v0.1.0\n"
    return (404, b"not found\n") if path.startswith(f"/{TEXT}/@v/v0.2") or path.startswith(f"/{TEXT}/@v/v0.3") else (status, body)


def one_byte(path, status, body):
    return (status, repacked(body)) if path == f"/{TEXT}/@v/v0.3.0.zip" else (status, body)


def no_zip(path, status, body):
    return (404, b"not found: no zip\n") if path.endswith(".zip") else (status, body)


def html_latest(path, status, body):
    return (200, b"<html><body>Welcome</body></html>\n") if path.endswith("/@latest") else (status, body)


def bad_gateway(path, status, body):
    return 502, b"bad gateway\n"


def config(directory, upstream, mirrors, tree):
    canaries = [f'"{module}"' for module in tree.versions]
    text = f"""
[agent]
evaluation_interval = "200ms"
concurrency_per_host = 16
[[pool]]
name = "go"
ecosystem = "go"
reference = ["{upstream.url}"]
canaries = [{", ".join(canaries)}]
checks = ["tcp", "freshness", "integrity"]
interval = "20s"
integrity_interval = "20s"
timeout = "19s"
confirm_every = "2s"
fail_after = 1
recover_after = 1
[pool.go]
sumdb = "{tree.keys[1]} {upstream.database.url}"
"""
    for name, mirror in mirrors.items():
        text += f'[[pool.mirror]]\nname = "{name}"\nurl = "{mirror.url}"\n'
    path = directory / "go.toml"
    path.write_text(text)
    return path


class Client:
    """The go command with a home of its own that already knows the upstream's checksum database."""

    def __init__(self, directory, tree):
        self.directory, self.tree, self.count = directory, tree, 0
        self.known = None

    def download(self, mirror, wanted):
        """(whether all went well, what it said, {module@version: (h1 of the zip, h1 of go.mod)})"""
        home = self.directory / f"client{self.count}"
        self.count += 1
        (home / "work").mkdir(parents=True)
        if self.known:
            shutil.copytree(self.known, home / "gopath/pkg/sumdb")
        done = subprocess.run(["go", "mod", "download", "-json", *wanted], cwd=home / "work", capture_output=True, text=True,
                              check=False, timeout=120,
                              env={**go_modules.environment(home), "GOPROXY": mirror.url, "GOSUMDB": self.tree.keys[1],
                                   "GO111MODULE": "on"})
        answers = decode_all(done.stdout)
        errors = [answer["Error"] for answer in answers if "Error" in answer] + ([done.stderr] if done.returncode else [])
        sums = {f'{a["Path"]}@{a["Version"]}': (a["Sum"], a["GoModSum"]) for a in answers if "Sum" in a}
        if not self.known and not errors:
            self.known = home / "gopath/pkg/sumdb"
        return not errors, " ".join(" ".join(errors).split()), sums


def decode_all(text):
    decoder, values, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return values


def verdicts(agent):
    return {row["mirror"]: row for row in json.loads(support.get(agent.url + "/api/v1/mirrors"))["mirrors"]}


def settled(agent, expected):
    def look():
        rows = verdicts(agent)
        return rows if all(rows[name]["verdict"]["state"] == state for name, (state, _, _) in expected.items()) else None

    def told():
        return "the verdicts:\n" + "\n".join(f'{n}: {r["verdict"]}' for n, r in verdicts(agent).items()) + agent.tail(5)

    return support.eventually(told, look, 60, every=0.5)


def test():
    directory = pathlib.Path(support.scratch())
    peer = go_modules.build_peer(directory)
    tree = go_modules.Tree(directory, peer)
    records = tree.records()
    whole = go_modules.Database(tree, records, directory / "sumdb.log")
    stale = go_modules.Database(tree, [r for r in records if f"{TEXT} v0.3.0" not in r][:8], directory / "stale.log")
    forked = go_modules.Database(tree, records[::-1], directory / "forked.log")
    upstream = go_modules.Mirror(tree, whole)
    mirrors = {name: go_modules.Mirror(tree, database, change) for name, database, change in [
        ("equal", whole, None), ("two_behind", whole, two_behind), ("one_byte", whole, one_byte), ("no_zip", whole, no_zip),
        ("html_latest", whole, html_latest), ("bad_gateway", whole, bad_gateway), ("stale_sumdb", stale, None),
        ("forked_sumdb", forked, None)]}
    wanted = [f"{module}@latest" if module == go_modules.UNTAGGED else f"{module}@{versions[-1]}"
              for module, versions in tree.versions.items()]
    client = Client(directory, tree)
    fine, said, sums = client.download(upstream, wanted)
    assert fine, said
    assert len(sums) == len(wanted) >= 10, sums

    # mirror: our state, layer and reason(s), and words of the client's complaint (none: all went well)
    expected = {
        "equal": ("fresh", None, [None]),
        "two_behind": ("stale", "freshness", ["stale"]),
        "one_byte": ("corrupt", "integrity", ["checksum"]),
        "no_zip": ("corrupt", "integrity", ["missing_artifact"]),
        "html_latest": ("down", "content", ["html"]),
        "bad_gateway": ("down", "http", ["server_error"]),
        "stale_sumdb": ("corrupt", "integrity", ["missing_artifact"]),
        "forked_sumdb": ("corrupt", "integrity", ["fork"]),
    }
    complaints = {"equal": "", "two_behind": "404", "one_byte": "checksum mismatch", "no_zip": "404",
                  "html_latest": "invalid character", "bad_gateway": "502", "stale_sumdb": "404", "forked_sumdb": "SECURITY ERROR"}
    agent = support.Agent(config(directory, upstream, mirrors, tree), directory).await_ready(60)
    rows = settled(agent, expected)
    print(f'{"mirror":14}{"our verdict":40}{"go mod download":60}agree')
    disagreements = []
    for name, (state, layer, reasons) in expected.items():
        verdict = rows[name]["verdict"]
        ours = f'{verdict["state"]} {verdict.get("layer", "")}/{verdict.get("reason", "")}'
        fine, said, _ = client.download(mirrors[name], wanted)
        agree = (fine == (state == "fresh") and (complaints[name] in said) and verdict.get("layer") == layer
                 and verdict.get("reason") in reasons)
        print(f'{name:14}{ours:40}{("ok" if fine else said[-58:]):60}{"yes" if agree else "NO"}')
        if not agree:
            disagreements.append(f"{name}: {verdict}\n  go: {said}")
    assert not disagreements, "\n".join(disagreements)
    ours = {a["name"]: a["digest"] for a in rows["equal"]["artefacts"]}
    for module, (of_zip, of_mod) in sums.items():
        assert (ours.get(module), ours.get(module + "/go.mod")) == (of_zip, of_mod), (module, of_zip, ours.get(module))
    print(f"h1: equal to go.sum for {len(sums)} modules")
    agent.stop()


if __name__ == "__main__":
    support.run(test, 280)
