"""Silences and acknowledgements over the API of the real binary: who may, what they keep quiet, that a SIGKILL does not
end them, and that the token shows nowhere."""
import json
import pathlib
import socket
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import support  # noqa: E402

TOKEN = "canary-token-7a41"
QUIET = 2  # seconds, ten evaluations, in which nothing may arrive


def make_config(directory, hook, port):
    (directory / "token").touch(mode=0o600)
    (directory / "token").write_text(TOKEN + "\n")
    path = directory / "silences.toml"
    path.write_text(f"""
[agent]
state = "{directory}/state"
evaluation_interval = "200ms"
api_token_file = "{directory}/token"
[[pool]]
name = "files"
ecosystem = "file"
canaries = ["VERSION"]
checks = ["tcp"]
interval = "1s"
timeout = "500ms"
fail_after = 1
[[pool.mirror]]
name = "gone"
url = "http://127.0.0.1:{port}/"
[[alert]]
name = "MirrorDown"
when = "down"
notify = ["hook"]
[[receiver]]
name = "hook"
group_wait = "0s"
group_interval = "0s"
webhook = {{ url = "{hook.url}" }}
""")
    return path


def order(agent, method, path, body=None, token=TOKEN):
    """(status, text) of what the agent answers."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(agent.url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def about(**more):
    matcher = {"name": "mirror", "value": "go.*", "isRegex": True}
    return {"matchers": [matcher], "createdBy": "ann", "comment": "disk swap", **more}


def alert(agent):
    alerts = json.loads(support.get(agent.url + "/api/v1/alerts"))["alerts"]
    return alerts[0] if alerts else {}


def check_who_may(agent):
    for token in (None, "", TOKEN + "x", TOKEN[:-1]):
        status, _ = order(agent, "POST", "/api/v1/silences", about(duration="1h"), token)
        assert status == 401, (token, status)
    status, text = order(agent, "POST", "/api/v1/silences", {"matchers": []})
    assert (status, json.loads(text)["error"]["message"]) == (400, "matchers is no list of matchers"), (status, text)
    status, text = order(agent, "POST", "/api/v1/silences", {"comment": "x" * 70_000})
    assert status == 413, (status, text)
    assert json.loads(support.get(agent.url + "/api/v1/silences")) == []


def check_quiet(agent, hook, silence):
    support.eventually("it fires", lambda: alert(agent).get("state") == "firing", 15)
    assert alert(agent)["silenced_by"] == silence, alert(agent)
    time.sleep(QUIET)
    assert hook.notices() == [], hook.notices()
    assert f"silenced: {silence}" in support.get(agent.url + "/")


def check_secret(agent):
    shown = [support.get(agent.url + path) for path in
             ("/", "/metrics", "/config", "/api/v1/alerts", "/api/v1/silences", "/api/v1/mirrors")]
    shown += [agent.log.read_text(), pathlib.Path(f"/proc/{agent.child.pid}/cmdline").read_text()]
    assert not any(TOKEN in text for text in shown)


def main():
    directory = support.scratch()
    hook = support.Collector()
    mirror = socket.create_server(("127.0.0.1", 0), backlog=1024)  # accepts by itself, answers nobody
    agent = support.Agent(make_config(directory, hook, mirror.getsockname()[1]), directory).await_ready()
    check_who_may(agent)
    status, text = order(agent, "POST", "/api/v1/silences", about(duration="1h"))
    assert status == 200, (status, text)
    silence = json.loads(text)["silenceID"]
    mirror.close()
    check_quiet(agent, hook, silence)
    agent.child.kill()
    agent.child.wait()
    agent = support.Agent(agent.config, directory).await_ready()
    check_quiet(agent, hook, silence)
    print(f"silence {silence}: nothing told in {2 * QUIET} s, before and after a SIGKILL")

    assert order(agent, "DELETE", "/api/v1/silence/none")[0] == 404
    assert order(agent, "DELETE", f"/api/v1/silence/{silence}")[0] == 200
    support.eventually("told when lifted", lambda: hook.notices() == [("firing", "MirrorDown", "gone")], 10)
    assert json.loads(support.get(agent.url + "/api/v1/silences"))[0]["status"]["state"] == "expired"

    status, text = order(agent, "POST", "/api/v1/alerts/acknowledge", about())
    assert (status, json.loads(text)) == (200, {"acknowledged": 1}), (status, text)
    seen_to = alert(agent)["acknowledged"]
    assert (seen_to["by"], seen_to["comment"]) == ("ann", "disk swap"), seen_to
    assert "acknowledged by ann: disk swap" in support.get(agent.url + "/")
    check_secret(agent)
    agent.stop()


support.run(main, 60)
