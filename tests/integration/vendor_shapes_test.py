"""Every golden payload is one that its vendor takes; and the reader that says so notices each thing that is wrong."""
import copy
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mail_shape  # noqa: E402
import support  # noqa: E402
import vendor_shapes  # noqa: E402

GOLDEN = support.SOURCE / "tests/golden/receivers"


def samples(path):
    """(what, first line, headers, JSON) of each request in a golden file."""
    for part in path.read_text().split("==== ")[1:]:
        what, request = part.split("\n", 1)
        head, body = request.split("\n\n", 1)
        first, *lines = head.split("\n")
        yield what, first, dict(line.split(": ", 1) for line in lines), json.loads(body)


def signed(kind, first, payload):
    if kind == "dingtalk":
        vendor_shapes.dingtalk_signed(first.split(" ", 1)[1], secret_of("dingtalk"))
    if kind == "feishu":
        vendor_shapes.feishu_signed(payload, secret_of("feishu"))


def secret_of(kind):
    """The made-up one that the receiver's own table of options shows."""
    source = (support.SOURCE / f"alerts/receivers/{kind}.cpp").read_text()
    option = source[source.index('.key = "secret"'):]
    return option[option.index('.example = "') + 12:].split('"', 1)[0]


def spoiled(payload):
    """Copies of the payload, each with one thing wrong, and which."""
    def walk(node, path):
        if isinstance(node, dict):
            for key in node:
                yield path + [key]
                yield from walk(node[key], path + [key])
        if isinstance(node, list):
            for index, item in enumerate(node):
                yield from walk(item, path + [index])

    for path in walk(payload, []):
        wrong = copy.deepcopy(payload)
        inner = wrong
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1] + "_nobody_knows"] = inner.pop(path[-1])
        yield ".".join(map(str, path)), wrong


FREE = ("labels", "annotations", "groupLabels", "commonLabels", "commonAnnotations", "custom_details")


def check_payloads(kind):
    """How many of its golden ones are right, and how many spoiled ones were noticed."""
    checked = noticed = 0
    for what, first, _, payload in samples(GOLDEN / f"{kind}.expected"):
        size = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
        try:
            vendor_shapes.check(kind, payload, size)
            signed(kind, first, payload)
        except vendor_shapes.Wrong as wrong:
            raise AssertionError(f"{kind}, {what}: {wrong}") from None
        checked += 1
    for where, wrong in spoiled(payload):
        if not any(f".{free}." in f".{where}" for free in FREE):
            must_be_noticed(f"{kind}: a wrong {where}", vendor_shapes.check, kind, wrong, 0)
            noticed += 1
    return checked, noticed


def must_be_noticed(what, check, *arguments):
    try:
        check(*arguments)
    except vendor_shapes.Wrong:
        return
    raise AssertionError(f"{what} is not noticed")


def mails():
    """(what, sender, recipients, bytes) of each in the golden file, which puts one line end behind each."""
    for part in (GOLDEN / "email.expected").read_bytes().split(b"==== ")[1:]:
        what, envelope, _, mail = part.split(b"\n", 3)
        sender, recipients = re.fullmatch(r"MAIL \S+ as \S+ from (\S+) to (.+)", envelope.decode()).groups()
        yield what.decode(), sender, recipients.split(" "), mail.removesuffix(b"\n\n")


def check_mails():
    """As check_payloads()."""
    checked = noticed = 0
    for what, *envelope, mail in mails():
        try:
            mail_shape.check(mail, *envelope)
        except vendor_shapes.Wrong as wrong:
            raise AssertionError(f"email, {what}: {wrong}") from None
        checked += 1
        for how, spoil in mail_shape.SPOILS.items():
            wrong = spoil(mail)
            assert wrong != mail, f"email, {what}: {how} changes nothing"
            must_be_noticed(f"email, {what}: {how}", mail_shape.check, wrong, *envelope)
            noticed += 1
    return checked, noticed


def main():
    kinds = sorted(path.stem for path in GOLDEN.glob("*.expected") if path.stem != "email")
    assert kinds == sorted(vendor_shapes.VENDORS), f"without a shape: {set(kinds) ^ set(vendor_shapes.VENDORS)}"
    counted = [check_payloads(kind) for kind in kinds]
    checked, noticed = map(sum, zip(*counted))
    print(f"{checked} payloads of {len(kinds)} kinds have their vendor's shape; {noticed} spoiled ones have not")
    checked, noticed = check_mails()
    print(f"{checked} mails are as RFC 5322, 2045 to 2047 and 3834 say; {noticed} spoiled ones are not")


support.run(main, 30)
