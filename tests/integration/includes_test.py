"""Dependencies point one way (exporter -> alerts -> probes), and a third-party header stops at its own file."""
import fnmatch
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

FORBIDDEN_ROOMS = {"probes": ("alerts/", "exporter/", "tests/"), "alerts": ("exporter/", "tests/"), "exporter": ("tests/",)}

ASIO = ["probes/net.hpp", "probes/all.hpp", "probes/asio_*", "probes/live_*", "exporter/agent.*", "exporter/warden.*"]

# The first matching row decides: header pattern, files that may include it.
ALLOWED = [
    ("curl/*", ["probes/url.cpp", "probes/live_fetch.cpp", "probes/live_multi.cpp"]),
    ("ares.h", ["probes/live_resolve.cpp"]),
    ("openssl/evp.h", ["probes/digest.cpp"]),
    ("openssl/*", ["probes/live_dial.cpp", "probes/live_certificate.cpp", "probes/live_reason.cpp"]),
    ("toml++/*", ["exporter/toml_tree.cpp"]),
    ("toml.hpp", ["exporter/toml_tree.cpp"]),
    ("prometheus/*", ["exporter/own_metrics.cpp"]),
    ("civetweb.h", ["exporter/web/server.cpp"]),
    ("CivetServer.h", []),
    ("spdlog/*", ["exporter/log.cpp"]),
    ("nlohmann/*", ["alerts/receivers/*.cpp"]),
    ("re2/*", ["probes/pattern.cpp"]),
    ("CLI/*", ["exporter/main.cpp"]),
    ("zlib.h", ["probes/formats/inflate_gzip.cpp"]),
    ("lzma.h", ["probes/formats/inflate_xz.cpp"]),
    ("asio.hpp", ASIO),
    ("asio/*", ASIO),
]

# POSIX and Linux: part of the platform, wherever they are needed. Standard C++ headers have no suffix.
PLATFORM = re.compile(r"(sys|netinet|arpa|linux)/[a-z0-9_]+\.h|(fcntl|netdb|poll|pthread|signal|spawn|strings|unistd|time)\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def may_include(header, file):
    for pattern, files in ALLOWED:
        if fnmatch.fnmatchcase(header, pattern):
            return any(fnmatch.fnmatchcase(file, allowed) for allowed in files)
    return "." not in header or PLATFORM.fullmatch(header) is not None


def violations(file, text):
    """What is wrong with the includes of the source `file` (a path from the root)."""
    room = file.split("/", 1)[0]
    wrong = []
    for bracket, header in INCLUDE.findall(text):
        if bracket == '"' and header.startswith(FORBIDDEN_ROOMS[room]):
            wrong.append(f"{file}: {room}/ must not know {header}")
        elif bracket == "<" and not may_include(header, file):
            wrong.append(f"{file}: <{header}> does not belong in this file")
        elif bracket == '"' and not header.startswith(("probes/", "alerts/", "exporter/", "tests/")):
            wrong.append(f'{file}: "{header}" is not a path from the root')
    return wrong


def test_itself():
    """Each rule must catch a made-up violation and let the rightful file pass."""
    assert violations("probes/judge.cpp", '#include "alerts/rule.hpp"\n')
    assert violations("alerts/rule.hpp", '#include "exporter/config.hpp"\n')
    assert violations("exporter/agent.cpp", '#include "tests/lab/lab.hpp"\n')
    assert violations("probes/model.hpp", "  #  include <curl/curl.h>\n")
    assert violations("probes/judge.cpp", "#include <asio/awaitable.hpp>\n")
    assert violations("exporter/exposition.cpp", "#include <prometheus/registry.h>\n")
    assert violations("probes/digest.cpp", "#include <openssl/ssl.h>\n")
    assert violations("probes/new.cpp", "#include <some_library.h>\n")
    assert violations("probes/new.cpp", "#include <pugixml.hpp>\n")
    assert violations("probes/new.cpp", '#include "model.hpp"\n')
    assert not violations("probes/live_fetch.cpp", '#include <curl/curl.h>\n#include <asio.hpp>\n')
    assert not violations("exporter/agent.cpp", '#include "alerts/rule.hpp"\n#include <vector>\n#include <unistd.h>\n')
    assert not violations("alerts/receivers/webhook.cpp", "#include <nlohmann/json.hpp>\n")


def main():
    test_itself()
    files = [p for room in FORBIDDEN_ROOMS for p in (support.SOURCE / room).rglob("*")
             if p.suffix in (".cpp", ".hpp") or p.name.endswith((".cpp.in", ".hpp.in"))]
    assert len(files) > 20, f"only {len(files)} sources found in {support.SOURCE}"
    wrong = [w for p in files for w in violations(p.relative_to(support.SOURCE).as_posix(), p.read_text())]
    assert not wrong, "\n" + "\n".join(wrong)
    print(len(files), "files")


support.run(main, 60)
