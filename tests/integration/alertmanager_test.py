"""Two real Alertmanagers in a cluster, two agents that see the same mirror, and a webhook behind the cluster that must
hear of each beginning and end exactly once: while all is well, when an agent begins anew, when an Alertmanager dies,
and when the agents do, whose alert then ends by itself."""
import json
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

support.need("prometheus-alertmanager")

UPSTREAM, MIRROR = "127.84.0.1", "127.84.0.2"
VANTAGES = ["shanghai-1", "frankfurt-1"]
RESEND = 3             # seconds
WINDOW = 4 * RESEND    # for so long an alert is believed that nobody repeats
PATIENCE = 30          # for what should take a few seconds

ROUTES = """
route:
  receiver: hook
  group_by: [alertname, pool]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
receivers:
- name: hook
  webhook_configs:
  - url: {url}
"""

CONFIG = """
[agent]
vantage = "{vantage}"
state = "{state}"
evaluation_interval = "200ms"
[[pool]]
name = "files"
ecosystem = "file"
reference = ["http://{upstream}:{port}/"]
canaries = ["VERSION"]
checks = ["freshness"]
interval = "1s"
timeout = "900ms"
[[pool.mirror]]
name = "m"
url = "http://{mirror}:{port}/"
[[alert]]
name = "MirrorStale"
when = "sync_lag > 500ms"
notify = ["am"]
[[receiver]]
name = "am"
timeout = "2s"
[receiver.alertmanager]
url = [{urls}]
resend = "{resend}s"
"""


# ---- the cast -------------------------------------------------------------------------------------------------


class Alertmanager:
    """One of a cluster of two."""

    def __init__(self, name, directory, ports, hook):
        self.url = f"http://127.0.0.1:{ports[name][0]}"
        peers = [f"--cluster.peer=127.0.0.1:{ports[p][1]}" for p in ports if p != name]
        config = directory / f"{name}.yml"
        config.write_text(ROUTES.format(url=hook))
        self.log = directory / f"{name}.log"
        self.child = support.start(
            ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={directory / name}",
             f"--web.listen-address=127.0.0.1:{ports[name][0]}", f"--cluster.listen-address=127.0.0.1:{ports[name][1]}",
             f"--cluster.advertise-address=127.0.0.1:{ports[name][1]}", "--cluster.settle-timeout=1s",
             "--cluster.gossip-interval=50ms", "--cluster.pushpull-interval=1s", "--cluster.peer-timeout=4s", *peers],
            self.log)

    def get(self, path):
        return json.loads(support.get(f"{self.url}/api/v2/{path}"))

    def alerts(self):
        return self.get("alerts?active=true")

    def is_settled(self):
        try:
            cluster = self.get("status")["cluster"]
        except OSError:
            return False
        return cluster["status"] == "ready" and len(cluster["peers"]) == 2

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


class Hook(support.Collector):
    """What a person behind the cluster is told."""

    def told(self):
        return [(p["status"], [(a["status"], a["labels"]["alertname"], a["labels"]["mirror"]) for a in p["alerts"]])
                for p in list(self.payloads)]

    def hears(self, *statuses, seconds=PATIENCE):
        """Exactly these, each of our one alert, in this order; and nothing else meanwhile."""
        wanted = [(s, [(s, "MirrorStale", "m")]) for s in statuses]

        def heard():
            told = self.told()
            assert told == wanted[:len(told)], f"told {told}, wanted {wanted}"
            return told == wanted

        support.eventually(lambda: f"{statuses}, told {self.told()}", heard, seconds)


class Site:
    def __init__(self, address, port):
        self.version = "1"
        support.serve(address, port, lambda: self.version.encode())


def start_cluster(directory, hook):
    ports = {name: (support.free_port(), support.free_port()) for name in "ab"}
    managers = [Alertmanager(name, directory, ports, hook.url) for name in "ab"]
    for manager in managers:
        support.eventually(lambda m=manager: "the cluster is one:\n" + m.log.read_text()[-3000:], manager.is_settled,
                           PATIENCE)
    return managers


def start_agents(directory, port, managers):
    agents = []
    for vantage in VANTAGES:
        home = directory / vantage
        home.mkdir()
        urls = ", ".join(f'"{m.url}"' for m in managers)
        (home / "agent.toml").write_text(CONFIG.format(vantage=vantage, state=home / "state", upstream=UPSTREAM,
                                                       port=port, mirror=MIRROR, urls=urls, resend=RESEND))
        agents.append(support.Agent(home / "agent.toml", home))
    for agent in agents:
        agent.await_ready(PATIENCE)
    return agents


# ---- what must hold -------------------------------------------------------------------------------------------


def only_alert(manager):
    """Its one alert, which says nothing of who sent it but in its annotations; None while there is none."""
    alerts = manager.alerts()
    assert len(alerts) <= 1, f"{len(alerts)} alerts: {alerts}"
    if not alerts:
        return None
    wanted = {"alertname": "MirrorStale", "severity": "warning", "pool": "files", "mirror": "m"}
    assert alerts[0]["labels"] == wanted, alerts
    assert alerts[0]["annotations"]["vantage"] in VANTAGES, alerts
    return alerts[0]


def has_alert(manager):
    return support.eventually("the Alertmanager has the alert", lambda: only_alert(manager), PATIENCE)


def attempts(agent, endpoint):
    metrics = agent.metrics()
    failed = sum(v for _, v in metrics.all("mirrorwarden_notifications_failed_total", receiver=endpoint))
    return metrics.value("mirrorwarden_notifications_total", receiver=endpoint), failed


def owed(agent, endpoint):
    return agent.metrics().value("mirrorwarden_notifications_owed", receiver=endpoint)


def seconds_of(when):
    """RFC 3339 as comparable text: Alertmanager leaves out trailing zeros."""
    return re.sub(r"(\.\d+)?Z$", lambda m: (m.group(1) or ".").ljust(10, "0"), when)


def check_stays(managers, agents, hook):
    """For longer than an alert is believed: it is there all the time, began when it began, and its end moves on."""
    before = {m.url: has_alert(m) for m in managers}
    counted = [attempts(a, e) for a in agents for e in ("am/1", "am/2")]
    end = time.monotonic() + WINDOW + 2 * RESEND
    while time.monotonic() < end:
        for manager in managers:
            alert = only_alert(manager)
            assert alert, f"the alert is gone\n{agents[0].tail()}"
            assert alert["startsAt"] <= before[manager.url]["startsAt"], (alert, before)
        hook.hears("firing")
        time.sleep(0.3)
    for manager in managers:
        assert seconds_of(only_alert(manager)["endsAt"]) > seconds_of(before[manager.url]["endsAt"])
    for (first, failed), (now, fails) in zip(counted, [attempts(a, e) for a in agents for e in ("am/1", "am/2")]):
        assert now >= first + 3 and fails == failed == 0, (first, now, failed, fails)


def begin_anew(agent):
    agent.child.send_signal(signal.SIGKILL)
    agent.child.wait()
    return support.Agent(agent.config, agent.log.parent, port=agent.port).await_ready(PATIENCE)


def check_all_clear_again(agent):
    """Nothing fires, and the endpoint goes on hearing of it."""
    before, _ = attempts(agent, "am/2")
    support.eventually("the all-clear is told again", lambda: attempts(agent, "am/2")[0] >= before + 2, PATIENCE)


def main():
    directory = support.scratch()
    port = support.free_port(UPSTREAM)
    upstream, mirror = Site(UPSTREAM, port), Site(MIRROR, port)
    hook = Hook()
    a, b = start_cluster(directory, hook)
    agents = start_agents(directory, port, [a, b])
    for agent in agents:
        support.eventually("level", lambda g=agent: g.metrics().verdict("m")[0] == "fresh", PATIENCE)

    upstream.version = "2"
    hook.hears("firing")
    check_stays([a, b], agents, hook)
    began = only_alert(b)["startsAt"]
    print("one alert from two agents, one notice, and it stayed for", WINDOW + 2 * RESEND, "s")

    agents[1].child.send_signal(signal.SIGKILL)
    agents[0] = begin_anew(agents[0])
    for _ in range(WINDOW + RESEND):
        assert only_alert(b) and only_alert(b)["startsAt"] == began, only_alert(b)
        hook.hears("firing")
        time.sleep(1)
    print("it went on as the same while one agent died and the other began anew")

    a.kill()
    mirror.version = "2"
    hook.hears("firing", "resolved")
    support.eventually("nothing is owed to the other", lambda: owed(agents[0], "am/2") == 0, PATIENCE)
    assert owed(agents[0], "am/1") > 0
    check_all_clear_again(agents[0])
    upstream.version = "3"
    hook.hears("firing", "resolved", "firing")
    print("with one Alertmanager dead, the end and the next beginning came through the other, once each")

    has_alert(b)
    agents[0].child.send_signal(signal.SIGKILL)
    died = time.monotonic()
    hook.hears("firing", "resolved", "firing", "resolved", seconds=WINDOW + PATIENCE)
    lasted = time.monotonic() - died
    assert lasted > WINDOW - 2 * RESEND, f"it ended {lasted:.1f} s after the agent"
    print(f"the dead agent's alert ended by itself after {lasted:.1f} s")


support.run(main, 170)
