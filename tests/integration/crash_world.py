"""Two mirrors that go bad and good, two webhook receivers that keep what they hear, and what must be true of it.

All of it is one HTTP server. Knows nothing of processes or of how they end.
"""
import collections
import datetime
import http.server
import json
import re
import sys
import threading
import time

MIRRORS = ("m1", "m2")
RECEIVERS = ("single", "grouped")
FAILS_EVERY = 4  # so many requests to "single" are one that it answers with 500

# One request that a receiver has answered with 200: its webhook-id, and (mirror, status, startsAt) of each alert.
Heard = collections.namedtuple("Heard", "id items")


class Episode:
    """A mirror is bad from `since` until `until`; `certain` if it lasted while an agent was there to see it."""

    def __init__(self, mirror):
        self.mirror = mirror
        self.since = time.time()
        self.until = None
        self.certain = True


class World:
    """Moves on only when told to. Everything that is read by others is read under the lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bad = frozenset()
        self.looks = collections.Counter()  # by mirror, since the last move
        self.heard = {receiver: [] for receiver in RECEIVERS}
        self.requests = collections.Counter()  # by receiver
        self.troubles = []
        self.episodes = []

    # ---- the mirrors ----

    def move(self, bad, seen):
        """These mirrors are bad from now on. What changes while nobody is there to see may never be told."""
        now = time.time()
        with self.lock:
            for episode in self.episodes:
                if episode.until is None and episode.mirror not in bad:
                    episode.until = now
                    episode.certain = episode.certain and seen
            for mirror in sorted(bad - self.bad):
                self.episodes.append(Episode(mirror))
                self.episodes[-1].certain = seen
            self.bad = frozenset(bad)
            self.looks.clear()

    def look(self, mirror):
        """The status that the mirror answers with."""
        with self.lock:
            self.looks[mirror] += 1
            return 500 if mirror in self.bad else 200

    # ---- the receivers ----

    def hear(self, receiver, message_id, payload):
        """The status that the receiver answers with: what gets 200 is heard, whoever still listens to the answer."""
        items = [(a["labels"]["mirror"], a["status"], a["startsAt"]) for a in payload["alerts"]]
        with self.lock:
            self.requests[receiver] += 1
            if receiver == "single" and self.requests[receiver] % FAILS_EVERY == 0:
                return 500
            self.heard[receiver].append(Heard(message_id, sorted(items)))
            return 200

    def agrees(self, looks):
        """Whether every mirror was looked at so often, and every receiver last heard what is true."""
        with self.lock:
            return all(self.looks[m] >= looks for m in MIRRORS) and all(
                believed(self.heard[r]) == self.bad for r in RECEIVERS)

    def told(self):
        with self.lock:
            return {receiver: list(heard) for receiver, heard in self.heard.items()}


def believed(heard):
    """The mirrors that fire, after what was heard; of what was heard twice, the first counts."""
    firing = {}
    for message in first_of_each(heard):
        for mirror, status, _ in message.items:
            firing[mirror] = status == "firing"
    return {mirror for mirror, is_firing in firing.items() if is_firing}


def first_of_each(heard):
    seen = {}
    for message in heard:
        seen.setdefault(message.id, message)
    return list(seen.values())


# ---- what must be true ------------------------------------------------------------------------------------------


def judge(told, episodes, kills):
    """By receiver, how many messages were heard twice. Asserts that no certain episode is lost, that nothing is told
    anew under another key, and that there is at most one duplicate for each kill and receiver."""
    duplicates = {}
    for receiver, heard in told.items():
        duplicates[receiver] = count_duplicates(heard)
        assert duplicates[receiver] <= kills, f"{duplicates[receiver]} duplicates for {receiver}, {kills} kills: {heard}"
        check_news(heard)
        for mirror in MIRRORS:
            story = story_of(heard, mirror, receiver == "grouped")
            check_story(story, [episode for episode in episodes if episode.mirror == mirror])
    return duplicates


def count_duplicates(heard):
    """How many were heard again; each must say what it said before."""
    first = {message.id: message for message in first_of_each(heard)}
    for message in heard:
        assert message.items == first[message.id].items, f"one key, two messages: {message} and {first[message.id]}"
    return len(heard) - len(first)


def check_news(heard):
    """No reminder falls due in so short a time: a message of another key has something new to tell."""
    known = set()
    for message in first_of_each(heard):
        assert not known.issuperset(message.items), f"told again under another key: {message} after {heard}"
        known.update(message.items)


def story_of(heard, mirror, grouped):
    """(status, startsAt) in order, as told by messages of different ids. A group's message repeats what goes on."""
    story = [(status, starts) for message in first_of_each(heard) for m, status, starts in message.items if m == mirror]
    if not grouped:
        return story
    return [told for i, told in enumerate(story) if told[0] == "resolved" or told not in story[:i]]


def check_story(story, episodes):
    """Firing and its end in turn, the same startsAt in both, every certain episode of the world once and no other."""
    for (status, at), (other, then) in zip(story, story[1:]):
        again = status == other and episode_at(seconds_of(at), episodes) == episode_at(seconds_of(then), episodes)
        assert not again, f"told again under another key: {status} at {at} and at {then}: {story}"
    in_turn = [status for status, _ in story] == (["firing", "resolved"] * len(story))[:len(story)]
    assert in_turn, f"lost: firing and its end are not in turn: {story}"
    firing, over = story[0::2], story[1::2]
    assert len(firing) == len(over), f"lost: an end: {story}"
    assert [at for _, at in firing] == [at for _, at in over], f"an end of another beginning: {story}"
    starts = [seconds_of(at) for _, at in firing]
    assert starts == sorted(set(starts)), f"not in order: {story}"
    found = [episode_at(when, episodes) for when in starts]
    assert None not in found and len(set(found)) == len(found), f"told of what was not: {story}, {found}"
    missing = [i for i, episode in enumerate(episodes) if episode.certain and i not in found]
    assert not missing, f"lost: episodes {missing} of {[(e.since, e.until) for e in episodes]}: {story}"


def episode_at(when, episodes):
    """The number of the one that had begun last by then."""
    begun = [i for i, episode in enumerate(episodes) if episode.since <= when]
    return begun[-1] if begun else None


def seconds_of(text):
    """Of a time as RFC 3339 writes it."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", text.replace("Z", "+00:00"))
    return datetime.datetime.fromisoformat(text).timestamp()


# ---- the server -------------------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802 (the library's name)
        mirror = self.path.split("/")[1]
        self.answer(self.server.world.look(mirror) if mirror in MIRRORS else 200, b"1")

    def do_POST(self):  # noqa: N802 (the library's name)
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the sender died in the middle of it
            return
        self.answer(self.server.world.hear(self.path.strip("/"), self.headers["webhook-id"], json.loads(body)), b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """One address; the world behind it can be replaced between two agents."""

    def __init__(self, address):
        super().__init__((address, 0), Handler)
        self.world = World()
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://{}:{}/".format(*self.server_address)

    def handle_error(self, request, client_address):
        """A client that is killed leaves broken pipes; anything else is told."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.world.troubles.append(error)
