"""The real servers of a benchmark, and what is counted in them."""

import itertools
import json
import pathlib

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec
from support.elastic import Elastic, ElasticError
from support.kafka import LEADERLESS, Kafka
from support.stack import Stack, remove_abandoned
from support.waiting import wait_for

PARTITIONS = 4
TIMEOUT_S = 15
NEWS = (KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_LEADER_EPOCH)


class Cluster:
    """Started at once, gone with its data after close()."""

    def __init__(self, services):
        remove_abandoned()
        self.stack = Stack(" ".join(services), settings={"KAFKA_HEAP": "512m", "ELASTICSEARCH_HEAP": "1g"})
        self._pids = None
        try:
            self.stack.up()
        except BaseException:
            self.stack.wipe()
            raise
        self.kafka = Kafka(self.stack.brokers)
        self.elastic = Elastic(self.stack.elasticsearch_url) if "elasticsearch" in services else None
        self._numbers = itertools.count(1)
        self._partitions = {}

    def close(self):
        self.stack.wipe()

    def pids(self):
        """Of the servers: what they use is not foreign."""
        if self._pids is None:
            mark = str(self.stack.dir).encode()
            self._pids = [
                int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit() and _mentions(entry, mark)
            ]
        return self._pids

    # --- Kafka ---

    def topic(self, partitions=PARTITIONS):
        """A new one, with a name of its own."""
        name = f"bench-{next(self._numbers)}"
        self.kafka.create_topic(name, partitions)
        self._partitions[name] = partitions
        self.messages(name)  # its partitions have leaders
        return name

    def messages(self, topic):
        """How many it holds, from the end offsets: one request."""
        return wait_for(lambda: self._ask_messages(topic), TIMEOUT_S, f"the end offsets of {topic}")[0]

    def _ask_messages(self, topic):
        """(number,), or None when a partition is without a leader for a moment, or Kafka does not answer."""
        wanted = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(self._partitions[topic])}
        try:
            found = self.kafka.admin.list_offsets(wanted, request_timeout=TIMEOUT_S)
            return (sum(future.result().offset for future in found.values()),)
        except KafkaException as error:
            code = error.args[0].code()
            if code in NEWS:  # a broker that was frozen leads anew: the client must hear of it
                self.kafka.admin.list_topics(topic, timeout=TIMEOUT_S)
            elif not error.args[0].retriable() and code not in (*LEADERLESS, KafkaError._NOENT):
                raise
            return None

    def drop_topic(self, topic):
        self.kafka.delete_topics(topic)

    # --- Elasticsearch ---

    def indexed(self, pattern):
        """Documents written since the indices were made; costs Elasticsearch no refresh."""
        try:
            answer = self.elastic.call("GET", f"/{pattern}/_stats/indexing?ignore_unavailable=true")
        except ElasticError:
            return 0
        return answer["_all"]["primaries"].get("indexing", {}).get("index_total", 0)

    def stored(self, pattern):
        return self.elastic.count(pattern)

    def export(self, pattern, path):
        """The documents, one a line."""
        with open(path, "w", encoding="utf-8") as out:
            for hit in self.elastic.documents(pattern):
                out.write(json.dumps(hit["_source"], separators=(",", ":"), ensure_ascii=False) + "\n")

    def drop_indices(self, prefix):
        for index in self.elastic.indices(f"{prefix}*"):
            self.elastic.call("DELETE", f"/{index}")

    def copy_template(self, prefix, pattern):
        """Gives indices named `pattern` the settings and mapping that those of `prefix` have."""
        for name, template in self.elastic.templates_for(f"{prefix}-x").items():
            parts = {"template": template["template"], "index_patterns": [pattern], "priority": 700}
            self.elastic.call("PUT", f"/_index_template/{name}-of-{pattern.strip('*')}", parts)

    def settle(self):
        """Elasticsearch finishes what it has begun before somebody else is measured."""
        if self.elastic:
            self.elastic.call("POST", "/_flush?wait_if_ongoing=true", timeout_s=120)


def _mentions(entry, mark):
    try:
        return mark in (entry / "cmdline").read_bytes()
    except OSError:
        return False


def dump_config(path, config):
    """JSON is YAML."""
    pathlib.Path(path).write_text(json.dumps(config, indent=1))
    return path
