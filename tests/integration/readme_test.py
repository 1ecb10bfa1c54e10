"""The README keeps its word: its configurations are valid, its commands exist, its tables are the generated ones.

    readme_test.py --write    puts the generated tables into README.md
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

README = support.SOURCE / "README.md"
GENERATED = {"config": "config-reference", "metrics": "metrics-reference",
             "probe-metrics": "probe-metrics-reference"}
SECRETS = "/etc/mirrorwarden/"


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def agent(*arguments, **options):
    return subprocess.run([support.AGENT, *arguments], capture_output=True, text=True, check=False, timeout=60, **options)


def plausible(secret):
    """What may stand in a file of that name: a signing secret, or an address that lets a robot in."""
    return "SEC0123456789abcdef" if secret.endswith("-secret") else "https://hooks.example.org/T0/x?key=k"


def check_config(name, text, directory):
    """The configuration is valid once the secrets that it names exist; they are made below `directory`."""
    for secret in set(re.findall(rf'"{SECRETS}([\w.-]+)"', text)):
        (directory / secret).touch(mode=0o600)
        (directory / secret).write_text(plausible(secret) + "\n")
    environment = {v: "https://hooks.example.org/T0/x" for v in re.findall(r'\w+_env\s*=\s*"(\w+)"', text)}
    path = directory / "checked.toml"
    path.write_text(text.replace(SECRETS, f"{directory}/"))
    done = agent("check-config", f"--config.file={path}", env={**os.environ, **environment})
    assert done.returncode == 0, f"{name}:\n{done.stderr}"


def check_command(line):
    words = line.split()
    program = words[0]
    if program.startswith("build/"):  # what ./dev build leaves; the same program as the one under test
        known = agent("--help").stdout
        subcommands = [w for w in words[1:2] if not w.startswith("-")]
        flags = [w.split("=")[0] for w in words[1:] if w.startswith("--")]
        assert program == "build/release/mirrorwarden", line
        assert all(re.search(rf"^\s*{re.escape(w)}\b", known, re.MULTILINE) for w in subcommands + flags), line
    elif program.startswith("./"):
        assert os.access(support.SOURCE / program, os.X_OK), line
        usage = support.call([support.SOURCE / program, "help"])
        assert len(words) == 1 or f"{program} {words[1]}" in usage, line
    else:
        assert shutil.which(program), line
    for word in words[1:]:
        path = word.split("=")[-1]
        assert not path.startswith("deploy/") or (support.SOURCE / path).is_file(), f"{line}: no {path}"


def check_links(text):
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (support.SOURCE / target).exists(), f"README links to {target}, which is not there"


def with_tables(text):
    """The README with its generated parts made anew."""
    for marker, verb in GENERATED.items():
        done = agent(verb)
        assert done.returncode == 0 and done.stdout, (verb, done.stderr)
        pattern = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->\n)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, f"README has no place for {marker}"
        text = pattern.sub(lambda m, table=done.stdout: f"{m[1]}\n{table.strip()}\n\n{m[2]}", text)
    return text


def main():
    text = README.read_text()
    directory = support.scratch()
    examples = {f"README, example {n + 1}": t for n, t in enumerate(blocks(text, "toml"))}
    examples |= {p.name: p.read_text() for p in (support.SOURCE / "deploy/example").glob("*.toml")}
    assert len(examples) >= 3, examples.keys()
    for name, example in examples.items():
        check_config(name, example, directory)
    shown = [block.replace("\\\n", " ") for block in blocks(text, "sh")]
    commands = [line for block in shown for line in block.splitlines() if line and line[0] != "#"]
    assert len(commands) >= 4, commands
    for line in commands:
        check_command(line)
    check_links(text)
    assert text == with_tables(text), "README's tables are not the generated ones: run readme_test.py --write"
    print(len(examples), "configurations,", len(commands), "commands")


if sys.argv[1:] == ["--write"]:
    README.write_text(with_tables(README.read_text()))
else:
    support.run(main, 60)
