"""syslog-ng: its file source, csv-parser with quotes and brackets, date-parser, format-json; the kafka-c destination.

follow-freq is how often it looks at the file, and its freshness: one second by default, which row E shows beside a tenth.
"""

import re

from peers import Run, find, folder_of
from runner.machine import first_line

NAME = "syslog-ng"

TEXT = """@version: {version}
options {{ stats-freq(0); threaded(yes); use-dns(no); dns-cache(no); log-msg-size(65536); }};
source s_file {{
  file("{file}" follow-freq({follow_s}) flags(no-parse) log-iw-size(100000) log-fetch-limit(10000));
}};
parser p_access {{
  csv-parser(prefix("access.") columns("client", "ident", "user", "time", "request", "status", "bytes", "referrer", "agent")
    delimiters(" ") quote-pairs('""[]') flags(strip-whitespace));
  csv-parser(prefix("access.") columns("method", "url", "version") template("${{access.request}}") delimiters(" "));
  date-parser(template("${{access.time}}") format("%d/%b/%Y:%H:%M:%S %z"));
}};
destination d_out {{ {destination} }};
log {{ source(s_file); parser(p_access); destination(d_out); flags(flow-control); }};
"""
TO_NOTHING = """file("/dev/null" template("$(format-json --key access.* time=${ISODATE})\\n"));"""
TO_KAFKA = """kafka-c(bootstrap-servers("%s") topic("%s") message("$(format-json --key access.* time=${ISODATE})")
    log-fifo-size(200000) config(compression.codec("lz4") acks("all") queue.buffering.max.messages("100000")));"""


def _program():
    found = find(NAME, "syslog-ng")
    modules = folder_of(NAME, "libkafka.so")
    return (*found, modules) if found and modules else None


def available():
    return _program() is not None


def _version(modules):
    """Of the configuration's language: the folder of the modules is named by it."""
    named = re.search(r"(\d+\.\d+)", str(modules)) or re.search(r"(\d+\.\d+)", first_line("syslog-ng", "--version"))
    return named.group(1) if named else "3.38"


def _run(folder, file, destination, follow_s):
    path, env, modules = _program()
    text = TEXT.format(version=_version(modules), file=file, destination=destination, follow_s=follow_s)
    (folder / "syslog-ng.conf").write_text(text)
    own = ["-R", folder / "persist", "-p", folder / "pid", "-c", folder / "control"]
    return Run([path, "-F", "--no-caps", "-f", folder / "syslog-ng.conf", "--module-path", modules, *own], env)


def parse(folder, file):
    return _run(folder, file, TO_NOTHING, 1)


def ship(folder, file, brokers, topic, follow_s=1):
    return _run(folder, file, TO_KAFKA % (brokers, topic), follow_s)
