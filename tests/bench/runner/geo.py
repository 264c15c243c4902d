"""A GeoIP database of a size at which a look-up costs what it costs: made-up places, a network for each part of the Internet."""

import os
import random
import sys

from runner.paths import REPO

sys.path.append(str(REPO / "deploy" / "local"))
import demo_geoip  # noqa: E402

NARROW = 60_000  # networks
PLACES = 2_000


def make_place(rng):
    code = rng.choice(list(demo_geoip.COUNTRIES))
    value = demo_geoip.record(code, rng.randrange(4), demo_geoip.FIRST_PRIVATE_AS + rng.randrange(5000))
    return value | {"postal": {"code": f"{rng.randrange(100_000):05}"}}


def write(path, seed=1):
    """City and AS in one file; the same seed, the same networks."""
    if path.exists():
        return path
    rng = random.Random(seed)
    tree = demo_geoip.Tree()
    for network, value in demo_geoip.networks():
        tree.add(network, value)
    places = [make_place(rng) for _ in range(PLACES)]
    narrow = []
    for _ in range(NARROW):
        length = rng.choices((12, 14, 16, 18, 20, 22, 24), (1, 2, 6, 6, 12, 20, 40))[0]
        address = rng.getrandbits(length) << (32 - length)
        if 1 <= address >> 24 <= 223:
            narrow.append((length, address))
    for length, address in sorted(narrow):
        tree.add(demo_geoip.ipaddress.ip_network((address, length)), rng.choice(places))
    partial = path.with_suffix(".part")
    with open(partial, "wb") as out:
        out.write(tree.encode() + demo_geoip.DATA_SEPARATOR + tree.data)
        out.write(demo_geoip.METADATA_MARKER + demo_geoip.encode(tree.metadata()))
    os.replace(partial, path)
    return path
