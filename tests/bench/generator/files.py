"""Generated logs as files, kept from one run to the next."""

import hashlib
import itertools
import os
import pathlib

from generator.traffic import Traffic

START_S = 1772323200  # 2026-03-01T00:00:00Z: all lines are of this day, so they go into one index
DAY_S = 86000


def lines(log_format, count, seed, traffic=None):
    """The text of `count` lines, a block at a time."""
    traffic = traffic or Traffic(seed)
    heads = [log_format.head(client) for client in traffic.clients]
    tails = [log_format.tail(client) for client in traffic.clients]
    middles = [log_format.middle(request) for request in traffic.requests]
    written, second, stamp = 0, None, ""
    for block in traffic.draws():
        pieces = []
        for client, request in itertools.islice(block, count - written):
            if (now := START_S + written * DAY_S // count) != second:
                second, stamp = now, log_format.stamp(now)
            pieces.append(heads[client] + stamp + middles[request] + tails[client])
            written += 1
        yield "".join(pieces)
        if written == count:
            return


def version():
    """Changes with the sources of the generator: a file that an older one made is not taken for this one's."""
    digest = hashlib.sha256()
    for source in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def write(path, log_format, count, seed, traffic=None):
    """Whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        with open(partial, "w", encoding="ascii") as out:
            out.writelines(lines(log_format, count, seed, traffic))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def cached(folder, log_format, count, seed):
    """Path of a file with these lines, made unless it is there; of an older generator, removed."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{log_format.lines_of.replace(' ', '-')}-{count}-{seed}-"
    path = folder / f"{name}{version()}.log"
    if not path.exists():
        for older in folder.glob(name + "*.log"):
            older.unlink()
        write(path, log_format, count, seed)
    return path
