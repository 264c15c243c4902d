#!/usr/bin/env python3
"""Writes a small GeoIP database for the demo: MaxMind DB format, city and AS in one file.

    demo_geoip.py geo.mmdb          then ALPEX_GEOIP_CITY=geo.mmdb ALPEX_GEOIP_ASN=geo.mmdb

The data is MADE UP. The country of a network is a rough guess, city, coordinates and owner are drawn from a short
list: enough to see maps and charts move, wrong for everything else. Real databases: MaxMind GeoLite2, DB-IP Lite.
Nothing but the standard library.
"""

import ipaddress
import os
import struct
import sys
import time

DESCRIPTION = "Made-up demonstration data of ALPEX: places and owners are invented. Not for any other use."
RECORD_BITS = 24
DATA_SEPARATOR = b"\0" * 16
METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"
FIRST_PRIVATE_AS = 64512
BRANCHES = 4  # parts of a broad network, so that its country's cities all occur

# Country: name, continent, cities as (name, region, latitude, longitude, time zone), broad networks.
COUNTRIES = {
    "US": ("United States", "NA", [("Denver", "Colorado", 39.74, -104.99, "America/Denver"),
                                   ("Chicago", "Illinois", 41.88, -87.63, "America/Chicago"),
                                   ("Seattle", "Washington", 47.61, -122.33, "America/Los_Angeles"),
                                   ("Newark", "New Jersey", 40.74, -74.17, "America/New_York")],
           ("3 4 8 12 13 15 16 17 18 20 23 24 32 34 35 38 40 44 47 50 52 57 63 64 65 66 68 69 70 71 72 73 74 75 76 96 "
            "97 98 99 100 104 107 108 149 157 172 173 184 192 198 199 204 205 206 207 208 209 216 2600::/12")),
    "CA": ("Canada", "NA", [("Toronto", "Ontario", 43.65, -79.38, "America/Toronto"),
                            ("Calgary", "Alberta", 51.05, -114.07, "America/Edmonton")], "67 142 174"),
    "GB": ("United Kingdom", "EU", [("Leeds", "England", 53.80, -1.55, "Europe/London"),
                                    ("Glasgow", "Scotland", 55.86, -4.25, "Europe/London")], "2 25 51 81 86"),
    "DE": ("Germany", "EU", [("Berlin", "Land Berlin", 52.52, 13.41, "Europe/Berlin"),
                             ("Hamburg", "Hamburg", 53.55, 9.99, "Europe/Berlin"),
                             ("Leipzig", "Saxony", 51.34, 12.37, "Europe/Berlin")],
           "46 53 78 79 80 84 88 91 93 176 188 217 2003::/16 2a02::/16"),
    "FR": ("France", "EU", [("Lyon", "Auvergne-Rhone-Alpes", 45.76, 4.84, "Europe/Paris"),
                            ("Nantes", "Pays de la Loire", 47.22, -1.55, "Europe/Paris")],
           "37 54 82 90 92 109 2a01::/16"),
    "NL": ("Netherlands", "EU", [("Utrecht", "Utrecht", 52.09, 5.12, "Europe/Amsterdam")], "62 77 145 185"),
    "IT": ("Italy", "EU", [("Turin", "Piedmont", 45.07, 7.69, "Europe/Rome")], "87 151"),
    "ES": ("Spain", "EU", [("Seville", "Andalusia", 37.39, -5.98, "Europe/Madrid")], "83 212"),
    "SE": ("Sweden", "EU", [("Uppsala", "Uppsala County", 59.86, 17.64, "Europe/Stockholm")], "89 194"),
    "PL": ("Poland", "EU", [("Gdansk", "Pomerania", 54.35, 18.65, "Europe/Warsaw")], "31 94"),
    "RU": ("Russia", "EU", [("Kazan", "Tatarstan", 55.79, 49.12, "Europe/Moscow")], "5 95 178 213"),
    "UA": ("Ukraine", "EU", [("Lviv", "Lviv Oblast", 49.84, 24.03, "Europe/Kyiv")], "193 195"),
    "IN": ("India", "AS", [("Pune", "Maharashtra", 18.52, 73.86, "Asia/Kolkata"),
                           ("Kochi", "Kerala", 9.93, 76.27, "Asia/Kolkata")], "49 59 103 106 117 2409::/16"),
    "CN": ("China", "AS", [("Chengdu", "Sichuan", 30.57, 104.07, "Asia/Shanghai")],
           "1 36 42 58 61 114 175 180 182 202 218 219 220 221 222 223"),
    "JP": ("Japan", "AS", [("Osaka", "Osaka", 34.69, 135.50, "Asia/Tokyo"),
                           ("Sendai", "Miyagi", 38.27, 140.87, "Asia/Tokyo")], "43 126 133 153 203 210 2400::/12"),
    "KR": ("South Korea", "AS", [("Busan", "Busan", 35.18, 129.08, "Asia/Seoul")], "14 121 211"),
    "SG": ("Singapore", "AS", [("Singapore", "Singapore", 1.29, 103.85, "Asia/Singapore")], "27 101 119"),
    "AU": ("Australia", "OC", [("Perth", "Western Australia", -31.95, 115.86, "Australia/Perth")], "110 124"),
    "BR": ("Brazil", "SA", [("Recife", "Pernambuco", -8.05, -34.88, "America/Recife"),
                            ("Curitiba", "Parana", -25.43, -49.27, "America/Sao_Paulo")],
           "177 179 187 189 191 2800::/12"),
    "AR": ("Argentina", "SA", [("Rosario", "Santa Fe", -32.94, -60.65, "America/Argentina/Cordoba")],
           "181 186 190 200 201"),
    "ZA": ("South Africa", "AF", [("Durban", "KwaZulu-Natal", -29.86, 31.02, "Africa/Johannesburg")],
           "41 105 2c00::/12"),
    "NG": ("Nigeria", "AF", [("Ibadan", "Oyo", 7.38, 3.95, "Africa/Lagos")], "102 154"),
    "MA": ("Morocco", "AF", [("Agadir", "Souss-Massa", 30.43, -9.60, "Africa/Casablanca")], "196 197"),
}

# Networks kept for documentation, where examples and tests come from: network, country, number of its city.
EXAMPLES = (
    ("192.0.2.0/24", "DE", 0),
    ("198.51.100.0/24", "US", 0),
    ("203.0.113.0/24", "JP", 0),
    ("2001:db8::/32", "FR", 0),
)


def control(kind, size):
    """The bytes in front of a value: its type and size."""
    first, extended = (kind << 5, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    return bytes([first | 30]) + extended + struct.pack(">H", size - 285)


def encode(value):
    """A value of the data section. Whole numbers are uint32, unless given as (type, bytes, number)."""
    if isinstance(value, str):
        text = value.encode()
        return control(2, len(text)) + text
    if isinstance(value, float):
        return control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return control(6, 4) + struct.pack(">I", value)
    if isinstance(value, tuple):
        kind, size, number = value
        return control(kind, size) + number.to_bytes(size, "big")
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(map(encode, value))
    return control(7, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())


def uint16(number):
    return 5, 2, number


def record(code, city_number, as_number):
    """What a network answers: GeoLite2-City's schema, with GeoLite2-ASN's keys beside."""
    name, continent, cities, _ = COUNTRIES[code]
    city, region, latitude, longitude, zone = cities[city_number % len(cities)]
    return {
        "autonomous_system_number": as_number,
        "autonomous_system_organization": f"Demo carrier {as_number - FIRST_PRIVATE_AS + 1}, {name} (made up)",
        "city": {"names": {"en": city}},
        "continent": {"code": continent},
        "country": {"iso_code": code, "names": {"en": name}},
        "location": {"latitude": latitude, "longitude": longitude, "time_zone": zone},
        "subdivisions": [{"names": {"en": region}}],
    }


def networks():
    """All networks with their records, broad ones before the narrow ones within them."""
    owners, found = {}, []
    for code, (_, _, cities, broad) in COUNTRIES.items():
        for position, text in enumerate(broad.split()):
            network = ipaddress.ip_network(text if ":" in text else f"{text}.0.0.0/8")
            owner = owners.setdefault((code, position % len(cities)), FIRST_PRIVATE_AS + len(owners))
            for branch, part in enumerate(network.subnets(new_prefix=network.prefixlen + BRANCHES.bit_length() - 1)):
                found.append((part, record(code, position + branch, owner)))
    for text, code, city_number in EXAMPLES:
        found.append((ipaddress.ip_network(text), record(code, city_number, owners[code, city_number])))
    return sorted(found, key=lambda item: item[0].prefixlen)


class Tree:
    """The search tree: a node is a pair of branches; a branch is None, another node's number, or ("data", offset)."""

    def __init__(self):
        self.nodes = [[None, None]]
        self.data = b""
        self.offsets = {}

    def offset(self, value):
        encoded = encode(value)
        if encoded not in self.offsets:
            self.offsets[encoded] = len(self.data)
            self.data += encoded
        return self.offsets[encoded]

    def add(self, network, value):
        bits, length = int(network.network_address), network.prefixlen
        if network.version == 4:  # IPv4 is the part ::/96 of the tree
            length += 96
        node = 0
        for depth in range(length - 1):
            side = bits >> (127 - depth) & 1
            if not isinstance(self.nodes[node][side], int):  # nothing, or a broader network, which is split
                self.nodes.append([self.nodes[node][side]] * 2)
                self.nodes[node][side] = len(self.nodes) - 1
            node = self.nodes[node][side]
        self.nodes[node][bits >> (128 - length) & 1] = ("data", self.offset(value))

    def encode(self):
        count = len(self.nodes)

        def target(branch):
            if branch is None:
                return count
            return branch if isinstance(branch, int) else count + len(DATA_SEPARATOR) + branch[1]

        return b"".join(target(branch).to_bytes(RECORD_BITS // 8, "big") for node in self.nodes for branch in node)

    def metadata(self):
        return {
            "binary_format_major_version": uint16(2),
            "binary_format_minor_version": uint16(0),
            "build_epoch": (9, 8, int(time.time())),
            "database_type": "ALPEX-Demo-City-ASN",
            "description": {"en": DESCRIPTION},
            "ip_version": uint16(6),
            "languages": ["en"],
            "node_count": len(self.nodes),
            "record_size": uint16(RECORD_BITS),
        }


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stdout if sys.argv[1:] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    tree = Tree()
    for network, value in networks():
        tree.add(network, value)
    path = sys.argv[1]
    with open(path + ".new", "wb") as file:
        file.write(tree.encode() + DATA_SEPARATOR + tree.data + METADATA_MARKER + encode(tree.metadata()))
    os.replace(path + ".new", path)  # a running indexer takes it as a whole
    print(f"{path}: made-up GeoIP data for the demo, {len(tree.nodes)} nodes, {len(tree.offsets)} places")
    return 0


if __name__ == "__main__":
    sys.exit(main())
