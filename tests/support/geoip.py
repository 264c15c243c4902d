"""Small MaxMind databases of documentation networks."""

from mmdb_writer import MMDBWriter
from netaddr import IPSet


REGIONS = {"Land Berlin": "BE", "Colorado": "CO", "Rhône": "69"}


def write_city(path):
    """The layout of GeoLite2-City."""
    writer = _writer("GeoLite2-City")
    writer.insert_network(
        IPSet(["192.0.2.0/24"]), _city("DE", "Germany", "EU", "Berlin", 52.52, 13.405, "Europe/Berlin", "Land Berlin")
    )
    writer.insert_network(
        IPSet(["198.51.100.0/24"]),
        _city("US", "United States", "NA", "Denver", 39.7392, -104.9903, "America/Denver", "Colorado"),
    )
    writer.insert_network(
        IPSet(["2001:db8::/32"]), _city("FR", "France", "EU", "Lyon", 45.764, 4.8357, "Europe/Paris", "Rhône")
    )
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "BR", "names": {"en": "Brazil"}}})
    writer.to_db_file(str(path))
    return path


def write_flat_city(path, network="192.0.2.0/24", country="DE", city="Berlin"):
    """The layout of the DB-IP files: no nesting."""
    writer = _writer("DBIP-City-Lite")
    writer.insert_network(
        IPSet([network]),
        {
            "country_code": country,
            "city": city,
            "state1": "Land Berlin",
            "latitude": 52.52,
            "longitude": 13.405,
            "timezone": "",
        },
    )
    writer.to_db_file(str(path))
    return path


def write_asn(path):
    writer = _writer("GeoLite2-ASN")
    writer.insert_network(
        IPSet(["192.0.2.0/24"]), {"autonomous_system_number": 64496, "autonomous_system_organization": "Example Net"}
    )
    writer.to_db_file(str(path))
    return path


def _writer(kind):
    return MMDBWriter(
        ip_version=6,
        ipv4_compatible=True,
        database_type=kind,
        languages=["en"],
        description="test data",
        float_type="f64",
        int_type="u32",
    )


def _city(iso, country, continent, name, lat, lon, zone, region):
    return {
        "continent": {"code": continent},
        "country": {"iso_code": iso, "names": {"en": country}},
        "city": {"names": {"en": name}},
        "subdivisions": [{"iso_code": REGIONS.get(region, "X"), "names": {"en": region}}],
        "location": {"latitude": lat, "longitude": lon, "time_zone": zone},
    }
