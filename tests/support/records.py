"""Records as a shipper sends them, made without one."""

import datetime
import json

DATASET = "apache.access"


def make(seq, when=None, **fields):
    when = when or datetime.datetime.now(datetime.timezone.utc)
    return {
        "@timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.000Z",
        "message": f"GET /item?seq={seq} HTTP/1.1",
        "event": {"id": f"{seq:022d}", "dataset": DATASET},
        "source": {"address": "192.0.2.7", "ip": "192.0.2.7"},
        "http": {
            "request": {"method": "GET"},
            "response": {"status_code": 200, "body": {"bytes": 100}},
            "version": "1.1",
        },
        "url": {"original": f"/item?seq={seq}", "path": "/item", "query": f"seq={seq}"},
        "user_agent": {"original": "curl/8.5.0"},
        "host": {"name": "web1"},
        **fields,
    }


def messages(seqs, **fields):
    """(key, value) pairs for Kafka, spread over several keys."""
    return [(f"key-{seq % 16}".encode(), json.dumps(make(seq, **fields)).encode()) for seq in seqs]


def index_name(prefix, when=None):
    when = when or datetime.datetime.now(datetime.timezone.utc)
    return f"{prefix}-{DATASET}-{when:%Y.%m.%d}"
