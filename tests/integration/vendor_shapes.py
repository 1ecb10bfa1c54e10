"""What each vendor takes, written down from its published shape and limits, and not from our renderers: a strict reader
of every request. A key that the vendor does not know, a type that is another, a limit that is passed: all are wrong."""
import base64
import hashlib
import hmac
import re
import urllib.parse

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LINK = re.compile(r"https?://[^\s<>\"]+")


class Wrong(AssertionError):
    pass


def must(condition, what, *values):
    if not condition:
        raise Wrong(what + "".join(f" {value!r}" for value in values)[:300])


def text(most, unit="characters"):
    """A string that is not empty, of at most so many."""

    def check(value, where):
        must(isinstance(value, str) and value, f"{where} is no text:", value)
        size = len(value.encode()) if unit == "bytes" else len(value)
        must(size <= most, f"{where} has {size} {unit}, more than {most}")

    return check


def one_of(*values):
    return lambda value, where: must(value in values and type(value) in map(type, values), f"{where} is", value)


def matching(pattern):
    return lambda value, where: must(isinstance(value, str) and re.fullmatch(pattern, value), f"{where} is", value)


def link(value, where):
    must(isinstance(value, str) and LINK.fullmatch(value) and len(value) <= 3000, f"{where} is no link:", value)


def number(low, high):
    return lambda value, where: must(type(value) is int and low <= value <= high, f"{where} is", value)


def anything(_value, _where):
    pass


def many(item, most, least=0):
    def check(value, where):
        must(isinstance(value, list) and least <= len(value) <= most, f"{where} is no list of {least} to {most}:", value)
        for index, each in enumerate(value):
            item(each, f"{where}[{index}]")

    return check


def table(required, optional=None):
    """An object with these keys and no others."""
    optional = optional or {}

    def check(value, where):
        must(isinstance(value, dict), f"{where} is no object:", value)
        missing, unknown = required.keys() - value.keys(), value.keys() - required.keys() - optional.keys()
        must(not missing, f"{where} lacks", missing)
        must(not unknown, f"{where} has keys that nobody knows:", unknown)
        for key, each in value.items():
            (required.get(key) or optional[key])(each, f"{where}.{key}")

    return check


def by_kind(key, kinds):
    """An object whose `key` says which of the shapes it has."""

    def check(value, where):
        must(isinstance(value, dict) and value.get(key) in kinds, f"{where}.{key} is unknown:", value)
        kinds[value[key]](value, where)

    return check


LABELS = lambda value, where: must(  # noqa: E731
    isinstance(value, dict) and all(isinstance(v, str) for v in value.values()), f"{where} is no table of texts:", value)
STAMP = matching(TIME.pattern)

# ---- Alertmanager: webhook payload version 4, and the alerts of API v2 --------------------------------------------

WEBHOOK_ALERT = table({"status": one_of("firing", "resolved"), "labels": LABELS, "annotations": LABELS, "startsAt": STAMP,
                       "endsAt": STAMP, "generatorURL": anything, "fingerprint": matching("[0-9a-f]{16}")})
WEBHOOK = table({"version": one_of("4"), "groupKey": text(4096), "truncatedAlerts": number(0, 10**6),
                 "status": one_of("firing", "resolved"), "receiver": text(256), "groupLabels": LABELS,
                 "commonLabels": LABELS, "commonAnnotations": LABELS, "externalURL": anything,
                 "alerts": many(WEBHOOK_ALERT, 10**4, 1)})
ALERTS = many(table({"labels": LABELS, "annotations": LABELS, "startsAt": STAMP, "endsAt": STAMP, "generatorURL": anything}),
              10**4, 1)

# ---- Slack: Block Kit in an attachment of an incoming webhook -----------------------------------------------------


def slack_text(most):
    return by_kind("type", {"plain_text": table({"type": anything, "text": text(most)}, {"emoji": one_of(True, False)}),
                            "mrkdwn": table({"type": anything, "text": text(most)}, {"verbatim": one_of(True, False)})})


SLACK_BLOCK = by_kind("type", {
    "header": table({"type": anything, "text": table({"type": one_of("plain_text"), "text": text(150)},
                                                     {"emoji": one_of(True, False)})}),
    "section": table({"type": anything}, {"text": slack_text(3000), "fields": many(slack_text(2000), 10, 1)}),
    "context": table({"type": anything, "elements": many(slack_text(2000), 10, 1)}),
    "divider": table({"type": anything}),
    "actions": table({"type": anything, "elements": many(table(
        {"type": one_of("button"), "text": table({"type": one_of("plain_text"), "text": text(75)},
                                                 {"emoji": one_of(True, False)})}, {"url": link}), 25, 1)}),
})
SLACK = table({"attachments": many(table({"color": matching("#[0-9a-fA-F]{6}"), "blocks": many(SLACK_BLOCK, 50, 1)},
                                         {"fallback": text(4000)}), 20, 1)}, {"text": text(40_000)})

# ---- PagerDuty Events v2 ------------------------------------------------------------------------------------------

PAGERDUTY = by_kind("event_action", {
    "trigger": table({"routing_key": matching("[A-Za-z0-9]{32}"), "event_action": anything, "dedup_key": text(255),
                      "payload": table({"summary": text(1024), "source": text(1024),
                                        "severity": one_of("critical", "error", "warning", "info")},
                                       {"timestamp": STAMP, "component": text(1024), "group": text(1024),
                                        "class": text(1024), "custom_details": anything})},
                     {"client": text(1024), "client_url": link,
                      "links": many(table({"href": link, "text": text(1024)}), 100),
                      "images": many(anything, 10)}),
    "resolve": table({"routing_key": matching("[A-Za-z0-9]{32}"), "event_action": anything, "dedup_key": text(255)},
                     {"client": text(1024), "client_url": link}),
})

# ---- Microsoft Teams: an Adaptive Card 1.2 in a message -----------------------------------------------------------

COLOURS = one_of("Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention")
TEXT_LOOK = {"color": COLOURS, "size": one_of("Small", "Default", "Medium", "Large", "ExtraLarge"),
             "weight": one_of("Lighter", "Default", "Bolder"), "isSubtle": one_of(True, False),
             "italic": one_of(True, False), "fontType": one_of("Default", "Monospace")}
SPACING = {"spacing": one_of("None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"),
           "separator": one_of(True, False)}
CARD_ELEMENT = by_kind("type", {
    "TextBlock": table({"type": anything, "text": text(10_000)}, {**TEXT_LOOK, **SPACING, "wrap": one_of(True, False)}),
    "RichTextBlock": table({"type": anything, "inlines": many(table({"type": one_of("TextRun"), "text": text(10_000)},
                                                                    TEXT_LOOK), 100, 1)}, SPACING),
    "FactSet": table({"type": anything, "facts": many(table({"title": text(1000), "value": text(4000)}), 100, 1)}, SPACING),
})
TEAMS = table({"type": one_of("message"), "attachments": many(table({
    "contentType": one_of("application/vnd.microsoft.card.adaptive"),
    "content": table({"$schema": one_of("http://adaptivecards.io/schemas/adaptive-card.json"), "type": one_of("AdaptiveCard"),
                      "version": one_of("1.2"), "body": many(CARD_ELEMENT, 200, 1)},
                     {"msteams": table({"width": one_of("Full", "full")}), "fallbackText": text(4000),
                      "actions": many(table({"type": one_of("Action.OpenUrl"), "title": text(200), "url": link}), 6)})},
    {"contentUrl": one_of(None)}), 1, 1)})

# ---- Discord ------------------------------------------------------------------------------------------------------

DISCORD = table({"embeds": many(table({}, {
    "title": text(256), "description": text(4096), "url": link, "color": number(0, 0xFFFFFF), "timestamp": STAMP,
    "fields": many(table({"name": text(256), "value": text(1024)}, {"inline": one_of(True, False)}), 25),
    "footer": table({"text": text(2048)})}), 10), "allowed_mentions": table({"parse": many(anything, 0)})},
    {"content": text(2000), "username": text(80)})


def discord_total(payload):
    size = sum(len(e.get("title", "")) + len(e.get("description", "")) + len(e.get("footer", {}).get("text", "")) +
               sum(len(f["name"]) + len(f["value"]) for f in e.get("fields", [])) for e in payload["embeds"])
    must(size <= 6000, f"the embeds have {size} characters, more than 6000")


# ---- Telegram -----------------------------------------------------------------------------------------------------

TELEGRAM = table({"chat_id": matching(r"-?\d+|@\w+"), "text": anything}, {
    "parse_mode": one_of("HTML"), "disable_notification": one_of(True, False), "message_thread_id": number(1, 2**31),
    "link_preview_options": table({"is_disabled": one_of(True, False)})})


def telegram_html(payload):
    """4096 characters after the entities are read; only known tags, each closed; nothing else that looks like one."""
    html = payload["text"]
    plain = re.sub(r"</?(?:b|i|u|s|code|pre)>|<a href=\"[^\"<>]*\">|</a>", "", html)
    must("<" not in plain and ">" not in plain, "the text holds a tag that Telegram does not know", html)
    must(not re.search(r"&(?!lt;|gt;|amp;|quot;)", plain), "the text holds an unknown entity", html)
    must(0 < len(re.sub(r"&\w+;", "x", plain)) <= 4096, "the text is empty or longer than 4096 characters")
    stack = []
    for closing, tag in re.findall(r"<(/?)(\w+)", html):
        if not closing:
            stack.append(tag)
        else:
            must(stack and stack.pop() == tag, "a tag is not closed in turn", html)
    must(not stack, "a tag is not closed", stack)


# ---- DingTalk, WeCom, Feishu --------------------------------------------------------------------------------------

DINGTALK = table({"msgtype": one_of("markdown"), "markdown": table({"title": text(128), "text": text(20_000, "bytes")})},
                 {"at": table({"isAtAll": one_of(True, False)}, {"atMobiles": many(matching(r"\d{5,20}"), 100),
                                                                 "atUserIds": many(text(64), 100)})})
WECOM = table({"msgtype": one_of("markdown"), "markdown": table({"content": text(4096, "bytes")})})

FEISHU_PLAIN = table({"tag": one_of("plain_text"), "content": text(10_000)})
FEISHU_TEXT = by_kind("tag", {"plain_text": FEISHU_PLAIN, "lark_md": table({"tag": anything, "content": text(10_000)})})
FEISHU_ELEMENT = by_kind("tag", {
    "div": table({"tag": anything, "text": FEISHU_TEXT}),
    "hr": table({"tag": anything}),
    "note": table({"tag": anything, "elements": many(FEISHU_TEXT, 10, 1)}),
    "action": table({"tag": anything, "actions": many(table(
        {"tag": one_of("button"), "text": FEISHU_TEXT, "url": link},
        {"type": one_of("default", "primary", "danger")}), 5, 1)}),
})
FEISHU = table({"msg_type": one_of("interactive"), "card": table({
    "header": table({"title": FEISHU_PLAIN}, {"template": one_of("blue", "wathet", "turquoise", "green", "yellow", "orange",
                                                                 "red", "carmine", "violet", "purple", "indigo", "grey")}),
    "elements": many(FEISHU_ELEMENT, 50, 1)}, {"config": table({}, {"wide_screen_mode": one_of(True, False)})})},
    {"timestamp": matching(r"\d{10}"), "sign": text(64)})


def dingtalk_signed(url, secret):
    """sign = urlencode(base64(HMAC-SHA256(key = secret, message = timestamp LF secret))), timestamp in milliseconds."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    must(re.fullmatch(r"\d{13}", query.get("timestamp", "")), "the timestamp is not in milliseconds", url)
    wanted = hmac.new(secret.encode(), f"{query['timestamp']}\n{secret}".encode(), hashlib.sha256).digest()
    must(query.get("sign") == base64.b64encode(wanted).decode(), "the signature is wrong", url)


def feishu_signed(payload, secret):
    """sign = base64(HMAC-SHA256(key = timestamp LF secret, message = empty)), timestamp in seconds."""
    wanted = hmac.new(f"{payload['timestamp']}\n{secret}".encode(), b"", hashlib.sha256).digest()
    must(payload["sign"] == base64.b64encode(wanted).decode(), "the signature is wrong")


def webhook_signed(headers, body, secret):
    """Standard Webhooks: v1,base64(HMAC-SHA256(key = base64 of what follows whsec_, message = id.timestamp.body))."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    must(wanted in headers["webhook-signature"].split(" "), "the signature is wrong", headers["webhook-signature"])


# ---- ntfy ---------------------------------------------------------------------------------------------------------

NTFY = table({"topic": matching("[-_A-Za-z0-9]{1,64}")}, {
    "title": text(250), "message": text(4096, "bytes"), "priority": number(1, 5), "tags": many(text(64), 16), "click": link,
    "markdown": one_of(True, False),
    "actions": many(table({"action": one_of("view"), "label": text(64), "url": link}, {"clear": one_of(True, False)}), 3)})

# ---- all of them --------------------------------------------------------------------------------------------------

# Kind: its shape, what else must hold of the payload, and the most bytes of a request.
VENDORS = {
    "alertmanager": (ALERTS, None, 64 * 1024),
    "command": (WEBHOOK, None, 64 * 1024),
    "dingtalk": (DINGTALK, None, 20_000),
    "discord": (DISCORD, discord_total, 64 * 1024),
    "feishu": (FEISHU, None, 20 * 1024),
    "ntfy": (NTFY, None, 64 * 1024),
    "pagerduty": (PAGERDUTY, None, 512_000),
    "slack": (SLACK, None, 64 * 1024),
    "teams": (TEAMS, None, 28 * 1024),
    "telegram": (TELEGRAM, telegram_html, 64 * 1024),
    "webhook": (WEBHOOK, None, 64 * 1024),
    "wecom": (WECOM, None, 64 * 1024),
}


def check(kind, payload, size):
    shape, more, most = VENDORS[kind]
    shape(payload, kind)
    if more:
        more(payload)
    must(size <= most, f"the request has {size} bytes, more than {most}")
