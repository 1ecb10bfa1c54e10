"""Dependencies point one way (exporter -> alerts -> probes), a third-party header stops at its own file, and no two
headers define types of one name (all are in one namespace: the linker would take one for the other, silently)."""
import collections
import fnmatch
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

FORBIDDEN_ROOMS = {"probes": ("alerts/", "exporter/", "tests/"), "alerts": ("exporter/", "tests/"), "exporter": ("tests/",)}

ASIO = ["probes/net.hpp", "probes/all.hpp", "probes/asio_*", "probes/live_*", "exporter/agent.*", "exporter/advise.cpp", "exporter/list_watch.*", "exporter/probe_service.*", "exporter/test_receiver.cpp", "exporter/warden.*", "exporter/web/listener*"]

# The first matching row decides: header pattern, files that may include it.
ALLOWED = [
    ("curl/*", ["probes/url.cpp", "probes/live_fetch.cpp", "probes/live_multi.cpp", "probes/live_fetch_tls.cpp", "probes/live_submit.cpp"]),
    ("ares.h", ["probes/live_resolve.cpp"]),
    ("openssl/evp.h", ["probes/digest.cpp", "probes/ed25519.cpp"]),
    ("openssl/*", ["exporter/web/listener_tls.cpp", "probes/live_dial.cpp", "probes/live_certificate.cpp", "probes/live_contexts.cpp", "probes/live_tls.cpp", "probes/live_tls_seen.cpp"]),
    ("toml++/*", ["exporter/toml_tree.cpp"]),
    ("toml.hpp", ["exporter/toml_tree.cpp"]),
    ("yaml-cpp/*", ["exporter/yaml_tree.cpp"]),
    ("prometheus/*", ["exporter/own_metrics.cpp"]),
    ("civetweb.h", ["exporter/web/server.cpp"]),
    ("CivetServer.h", []),
    ("spdlog/*", ["exporter/log.cpp"]),
    ("nlohmann/*", ["alerts/outbox_records.cpp", "alerts/json_post.*", "alerts/payload.*", "alerts/receivers/*.cpp", "exporter/mirror_lists.cpp", "exporter/web/api.cpp", "exporter/web/api_*.*", "exporter/web/orders.cpp", "probes/formats/json.cpp"]),
    ("re2/*", ["probes/pattern.cpp"]),
    ("crypt.h", ["exporter/web/basic_auth.cpp"]),
    ("date/*", ["alerts/time_zone.cpp"]),
    ("libdeflate.h", ["exporter/web/gzip.cpp"]),
    ("CLI/*", ["exporter/main.cpp"]),
    ("zlib.h", ["probes/formats/inflate_gzip.cpp"]),
    ("lzma.h", ["probes/formats/inflate_xz.cpp"]),
    ("sqlite3.h", ["probes/live_state.cpp"]),
    ("pugixml.hpp", ["probes/formats/xml.cpp"]),
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


TYPE = re.compile(r"^(inline namespace \w+ \{|\}  // namespace \w+)$|"
                  r"(?<!>\n)^(?:class|struct|enum class) (\w+)\b[^;{]*\{", re.MULTILINE)  # (a template is another thing)


def types(text):
    """The types that a header defines outside every other, with their inline namespaces before the name."""
    inside, found = [], []
    for brace, name in TYPE.findall(text):
        if brace.startswith("inline"):
            inside.append(brace.split()[2])
        elif brace and inside and brace.endswith(inside[-1]):
            inside.pop()
        elif name:
            found.append("::".join([*inside, name]))
    return found


def twice_defined(headers):
    """Of (file, text) pairs."""
    homes = collections.defaultdict(list)
    for file, text in headers:
        for name in types(text):
            homes[name].append(file)
    return [f"{name} is defined in {' and '.join(files)}" for name, files in homes.items() if len(files) > 1]


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
    assert twice_defined([("a.hpp", "class Watch {\n};\n"), ("b.hpp", "struct X;\nclass Watch final : public X {\n")])
    assert not twice_defined([("a.hpp", "class Watch {\n};\n"), ("b.hpp", "class Watch;\n")])
    assert not twice_defined([("a.hpp", "class W {\n"), ("b.hpp", "inline namespace live {\nclass W {\n}  // namespace live\n")])
    assert not violations("probes/live_fetch.cpp", '#include <curl/curl.h>\n#include <asio.hpp>\n')
    assert not violations("exporter/agent.cpp", '#include "alerts/rule.hpp"\n#include <vector>\n#include <unistd.h>\n')
    assert not violations("alerts/receivers/webhook.cpp", "#include <nlohmann/json.hpp>\n")


def main():
    test_itself()
    files = [p for room in FORBIDDEN_ROOMS for p in (support.SOURCE / room).rglob("*")
             if p.suffix in (".cpp", ".hpp") or p.name.endswith((".cpp.in", ".hpp.in"))]
    assert len(files) > 20, f"only {len(files)} sources found in {support.SOURCE}"
    wrong = [w for p in files for w in violations(p.relative_to(support.SOURCE).as_posix(), p.read_text())]
    wrong += twice_defined((p.relative_to(support.SOURCE).as_posix(), p.read_text()) for p in files if p.suffix == ".hpp")
    assert not wrong, "\n" + "\n".join(wrong)
    print(len(files), "files")


support.run(main, 60)
