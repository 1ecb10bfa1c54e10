"""deploy/openapi.json says what the API is: the document itself is sound, it lists the routes that the program has and no
others, and every answer of a running agent on the lab has the shape that it says, with no field that it does not name."""
import copy
import json
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import http.server
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402
from first_run_test import start_lab  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("SKIPPED: this test needs python3-jsonschema")
    sys.exit(1 if support.os.environ.get("CI") == "true" else support.SKIPPED)

TOKEN = "canary-token-5ee1"
NAMES = {"pool": "demo", "mirror": "healthy"}
ODD_POOL, ODD_MIRROR = "odd/pool 100%", "a+b/阿里云"  # what a path cannot hold as it is
VERBS = ("get", "post", "put", "delete", "patch")

# Documented, but of states that the lab is not in for certain; tests/unit/api_test.cpp has them from a made-up picture.
SEEN_ELSEWHERE = {
    "AddressLag.address", "AddressLag.sync_lag", "Advice.why", "AdvicePage.why", "Alert.muted_by", "Artefact.digest",
    "Artefact.name", "Finding.valid_until", "Lag.ahead", "Lag.upper_bound_seconds", "Mirror.addresses", "Mirror.since",
    "MirrorPage.addresses", "Receiver.dead_letters.about", "Receiver.dead_letters.at", "Receiver.dead_letters.error",
    "Receiver.dead_letters.message", "Receiver.last_error", "StalePart.ahead", "StalePart.known", "StalePart.name",
    "StalePart.seconds", "StalePart.upper_bound_seconds", "Verdict.because_of_parent", "Version.order", "Version.time",
}


# ---- the document ---------------------------------------------------------------------------------------------


class Document:
    def __init__(self, text):
        self.root = json.loads(text)
        self.seen = set()  # of "Schema.property"

    def at(self, reference):
        node = self.root
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node

    def follow(self, node):
        return self.at(node["$ref"]) if "$ref" in node else node

    def operations(self):
        """(path, verb, operation) of each."""
        return [(path, verb, item[verb]) for path, item in self.root["paths"].items() for verb in VERBS if verb in item]

    def references(self, node=None):
        node = self.root if node is None else node
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                yield from self.references(each)

    def objects(self, node=None, name=""):
        """(name, schema) of every schema of an object."""
        node = self.root["components"]["schemas"] if node is None else node
        for key, each in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(each, (dict, list)):
                if isinstance(each, dict) and each.get("type") == "object":
                    yield f"{name}/{key}", each
                yield from self.objects(each, f"{name}/{key}")


def check_document(document):
    """OpenAPI 3.1's own rules, as far as we use it: its schemas are JSON Schema 2020-12."""
    root = document.root
    assert root["openapi"].startswith("3.1.") and root["info"]["title"] and root["info"]["version"], root["info"]
    assert set(root) == {"openapi", "info", "paths", "components"}, set(root)
    for reference in document.references():
        document.at(reference)
    for name, schema in root["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    unused = [f"#/components/schemas/{name}" for name in root["components"]["schemas"]
              if f"#/components/schemas/{name}" not in set(document.references())]
    assert not unused, f"nothing refers to {unused}"
    for name, schema in document.objects():
        assert "additionalProperties" in schema, f"{name} does not say whether there may be more"
    for path, verb, operation in document.operations():
        check_operation(document, path, verb, operation)


def check_operation(document, path, verb, operation):
    where = f"{verb} {path}"
    assert operation["summary"] and operation["responses"], where
    item = document.root["paths"][path]
    given = [document.follow(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
    in_path = {p["name"] for p in given if p["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", path)), f"{where} has the parameters {in_path}"
    assert all(p["required"] for p in given if p["in"] == "path"), where
    for status, response in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d", status), f"{where} has the status {status}"
        response = document.follow(response)
        assert response["description"], f"{where} {status} is not described"
        for media in response.get("content", {}).values():
            jsonschema.Draft202012Validator.check_schema(media["schema"])
    for security in operation.get("security", []):
        assert set(security) <= set(document.root["components"]["securitySchemes"]), where


# ---- the routes -----------------------------------------------------------------------------------------------


def routes():
    """{(path, verb)} of the program's own table, below /api/ and /sd/; a '*' stands for what follows."""
    text = (support.SOURCE / "exporter/web/routes.cpp").read_text()
    read = {"kRead": "GET, HEAD"}
    table = text[text.index("kRoutes[] = {"):]
    rows = re.findall(r'\{"(/[^"]*)", ("[^"]*"|kRead), (\w+)\}', table[:table.index("};")])
    assert len(rows) >= 20, rows
    return {(path, verb.lower()) for path, methods, _ in rows if path.startswith(("/api/", "/sd/"))
            for verb in re.findall(r"\w+", read.get(methods, methods)) if verb != "HEAD"}


def documented(document):
    return {(re.sub(r"\{.*", "*", path), verb) for path, verb, _ in document.operations()}


def check_routes(document):
    program, paper = routes(), documented(document)
    assert program == paper, f"only in routes.cpp: {program - paper}; only in openapi.json: {paper - program}"
    return len(program)


# ---- the answers ----------------------------------------------------------------------------------------------


def note_seen(document, schema, value, name):
    """Which documented properties an answer showed."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        schema = document.at(schema["$ref"])
    if isinstance(value, list) and "items" in schema:
        for each in value:
            note_seen(document, schema["items"], each, name)
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                document.seen.add(f"{name}.{key}")
                note_seen(document, inner, value[key], f"{name}.{key}")


def never_seen(document):
    """Documented properties of answers that no answer had."""
    asked = ("NewSilence", "Acknowledge")  # these are what is sent
    all_of = set()

    def add(schema, name):
        for key, inner in schema.get("properties", {}).items():
            all_of.add(f"{name}.{key}")
            add(inner, f"{name}.{key}")
        if "items" in schema:
            add(schema["items"], name)

    for name, schema in document.root["components"]["schemas"].items():
        if name not in asked:
            add(schema, name)
    return all_of - document.seen


def ask(url, verb="get", body=None, headers=None):
    """(status, content type, body) of what the agent answers."""
    request = urllib.request.Request(url, method=verb.upper(), headers=headers or {},
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers["Content-Type"], reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


class Asker:
    """Asks the agent, and holds each answer against the document."""

    def __init__(self, document, agent):
        self.document, self.agent, self.answers = document, agent, set()

    def validate(self, schema, value):
        rooted = {**schema, "components": self.document.root["components"]}
        jsonschema.Draft202012Validator(rooted).validate(value)

    def __call__(self, path, verb="get", wanted=200, names=None, query="", **more):
        quoted = {key: urllib.parse.quote(name, safe="") for key, name in (names or NAMES).items()}
        uri = path.format(**quoted) + query
        status, kind, text = ask(self.agent.url + uri, verb, **more)
        where = f"{verb} {uri}: {status} {kind}\n{text[:2000]}"
        assert status == wanted, where
        responses = self.document.root["paths"][path][verb]["responses"]
        assert str(status) in responses, f"not documented: {where}"
        content = self.document.follow(responses[str(status)])["content"]
        media, _, charset = kind.partition(";")
        assert media in content and charset.strip() == "charset=utf-8", f"not documented: {where}"
        schema = content[media]["schema"]
        value = json.loads(text) if media == "application/json" else text
        try:
            self.validate(schema, value)
        except jsonschema.ValidationError as error:
            raise AssertionError(f"{error.message}\nin {list(error.absolute_path)}\n{where}") from None
        if media == "application/json" and isinstance(value, dict) and "error" in value:
            assert value["error"]["status"] == status, where
        note_seen(self.document, schema, value, path)
        self.answers.add((path, verb, status))
        return value


# ---- a test that can fail -------------------------------------------------------------------------------------


def check_itself(asker, document):
    """A field more or less, in any object of any answer, is noticed; so are a route more or less."""
    caught = 0
    for path, value in (("/api/v1/mirrors/{pool}/{mirror}", asker("/api/v1/mirrors/{pool}/{mirror}")),
                        ("/api/v1/pools/{pool}", asker("/api/v1/pools/{pool}")),
                        ("/api/v1/advice", asker("/api/v1/advice")), ("/sd/prometheus", asker("/sd/prometheus"))):
        schema = document.root["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for changed in with_one_field_more(value):
            try:
                asker.validate(schema, changed)
            except jsonschema.ValidationError:
                caught += 1
            else:
                raise AssertionError(f"an undocumented field in {path} is not noticed: {json.dumps(changed)[:500]}")
    less = Document(json.dumps(document.root))
    del less.root["paths"]["/api/v1/advice"]
    assert documented(less) != routes()
    return caught


def with_one_field_more(value):
    """Copies of it, each with an unknown member in one of its objects. Labels are anybody's to name."""
    paths = []

    def walk(node, path):
        if isinstance(node, dict):
            if not path or path[-1] != "labels" or any(key.startswith("__meta") for key in node):
                paths.append(path)
            for key, inner in node.items():
                walk(inner, [*path, key])
        if isinstance(node, list) and node:
            walk(node[0], [*path, 0])

    walk(value, [])
    for path in paths:
        made = copy.deepcopy(value)
        node = made
        for key in path:
            node = node[key]
        node["__not_documented"] = "x"
        yield made


# ---- the world ------------------------------------------------------------------------------------------------


def https_mirror(directory):
    """The URL of a server with a certificate that a ca_file vouches for, and two parts to be fresh by."""
    support.call(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
                  "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                  "-keyout", directory / "key.pem", "-out", directory / "cert.pem"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 (the library's name)
            data = b"1\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://localhost:{server.server_address[1]}/"


def make_config(directory, url):
    """The lab's, with a token, a receiver that refuses, and a pool whose names need quoting."""
    (directory / "token").touch(mode=0o600)
    (directory / "token").write_text(TOKEN + "\n")
    text = (directory / "lab.toml").read_text().replace("[agent]", f'[agent]\napi_token_file = "{directory}/token"', 1)
    path = directory / "api.toml"
    path.write_text(text + f"""
[[pool]]
name = "{ODD_POOL}"
ecosystem = "file"
reference = [{{ name = "upstream", url = "{url}", ca_file = "{directory}/cert.pem" }}]
canaries = ["VERSION"]
interval = "1s"
integrity_interval = "2s"
[[pool.mirror]]
name = "{ODD_MIRROR}"
url = "{url}"
ca_file = "{directory}/cert.pem"
parent = "upstream"
labels = {{ isp = "cernet" }}
""")
    return path


def ask_everything(asker):
    odd = {"pool": ODD_POOL, "mirror": ODD_MIRROR}
    for path in ("/api/v1/openapi.json", "/api/v1/pools", "/api/v1/mirrors", "/api/v1/advice", "/api/v1/receivers",
                 "/api/v1/silences", "/sd/prometheus", "/api/v1/alerts"):
        asker(path)
    for names in (NAMES, odd):
        page = asker("/api/v1/mirrors/{pool}/{mirror}", names=names)
        assert (page["pool"], page["mirror"]) == (names["pool"], names["mirror"]), page
        assert asker("/api/v1/pools/{pool}", names=names)["pool"] == names["pool"]
        support.eventually(f"a safe mirror of {names}", lambda: asker("/api/v1/advice/{pool}", names=names)["safe"], 20)  # noqa: B023
        runs = asker("/api/v1/history/{pool}/{mirror}", names=names)["runs"]
        assert runs and runs == sorted(runs, key=lambda run: run["at"]), runs
    for mirror in ("upstream", "lagging", "lying", "refusing", "silent", "html", "flapping"):
        asker("/api/v1/mirrors/{pool}/{mirror}", names={"pool": "demo", "mirror": mirror})
    for query in ("?format=text", ""):
        accept = {"headers": {"Accept": "text/plain"}} if not query else {}
        support.eventually("a line to paste", lambda: "\nhttp" in asker("/api/v1/advice/{pool}", query=query, **accept), 20)  # noqa: B023
        asker("/api/v1/advice", query=query, **accept)


def ask_wrongly(asker):
    nobody = {"pool": "nobody", "mirror": "nobody"}
    for path in ("/api/v1/pools/{pool}", "/api/v1/advice/{pool}", "/api/v1/mirrors/{pool}/{mirror}",
                 "/api/v1/history/{pool}/{mirror}"):
        asker(path, wanted=404, names=nobody)
    asker("/api/v1/history/{pool}/{mirror}", wanted=400, query="?check=ftp")
    asker("/api/v1/history/{pool}/{mirror}", wanted=400, query="?since=yesterday")
    asker("/api/v1/advice/{pool}", wanted=400, query="?format=yaml")
    asker("/api/v1/advice", wanted=400, query="?format=yaml")
    error = asker.document.at("#/components/schemas/Error")
    for verb, path, wanted in (("get", "/api/", 404), ("get", "/api/v1/nothing", 404), ("post", "/api/v1/mirrors", 405),
                               ("put", "/api/v1/mirrors", 405), ("get", "/api/v1/a%00b", 400)):
        status, kind, text = ask(asker.agent.url + path, verb)
        assert (status, kind) == (wanted, "application/json; charset=utf-8"), (verb, path, status, kind, text)
        asker.validate(error, json.loads(text))


def give_orders(asker):
    bearer = {"headers": {"Authorization": f"Bearer {TOKEN}"}}
    matchers = [{"name": "mirror", "value": "refusing"}]
    silence = {"matchers": matchers, "duration": "1h", "createdBy": "ann", "comment": "new disk"}
    seen_to = {"matchers": [{"name": "mirror", "value": "html"}], "createdBy": "ann", "comment": "seen"}
    asker.validate(asker.document.at("#/components/schemas/NewSilence"), silence)
    laid = asker("/api/v1/silences", "post", body=silence, **bearer)["silenceID"]
    for path, body in (("/api/v1/silences", silence), ("/api/v1/alerts/acknowledge", seen_to)):
        asker(path, "post", 401, body=body)
        asker(path, "post", 400, body={}, **bearer)
    assert asker("/api/v1/alerts/acknowledge", "post", body=seen_to, **bearer)["acknowledged"] >= 1
    asker("/api/v1/silences")

    def shown():
        alerts = asker("/api/v1/alerts")["alerts"]
        return any("silenced_by" in a for a in alerts) and any("acknowledged" in a for a in alerts)

    support.eventually("the silence and the acknowledgement are shown", shown, 20)
    asker("/api/v1/silence/{id}", "delete", 401, names={"id": laid})
    asker("/api/v1/silence/{id}", "delete", 404, names={"id": "none"}, **bearer)
    asker("/api/v1/silence/{id}", "delete", names={"id": laid}, **bearer)


def check_trace(asker):
    """What the lab's broken mirrors are known for is in the trace of their last failure."""
    def page(mirror):
        return asker("/api/v1/mirrors/{pool}/{mirror}", names={"pool": "demo", "mirror": mirror})

    refused = page("refusing")["checks"]["tcp"]["last_failure"]
    assert (refused["failure"]["layer"], refused["failure"]["reason"]) == ("connect", "refused"), refused
    assert refused["addresses"][0]["failure"]["reason"] == "refused", refused

    def recovered():
        check = page("flapping")["checks"]["http"]
        return "last_failure" in check and not check["last"]["failed"] and check
    check = support.eventually("a failure that is over", recovered, 40)
    assert check["last_failure"]["http"]["status"] == 503, check
    assert check["last_failure"]["at"] < check["last"]["at"] == check["last_good"]["at"], check


def check_advise(agent):
    """The verb, against the same agent."""
    def advise(pool, listen=f"127.0.0.1:{agent.port}"):
        done = subprocess.run([support.AGENT, "advise", pool, f"--web.listen-address={listen}"], capture_output=True,
                              text=True, timeout=30, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, err = support.eventually("advice", lambda: (lambda said: said[0] == 0 and said)(advise("demo")), 20)
    assert code == 0 and err == "" and re.search(r"^http://", out, re.MULTILINE), (code, out, err)
    assert "# refusing is down, connect/refused" in out, out
    code, out, err = advise(ODD_POOL)
    assert code == 0 and "https://localhost:" in out, (code, out, err)
    code, out, err = advise("nobody")
    assert code == 2 and out == "" and "there is no such pool; /api/v1/pools lists them" in err, (code, out, err)
    code, out, err = advise("demo", f"127.0.0.1:{support.free_port()}")
    assert code == 2 and "Is it running" in err, (code, out, err)
    code, out, err = advise("demo", "nowhere")
    assert code == 2 and "expected --web.listen-address=ADDRESS:PORT" in err, (code, out, err)


def main():
    document = Document((support.SOURCE / "deploy/openapi.json").read_text())
    check_document(document)
    count = check_routes(document)
    print(f"{count} operations, in the document as in routes.cpp; {len(document.root['components']['schemas'])} schemas")
    directory = support.scratch()
    start_lab(directory)
    agent = support.Agent(make_config(directory, https_mirror(directory)), directory).await_ready(60)
    assert json.loads(support.get(agent.url + "/api/v1/openapi.json")) == document.root
    asker = Asker(document, agent)
    support.eventually("html is an alert", lambda: any(
        a["labels"]["mirror"] == "html" and a["state"] == "firing" for a in asker("/api/v1/alerts")["alerts"]), 60)
    ask_everything(asker)
    ask_wrongly(asker)
    give_orders(asker)
    check_trace(asker)
    check_advise(agent)
    caught = check_itself(asker, document)
    missing = {(path, verb) for path, verb, _ in document.operations()} - {(p, v) for p, v, s in asker.answers if s == 200}
    assert not missing, f"never answered with 200: {missing}"
    print(f"{len(asker.answers)} kinds of answers have the documented shape; {caught} undocumented fields caught")
    unseen = never_seen(document)
    assert unseen <= SEEN_ELSEWHERE, f"documented, but in no answer: {sorted(unseen - SEEN_ELSEWHERE)}"
    print(f"{len(document.seen)} documented fields seen, {len(unseen)} not")
    agent.stop()


support.run(main, 170)
