"""How the lines look: each format renders a client's and a request's part of a line once.

    line = head of the client + time + middle of the request + tail of the client

`shipper` is the name of the format for `shipper parse --format`.
"""

import dataclasses
import json
import time
from typing import Callable

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclasses.dataclass(frozen=True)
class Format:
    name: str
    shipper: str
    stamp: Callable  # seconds since the epoch -> text
    head: Callable  # Client -> text
    middle: Callable  # Request -> text
    tail: Callable  # Client -> text, with the newline
    same_lines_as: str = ""  # another format's name

    @property
    def lines_of(self):
        return self.same_lines_as or self.name


def clf_stamp(seconds):
    t = time.gmtime(seconds)
    return f"{t.tm_mday:02}/{MONTHS[t.tm_mon - 1]}/{t.tm_year}:{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"


def iso_stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def escape(text, quote):
    """As httpd (quote: \\") and nginx (quote: \\x22) write what a quoted field must not hold; bytes are code points here."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    pieces = []
    for each in text:
        if each == '"':
            pieces.append(quote)
        elif each == "\\":
            pieces.append("\\\\" if quote == '\\"' else "\\x5C")
        else:
            pieces.append(each if " " <= each <= "~" else f"\\x{ord(each):02x}")
    return "".join(pieces)


def httpd(text):
    return escape(text, '\\"') or "-"


def nginx(text):
    return escape(text, "\\x22") or "-"


def access_head(client):
    return f"{client.address} - {client.user or '-'} ["


def combined_middle(request):
    line = "-" if request.line is None else httpd(request.line)
    return f'] "{line}" {request.status} {request.size or "-"} "{httpd(request.referrer)}" "'


def combined_tail(client):
    return httpd(client.agent) + '"\n'


COMBINED = Format("combined", "apache-combined", clf_stamp, access_head, combined_middle, combined_tail)

NGINX_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent rt=$request_time '
    'uct="$upstream_connect_time" "$http_referer" "$http_user_agent" $host'
)


def nginx_middle(request):
    line = "" if request.line is None else escape(request.line, "\\x22")
    seconds = f"{request.duration_us / 1e6:.3f}"
    return f'] "{line}" {request.status} {request.size} rt={seconds} uct="0.001" "{nginx(request.referrer)}" "'


def nginx_tail(client):
    return nginx(client.agent) + '" www.example.com\n'


NGINX = Format("nginx log_format", "nginx:" + NGINX_FORMAT, clf_stamp, access_head, nginx_middle, nginx_tail)

VHOST_FORMAT = '%v:%p %a %l %u %t "%r" %>s %O %D "%{Referer}i" "%{User-Agent}i"'


def vhost_head(client):
    return "www.example.com:443 " + access_head(client)


def vhost_middle(request):
    line = "-" if request.line is None else httpd(request.line)
    return f'] "{line}" {request.status} {request.size + 300} {request.duration_us} "{httpd(request.referrer)}" "'


VHOST = Format("LogFormat", "apache:" + VHOST_FORMAT, clf_stamp, vhost_head, vhost_middle, combined_tail)


def json_text(text):
    return json.dumps(text)


def json_head(client):
    return f'{{"remote_addr":"{client.address}","remote_user":{json_text(client.user)},"time":"'


def json_middle(request):
    line = json_text(request.line or "")
    return (
        f'.{request.fraction_us // 1000:03}Z","level":"info","host":"www.example.com","request":{line},"status":{request.status},'
        f'"body_bytes_sent":{request.size},"request_time":{request.duration_us / 1e6:.3f},'
        f'"http_referer":{json_text(request.referrer)},"http_user_agent":'
    )


def json_tail(client):
    return json_text(client.agent) + "}\n"


JSON = Format("JSON", "json", iso_stamp, json_head, json_middle, json_tail)


def syslog_head(client):
    return "<190>1 "


def syslog_middle(request):
    line = escape(request.line or "-", "'")
    return (
        f'.{request.fraction_us:06}Z web1.example.com nginx 812 access [origin ip="192.0.2.10"][http status="{request.status}" '
        f'bytes="{request.size}"] "{line}" {request.duration_us} us, "{escape(request.referrer, chr(39))}" from '
    )


def syslog_tail(client):
    return f'{client.address}: "{escape(client.agent, chr(39))}"\n'


SYSLOG = Format("syslog 5424", "syslog-5424", iso_stamp, syslog_head, syslog_middle, syslog_tail)

# The same lines, read by patterns.
GROK = dataclasses.replace(COMBINED, name="grok", same_lines_as="combined", shipper="grok:%{COMBINEDAPACHELOG}")
REGEX = dataclasses.replace(
    COMBINED,
    name="regex",
    same_lines_as="combined",
    shipper=(
        r'regex:^(?<client>\S+) (?<ident>\S+) (?<user>\S+) \[(?<timestamp>[^\]]+)\] "(?<request>(?:[^"\\]|\\.)*)" '
        r'(?<status>\d{3}) (?<bytes>\d+|-) "(?<referrer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)"$'
    ),
)

FORMATS = (COMBINED, NGINX, VHOST, JSON, SYSLOG, GROK, REGEX)
