"""What is offered to Prometheus and Grafana: a real Prometheus loads the rules and answers every query of the dashboard,
about the lab; and each query names only what the catalogue has.

    dashboard_test.py --write    puts the rules file into dashboards/
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import first_run_test  # noqa: E402
import support  # noqa: E402

DASHBOARD = support.SOURCE / "dashboards/mirrorwarden.json"
RULES = support.SOURCE / "dashboards/mirrorwarden.rules.yml"
NO_RULES_OF_ITS_OWN = support.SOURCE / "tests/golden/rules/default.toml"

SCRAPED = {"job", "instance"}  # what Prometheus adds
VARIABLES = {"$__rate_interval": "20s", "$instance": "lab", "$pool": ".*", "$mirror": ".*"}
# The lab has one address a mirror, no certificates, no signed metadata, and a reference that goes forward only.
SILENT_IN_THE_LAB = {"Lag of single addresses", "Certificates", "Signed metadata", "Age of what is served"}
FUNCTIONS = "sum|avg|max|min|count|sort|rate|increase|time|vector|histogram_quantile"
WORDS = {"by", "on", "and", "or", "unless", "without", "group_left", "ignoring"}

# ---- the catalogue --------------------------------------------------------------------------------------------


def catalogue():
    """{series name: its labels}; a histogram has three names."""
    done = subprocess.run([support.AGENT, "metrics-reference"], capture_output=True, text=True, check=True, timeout=60)
    known = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", done.stdout, re.MULTILINE):
        own = set(re.findall(r"`(\w+)`", labels)) | SCRAPED
        if kind == "histogram":
            known |= {f"{name}_bucket": own | {"le"}, f"{name}_sum": own, f"{name}_count": own}
        else:
            known[name] = own
    assert len(known) > 60, known
    return known


def wrong_with(query, legend, known):
    """What of a query the catalogue does not have."""
    texts = re.sub(r'"[^"]*"', '""', query)
    selectors = re.findall(r"\b([a-z_]\w*)\{([^}]*)\}", texts)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|ignoring|without|group_left)\s*\([^)]*\)", " ", texts)
    names = set(re.findall(rf"\b(?!(?:{FUNCTIONS})\s*\()[a-z_]\w*\b(?!\s*\()", bare)) - WORDS
    wrong = [f"no metric {name}" for name in sorted(names - set(known))]
    for name, matchers in selectors:
        used = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)', matchers))
        wrong += [f"{name} has no label {label}" for label in sorted(used - known.get(name, used))]
    labels = set().union(*(known.get(name, set()) for name in names))
    grouped = {label for group in re.findall(r"\b(?:by|on|ignoring|without|group_left)\s*\(([^)]*)\)", texts)
               for label in re.findall(r"\w+", group)}
    wrong += [f"no label {label}" for label in sorted((grouped | set(re.findall(r"{{(\w+)}}", legend))) - labels)]
    return wrong if names or query.startswith("vector") else ["no metric at all"]


# ---- the dashboard --------------------------------------------------------------------------------------------

Query = collections.namedtuple("Query", "panel query legend")


def queries_of(dashboard):
    panels = [p for p in dashboard["panels"] if p["type"] != "row"]
    queries = [Query(p["title"], t["expr"], t["legendFormat"]) for p in panels for t in p["targets"]]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
            assert variable["definition"] == variable["query"]["query"], variable["name"]
            queries.append(Query(f"variable {variable['name']}", f"count by ({label}) ({selector})", ""))
    return queries


def sources_of(node):
    """Every data source that anything of the dashboard names."""
    if isinstance(node, dict):
        found = [node["datasource"]] if "datasource" in node else []
        return found + [source for value in node.values() for source in sources_of(value)]
    return [source for value in node for source in sources_of(value)] if isinstance(node, list) else []


def check_form(dashboard):
    panels = [p for p in dashboard["panels"] if p["type"] != "row"]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources_of(dashboard))
    assert {v["name"] for v in dashboard["templating"]["list"]} == {"datasource", "instance", "pool", "mirror"}
    assert len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["title"] and panel["description"] and panel["datasource"], panel["title"]
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, f"{panel['title']} is beyond the right edge"
    titles = [p["title"] for p in panels]
    assert len(titles) == len(set(titles)), titles
    cells = collections.Counter((x, y) for p in dashboard["panels"] for at in [p["gridPos"]]
                                for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))
    assert max(cells.values()) == 1, "panels overlap"


def check_names(queries, known):
    wrong = [f"{q.panel}: {q.query}: {trouble}" for q in queries for trouble in wrong_with(q.query, q.legend, known)]
    assert not wrong, "\n".join(wrong)


def check_that_it_sees(queries, known):
    """Each mistake in a dashboard is noticed."""
    names = sorted(known, key=len, reverse=True)
    for query in queries:
        for name in [n for n in names if re.search(rf"\b{n}\b", query.query)]:
            spoiled = re.sub(rf"\b{name}\b", name + "x", query.query)
            assert wrong_with(spoiled, query.legend, known), f"not noticed: {spoiled}"
    for spoiled in ("mirror_verdict{pol=~\"$pool\"}", "sum by (mirorr) (mirror_verdict)", "time() - mirror_version",
                    "mirror_verdict and on (pool, mirror) mirror_infos{role=\"mirror\"}", "rate(mirror_lag_total[5m])",
                    "sum(mirror_failure{verdict=\"stale\"})", "mirrorwarden_loop_lag_seconds", "vector(1) or mirror"):
        assert wrong_with(spoiled, "", known), f"not noticed: {spoiled}"
    assert wrong_with("mirror_verdict", "{{reason}}", known)


# ---- Prometheus -----------------------------------------------------------------------------------------------


class Prometheus:
    """A real one that scrapes the agent as `lab` and evaluates the rules file."""

    def __init__(self, directory, agent):
        self.port = support.free_port()
        config = directory / "prometheus.yml"
        config.write_text("global: {scrape_interval: 2s, evaluation_interval: 2s}\n"
                          f"rule_files: [{RULES}]\n"
                          "scrape_configs:\n- job_name: mirrorwarden\n  static_configs:\n"
                          f"  - {{targets: ['127.0.0.1:{agent.port}'], labels: {{instance: lab}}}}\n")
        self.log = directory / "prometheus.log"
        self.child = support.start(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb",
                                    f"--web.listen-address=127.0.0.1:{self.port}"], self.log)
        support.eventually(lambda: self.log.read_text(), self._ready, 30)

    def _ready(self):
        assert self.child.poll() is None, self.log.read_text()
        try:
            return support.get(f"http://127.0.0.1:{self.port}/-/ready")
        except OSError:
            return False

    def api(self, path, **parameters):
        try:
            text = support.get(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        except urllib.error.HTTPError as error:
            text = error.read().decode()
        reply = json.loads(text)
        assert reply["status"] == "success", f"{parameters}: {reply['error']}"
        return reply["data"]


def substituted(query):
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)
    assert "$" not in query, f"unknown variable: {query}"
    return query


def check_rules(prometheus):
    """Loaded, evaluated without an error, and all of them."""
    wanted = re.findall(r'- alert: "(\w+)"', RULES.read_text())

    def evaluated():
        groups = prometheus.api("rules")["groups"]
        rules = {r["name"]: (r["health"], r.get("lastError", "")) for g in groups for r in g["rules"]}
        assert list(rules) == wanted, (rules, wanted)
        return all(health == "ok" for health, _ in rules.values()) and rules

    support.eventually(lambda: prometheus.api("rules"), evaluated, 30)
    return wanted


def check_answers(prometheus, queries):
    """Each type-checks; each says something of the lab at some moment, but for those that the lab can say nothing of."""
    silent = {f"{q.panel}: {q.query}": q.query for q in queries if q.panel not in SILENT_IN_THE_LAB}

    def heard():
        for what, query in list(silent.items()):
            if prometheus.api("query", query=substituted(query))["result"]:
                del silent[what]
        return not silent

    support.eventually(lambda: f"no data for {sorted(silent)}", heard, 80, every=1)
    for q in [q for q in queries if q.panel in SILENT_IN_THE_LAB]:
        assert not prometheus.api("query", query=substituted(q.query))["result"], f"{q.panel} says something after all"
    try:
        prometheus.api("query", query="sum by (pool) (mirror_verdict) + \"text\"")
    except AssertionError:
        return
    raise AssertionError("this Prometheus takes any query")


def exported_rules():
    """Those that are in force without any of one's own; whose mirrors they are makes no difference."""
    def printed(config):
        return support.call([support.AGENT, "rules", f"--config.file={config}"])

    text = printed(NO_RULES_OF_ITS_OWN)
    other = support.scratch() / "other.toml"
    other.write_text('[[pool]]\nname="a"\necosystem="file"\nreference=["http://a.example.org/"]\n'
                     'mirror=[{name="b",url="http://b.example.org/"}]\n[[receiver]]\nname="r"\n'
                     'webhook={url="http://c.example.org/"}\n')
    assert printed(other) == text
    return text


def main():
    support.need("prometheus", "promtool")
    assert RULES.read_text() == exported_rules(), f"{RULES} is not what is printed: run dashboard_test.py --write"
    support.call(["promtool", "check", "rules", RULES])
    dashboard = json.loads(DASHBOARD.read_text())
    known, queries = catalogue(), queries_of(dashboard)
    check_form(dashboard)
    check_names(queries, known)
    check_that_it_sees(queries, known)
    directory = support.scratch()
    first_run_test.start_lab(directory)
    agent = support.Agent(directory / "lab.toml", directory).await_ready()
    prometheus = Prometheus(directory, agent)
    rules = check_rules(prometheus)
    check_answers(prometheus, queries)
    print(f"{len(rules)} rules evaluated, {len(queries)} queries answered, of {len(known)} series names in the catalogue")
    agent.stop()
    assert support.stop(prometheus.child) == 0, prometheus.log.read_text()


if sys.argv[1:] == ["--write"]:
    RULES.write_text(exported_rules())
else:
    support.run(main, 240)
