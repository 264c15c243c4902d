"""A strict reader of the Prometheus text format 0.0.4: what it does not accept is a bug of the writer."""

import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


class Metrics:
    """The samples of one scrape: {name: {labels (a frozenset of pairs): value}}."""

    def __init__(self, text):
        self.types, self.helps, self.samples = {}, {}, {}
        self._seen_families = []
        if text and not text.endswith("\n"):
            raise ValueError("the last line has no newline")
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                self._read(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}: {line!r}") from None
        self._check_histograms()

    def value(self, name, **labels):
        """The sum over the series of `name` that carry `labels`; 0 when there is none."""
        wanted = set(labels.items())
        return sum(value for pairs, value in self.samples.get(name, {}).items() if wanted <= pairs)

    def has(self, name):
        return name in self.types

    def _read(self, line):
        if not line:
            return
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            if name in self.helps:
                raise ValueError("a second HELP")
            self.helps[name] = line
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in self.types:
                raise ValueError("a second TYPE")
            if kind not in TYPES or not NAME.fullmatch(name):
                raise ValueError("wrong TYPE line")
            self.types[name] = kind
            self._seen_families.append(name)
        elif line.startswith("#"):
            raise ValueError("a comment that is neither HELP nor TYPE")
        else:
            self._read_sample(line)

    def _read_sample(self, line):
        match = NAME.match(line)
        if not match:
            raise ValueError("no metric name")
        name, rest = match.group(), line[match.end() :]
        family = self._family_of(name)
        if not self._seen_families or self._seen_families[-1] != family:
            raise ValueError("a sample outside of its family's block")
        labels, rest = self._read_labels(rest)
        if not re.fullmatch(r" [^ ]+", rest):
            raise ValueError("one blank and one value expected")
        value = _number(rest[1:])
        if self.types[family] == "counter" and not value >= 0:
            raise ValueError("a counter below zero")
        series = self.samples.setdefault(name, {})
        if labels in series:
            raise ValueError("a series twice")
        series[labels] = value

    def _family_of(self, name):
        if name in self.types:
            return name
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        if self.types.get(base) in ("histogram", "summary"):
            return base
        raise ValueError("a sample without TYPE")

    @staticmethod
    def _read_labels(rest):
        if not rest.startswith("{"):
            return frozenset(), rest
        pairs, position = [], 1
        while rest[position] != "}":
            match = LABEL.match(rest, position)
            if not match:
                raise ValueError("wrong labels")
            pairs.append((match.group(1), match.group(2)))
            position = match.end()
            if rest[position] == ",":
                position += 1
            elif rest[position] != "}":
                raise ValueError("wrong labels")
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a label twice")
        return frozenset(pairs), rest[position + 1 :]

    def _check_histograms(self):
        for name in (name for name, kind in self.types.items() if kind == "histogram"):
            groups = {}
            for labels, value in self.samples.get(name + "_bucket", {}).items():
                pairs = dict(labels)
                bound = _number(pairs.pop("le"))
                groups.setdefault(frozenset(pairs.items()), []).append((bound, value))
            for labels, buckets in groups.items():
                buckets.sort()
                values = [value for _, value in buckets]
                if values != sorted(values):
                    raise ValueError(f"{name}: buckets do not grow")
                if buckets[-1][0] != math.inf:
                    raise ValueError(f"{name}: no +Inf bucket")
                if values[-1] != self.samples[name + "_count"][labels]:
                    raise ValueError(f"{name}: +Inf bucket is not the count")
                if labels not in self.samples[name + "_sum"]:
                    raise ValueError(f"{name}: no sum")


def _number(text):
    if not re.fullmatch(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|NaN)", text):
        raise ValueError("not a number")
    return float(text)
