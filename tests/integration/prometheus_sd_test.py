"""A real Prometheus discovers the configured mirrors at /sd/prometheus, in the set-up that one has for a prober: each
mirror is a target with its labels, what relabelling makes of it is scraped, and a reload's new mirror follows."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

PROMETHEUS = """
scrape_configs:
  - job_name: mirrors
    scrape_interval: 1s
    http_sd_configs:
      - url: AGENT_URL/sd/prometheus
        refresh_interval: 1s
    relabel_configs:
      - source_labels: [__meta_mirrorwarden_role]
        regex: mirror
        action: keep
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - action: labelmap
        regex: __meta_mirrorwarden_(.+)
      - target_label: __address__
        replacement: AGENT_ADDRESS
"""

POOL = """
[[pool]]
name = "上游 files"
ecosystem = "file"
reference = [{ name = "upstream", url = "http://127.0.0.1:9/up/" }]
canaries = ["VERSION"]
interval = "1s"
timeout = "500ms"
"""

PATHS = {"a": "a", "b": "b", "新": "new"}  # by the mirror's name


def mirror(name):
    return f"""
[[pool.mirror]]
name = "{name}"
url = "http://127.0.0.1:9/{PATHS[name]}/"
labels = {{ isp = "教育网", tier = "1" }}
"""


def wanted(name):
    """All its labels. (What Prometheus 2.42 shows as discovered is overwritten by relabelling, and no proof.)"""
    url = f"http://127.0.0.1:9/{PATHS[name]}/"
    return {"job": "mirrors", "instance": url, "pool": "上游 files", "mirror": name, "ecosystem": "file", "role": "mirror",
            "url": url, "isp": "教育网", "tier": "1"}


def main():
    support.need("prometheus")
    directory = support.scratch()
    config = directory / "agent.toml"
    config.write_text(POOL + mirror("a") + mirror("b"))
    agent = support.Agent(config, directory)
    support.eventually(agent.tail, lambda: "listening" in agent.log.read_text(), 20)
    port = support.free_port()
    (directory / "prometheus.yml").write_text(
        PROMETHEUS.replace("AGENT_URL", agent.url).replace("AGENT_ADDRESS", f"127.0.0.1:{agent.port}"))
    support.start(["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
                   f"--web.listen-address=127.0.0.1:{port}"], directory / "prometheus.log")

    def targets():
        try:
            answer = json.loads(support.get(f"http://127.0.0.1:{port}/api/v1/targets"))["data"]
        except OSError:
            return {}
        targets.dropped = answer["droppedTargets"]
        return {each["labels"]["mirror"]: each for each in answer["activeTargets"]}

    def scraped(names):
        found = targets()
        return found.keys() == set(names) and all(each["health"] == "up" for each in found.values()) and found

    def log():
        return (directory / "prometheus.log").read_text()[-3000:] + agent.tail()

    for names in (("a", "b"), ("a", "b", "新")):
        found = support.eventually(log, lambda: scraped(names), 30)  # noqa: B023 (called at once)
        for name in names:
            assert found[name]["labels"] == wanted(name), found[name]["labels"]
        print(f"{len(names)} targets with {len(wanted('a'))} labels each, all of them up")
        config.write_text(POOL + "".join(map(mirror, PATHS)))
        support.post(agent.url + "/-/reload")
    (upstream,) = targets.dropped
    assert upstream["discoveredLabels"]["__meta_mirrorwarden_role"] == "reference", upstream
    agent.stop()


support.run(main, 100)
