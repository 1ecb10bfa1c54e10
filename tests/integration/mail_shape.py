"""What a mail must look like, written down from the RFCs and not from our renderer: 5322 (the message), 2045 and 2046
(its parts), 2047 (words that are not ASCII), 3834 (mail that nobody wrote). A strict reader of every byte, on top of
Python's own, which must find no defect either."""
import base64
import binascii
import email
import email.errors
import email.policy
import email.utils
import html.parser
import re

from vendor_shapes import LINK, must

MOST_BYTES = 64 * 1024
DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]+@{DOMAIN}")
MESSAGE_ID = re.compile(rf"<[0-9a-f]{{32}}@({DOMAIN})>")
THREAD_ID = re.compile(rf"<group\.[0-9a-f]{{32}}@({DOMAIN})>")
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
                  r"\d\d:\d\d:\d\d [+-]\d{4}")
ENCODED_WORD = re.compile(r"=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=")
NAMES = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version",
         "Content-Type"]
ONCE = {name.lower() for name in NAMES}
MAY_BE = {"x-auto-response-suppress"}
ELEMENTS = {"html", "body", "h2", "h3", "table", "tr", "th", "td", "p", "a", "br"}
STRICT = email.policy.default.clone(raise_on_defect=True, linesep="\r\n")


def check(raw, sender, recipients):
    """`raw` as it goes to the server, for whom the envelope names."""
    check_lines(raw)
    head, separator, _ = raw.partition(b"\r\n\r\n")
    must(separator, "no empty line ends the header")
    fields = fields_of(head)
    check_fields(fields)
    check_ids(fields, sender)
    check_people(fields, sender, recipients)
    check_date(fields["date"])
    check_subject(fields["subject"])
    check_parts(parsed(raw))


# ---- lines ------------------------------------------------------------------------------------------------------


def check_lines(raw):
    """RFC 5322 §2.1.1 and §2.3; seven bits, as no 8BITMIME was agreed upon (RFC 6152)."""
    must(len(raw) <= MOST_BYTES, f"{len(raw)} bytes, more than {MOST_BYTES}")
    must(raw.endswith(b"\r\n"), "the last line does not end in CRLF")
    for line in raw[:-2].split(b"\r\n"):
        must(b"\r" not in line and b"\n" not in line, "CR or LF alone in", line)
        must(len(line) <= 998, f"a line of {len(line)} octets")
        must(all(byte == 9 or 32 <= byte < 127 for byte in line), "a byte that is no printable ASCII in", line)
        must(not line.startswith(b"."), "a line begins with a dot:", line)


def fields_of(head):
    """By name in lower case, still folded; each once."""
    fields = {}
    for field in re.split(rb"\r\n(?![ \t])", head):
        name, colon, value = field.partition(b": ")
        must(colon and re.fullmatch(rb"[A-Za-z0-9-]+", name), "no header field:", field)
        key = name.decode().lower()
        must(key not in fields, f"{key} stands there twice")
        must(all(line.strip() for line in value.split(b"\r\n")), f"{key} has an empty line", value)
        fields[key] = value.decode()
    return fields


def unfolded(value):
    return value.replace("\r\n", "")


# ---- header -----------------------------------------------------------------------------------------------------


def check_fields(fields):
    """RFC 5322 §3.6; a mail to which no other program should answer (RFC 3834 §5)."""
    must(not ONCE - fields.keys(), "it lacks", sorted(ONCE - fields.keys()))
    must(not fields.keys() - ONCE - MAY_BE, "fields that nobody asked for:", sorted(fields.keys() - ONCE - MAY_BE))
    must(fields["mime-version"] == "1.0", "MIME-Version is", fields["mime-version"])
    must(fields["auto-submitted"] == "auto-generated", "Auto-Submitted is", fields["auto-submitted"])


def check_ids(fields, sender):
    """RFC 5322 §3.6.4: one id of its own; and the id of its thread, which is another."""
    domain = sender.partition("@")[2]
    for name, form in (("message-id", MESSAGE_ID), ("in-reply-to", THREAD_ID), ("references", THREAD_ID)):
        found = form.fullmatch(fields[name])
        must(found and found[1] == domain, f"{name} is", fields[name])
    must(fields["in-reply-to"] == fields["references"], "In-Reply-To and References differ")


def check_people(fields, sender, recipients):
    """Header and envelope agree."""
    must(re.fullmatch(rf"mirrorwarden <{ADDRESS.pattern}>", fields["from"]), "From is", fields["from"])
    must(fields["from"].endswith(f" <{sender}>"), "From is not the envelope's:", fields["from"], sender)
    named = unfolded(fields["to"]).split(", ")
    must(all(ADDRESS.fullmatch(each) for each in named), "To is", fields["to"])
    must(named == recipients, "To is not the envelope's:", named, recipients)


def check_date(text):
    """RFC 5322 §3.3; the day of the week must be the date's."""
    must(DATE.fullmatch(text), "Date is", text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError as error:
        must(False, f"Date is {text}: {error}")
    must(date.strftime("%a") == text[:3], "Date has the day of another date:", text)


def check_subject(value):
    """RFC 2047 §2 and §5: lines of at most 76, each word whole characters; nothing that looks like one and is not."""
    text = ""
    for line in value.split("\r\n"):
        words = line.strip(" ")
        found = ENCODED_WORD.fullmatch(words)
        must(found or "=?" not in words, "Subject has half an encoded word:", line)
        if not found:
            must(len(line) <= 78 - len("Subject: "), "Subject has a long line:", line)
            text += line
            continue
        must(len(words) <= 75 and len("Subject: " + words) <= 78, "Subject has a long encoded word:", line)
        text += decoded(found[1], "Subject")
    must(text.strip() and text.isprintable(), "Subject is", text)


def decoded(word, where):
    try:
        return base64.b64decode(word, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        return must(False, f"{where} cannot be read: {error}", word)


# ---- body -------------------------------------------------------------------------------------------------------


def parsed(raw):
    """By Python's reader, without a defect in the mail, its parts or their fields."""
    try:
        mail = email.message_from_bytes(raw, policy=STRICT)
        for part in mail.walk():
            for name, value in part.items():
                must(not value.defects, f"{name} is defective:", value.defects)
            must(not part.defects, "defects:", part.defects)
    except (email.errors.MessageError, email.errors.MessageDefect) as defect:
        must(False, f"defective: {defect!r}")
    return mail


def check_parts(mail):
    """RFC 2046 §5.1.4: what everybody can read first, and the best last; nothing before, between and after them."""
    must(mail.get_content_type() == "multipart/alternative", "it is", mail.get_content_type())
    must(len(mail.get_boundary()) <= 70, "the boundary is long:", mail.get_boundary())
    must(not (mail.preamble or "").strip() and not (mail.epilogue or "").strip(), "text around the parts")
    parts = list(mail.iter_parts())
    kinds = [part.get_content_type() for part in parts]
    must(kinds == ["text/plain", "text/html"], "the parts are", kinds)
    for part in parts:
        must(part.get_content_charset() == "utf-8", "the charset is", part.get_content_charset())
        must(part["content-transfer-encoding"] == "base64", "the encoding is", part["content-transfer-encoding"])
    plain, marked_up = map(text_of, parts)
    must(plain.strip(), "the text is empty")
    Page(marked_up).check()


def text_of(part):
    """RFC 2045 §6.8: lines of at most 76; lines of text end in CRLF."""
    lines = part.get_payload(decode=False).splitlines()
    must(all(len(line) <= 76 for line in lines), "a long line of base64")
    text = decoded("".join(lines), part.get_content_type())
    bare = text.replace("\r\n", "")
    must("\r" not in bare and "\n" not in bare, "CR or LF alone in the text")
    must(all(c.isprintable() for c in bare), "a control character in the text", [c for c in bare if not c.isprintable()])
    return text


class Page(html.parser.HTMLParser):
    """HTML of few elements, each closed in its turn, that loads and runs nothing."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], [], text

    def check(self):
        must(self.text.startswith("<!DOCTYPE html>"), "no DOCTYPE:", self.text[:40])
        self.feed(self.text)
        self.close()
        must(not self.open and {"html", "body"} <= set(self.seen), "not closed:", self.open)

    def handle_starttag(self, tag, attributes):
        must(tag in ELEMENTS, "the HTML has", tag)
        for name, value in attributes:
            must(name in ("lang", "style", "align", "valign") or (tag, name) == ("a", "href"), "the HTML has", tag, name)
            must(name != "href" or LINK.fullmatch(value), "no link:", value)
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        must(self.open and self.open.pop() == tag, "not closed in turn:", tag)


# ---- what a strict reader must notice ---------------------------------------------------------------------------


def replaced(old, new):
    return lambda raw: raw.replace(old, new, 1)


def with_text(kind, change):
    """The mail with that part's text changed, and encoded as before."""

    def spoil(raw):
        head, begin, rest = raw.partition(b"Content-Type: text/" + kind + b";")
        fields, blank, body = rest.partition(b"\r\n\r\n")
        coded, end, after = body.partition(b"\r\n--=_")
        again = base64.b64encode(change(base64.b64decode(coded)))
        lines = b"\r\n".join(again[i:i + 76] for i in range(0, len(again), 76))
        return head + begin + fields + blank + lines + end + after

    return spoil


def without(name):
    return lambda raw: re.sub(rb"(?m)^" + name + rb": .*\r\n(?:[ \t].*\r\n)*", b"", raw, count=1)


def twice(name):
    return lambda raw: re.sub(rb"(?m)^(" + name + rb": .*\r\n(?:[ \t].*\r\n)*)", rb"\1\1", raw, count=1)


def swapped_parts(raw):
    boundary = re.search(rb'boundary="(.*?)"', raw)[1]
    head, plain, marked_up, end = raw.split(b"--" + boundary)
    return (b"--" + boundary).join([head, marked_up, plain, end])


# What is done to a good mail to make it a bad one. Each must be refused.
SPOILS = {
    **{f"without {name}": without(name.encode()) for name in NAMES + ["Content-Transfer-Encoding"]},
    **{f"{name} twice": twice(name.encode()) for name in NAMES},
    "LF alone": replaced(b"\r\n", b"\n"),
    "LF everywhere": lambda raw: raw.replace(b"\r\n", b"\n"),
    "no line end at the end": lambda raw: raw[:-2],
    "a line of 999": replaced(b"\r\nDate:", b"\r\nX-Auto-Response-Suppress: " + b"x" * 973 + b"\r\nDate:"),
    "eight bits in the header": replaced(b"From: mirrorwarden", "From: mirrorwärden".encode()),
    "eight bits in the subject": replaced(b"Subject: ", "Subject: 镜像".encode()),
    "a field of a stranger": replaced(b"\r\nDate:", b"\r\nBcc: someone@example.org\r\nDate:"),
    "a header that ends early": replaced(b"\r\nDate:", b"\r\n\r\nDate:"),
    "an id without a domain": replaced(b"@example.org>\r\nIn-Reply-To", b">\r\nIn-Reply-To"),
    "an id without brackets": lambda raw: re.sub(rb"Message-ID: <(.*?)>", rb"Message-ID: \1", raw),
    "an answer to itself": lambda raw: re.sub(rb"In-Reply-To: <.*?>",
                                              b"In-Reply-To: " + re.search(rb"Message-ID: (<.*?>)", raw)[1], raw),
    "references to another": replaced(b"References: <group.", b"References: <group.0"),
    "a date of another day": replaced(b"Date: Tue", b"Date: Wed"),
    "a date that is none": replaced(b" Nov ", b" Nov 31 "),
    "a date in ISO 8601": lambda raw: re.sub(rb"Date: .*?\r", b"Date: 2023-11-14T22:13:20Z\r", raw),
    "To without a recipient": replaced(b"To: oncall@example.org,\r\n ", b"To: "),
    "From of another": replaced(b"<warden@", b"<someone@"),
    "half a character in a word": lambda raw: re.sub(rb"Subject: .*\r\n(?:[ \t].*\r\n)*",
                                                    b"Subject: =?UTF-8?B?6ZWc5Q==?=\r\n", raw),
    "a long word": lambda raw: re.sub(rb"Subject: .*\r\n(?:[ \t].*\r\n)*",
                                      b"Subject: =?UTF-8?B?" + b"YWFh" * 20 + b"?=\r\n", raw),
    "a subject of nothing": lambda raw: re.sub(rb"Subject: .*\r\n(?:[ \t].*\r\n)*", b"Subject: =?UTF-8?B?IA==?=\r\n", raw),
    "not an alternative": replaced(b"multipart/alternative", b"multipart/mixed"),
    "HTML first": swapped_parts,
    "no end of the parts": lambda raw: raw[:raw.rindex(b"--=_")],
    "another boundary": replaced(b'boundary="=_', b'boundary="=_0'),
    "words before the parts": replaced(b"\r\n\r\n--=_", b"\r\n\r\nHello\r\n--=_"),
    "another charset": replaced(b"charset=utf-8", b"charset=latin-1"),
    "the text as it is": replaced(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: 8bit"),
    "no base64": replaced(b"base64\r\n\r\n", b"base64\r\n\r\n*"),
    "LF in the text": with_text(b"plain", lambda text: text.replace(b"\r\n", b"\n")),
    "half a character in the text": with_text(b"plain", lambda text: text + b"\xe9\x95"),
    "an escape in the text": with_text(b"plain", lambda text: text + b"\x1b[31m"),
    "no text": with_text(b"plain", lambda text: b""),
    "a script": with_text(b"html", lambda text: text.replace(b"<h2", b"<script></script><h2")),
    "an image": with_text(b"html", lambda text: text.replace(b"<h2", b'<img src="x"><h2')),
    "something that runs": with_text(b"html", lambda text: text.replace(b"<h2", b'<h2 onclick="x"')),
    "a link of javascript": with_text(b"html", lambda text: text.replace(b'href="https', b'href="javascript')),
    "what is not closed": with_text(b"html", lambda text: text.replace(b"</table>", b"")),
    "HTML without a DOCTYPE": with_text(b"html", lambda text: text.replace(b"<!DOCTYPE html>", b"")),
}
