"""One test's own corner of the stack: topics, group, indices, folder and programs."""

import json
import secrets

from support import access_log
from support.elastic import Elastic, ElasticError
from support.kafka import Kafka
from support.programs import Program, run_cli
from support.waiting import TimedOut, wait_for

SAMPLE = 10  # sequence numbers shown of those that are wrong


class Pipeline:
    def __init__(self, stack, folder):
        self.stack = stack
        self.folder = folder
        self.name = "t" + secrets.token_hex(5)
        self.topic, self.dlq_topic, self.group = f"{self.name}.logs", f"{self.name}.dlq", f"{self.name}-indexer"
        self.prefix = self.name
        self.indices = f"{self.prefix}-*"
        self.elastic, self.kafka = Elastic(stack.elasticsearch_url), Kafka(stack.brokers)
        self.programs, self._writers = [], []
        self.logs = folder / "logs"
        self.logs.mkdir()

    # --- programs ---

    def shipper_environment(self, **extra):
        return {
            "ALPEX_KAFKA_BROKERS": self.stack.brokers,
            "ALPEX_KAFKA_TOPIC": self.topic,
            "ALPEX_STATE_DIR": str(self.folder / "state"),
            "ALPEX_HTTP_LISTEN": "127.0.0.1:0",
            "ALPEX_AGENT_ID": f"agent-{self.name}",
            "ALPEX_KAFKA_AUDIT_INTERVAL_MS": "500ms",
            **extra,
        }

    def indexer_environment(self, **extra):
        return {
            "ALPEX_KAFKA_BROKERS": self.stack.brokers,
            "ALPEX_KAFKA_TOPIC": self.topic,
            "ALPEX_KAFKA_GROUP": self.group,
            "ALPEX_KAFKA_DLQ_TOPIC": self.dlq_topic,
            # A killed member is missed soon.
            "ALPEX_KAFKA_SESSION_TIMEOUT_MS": "6s",
            "ALPEX_ELASTICSEARCH_URLS": self.stack.elasticsearch_url,
            "ALPEX_ELASTICSEARCH_INDEX_PREFIX": self.prefix,
            "ALPEX_ELASTICSEARCH_REPLICAS": "0",
            "ALPEX_REDIS_URL": self.stack.redis_url,
            "ALPEX_HTTP_LISTEN": "127.0.0.1:0",
            **extra,
        }

    def shipper(self, *paths, name="shipper", config=None, input_options=None, **environment):
        """A `shipper run` that is not started yet. `paths`: what it tails; `config`: further keys."""
        content = {
            "inputs": [
                {
                    "type": "file",
                    "paths": [str(path) for path in paths],
                    "format": "apache-combined",
                    "dataset": "apache.access",
                    **(input_options or {}),
                }
            ],
            **(config or {}),
        }
        return self._program("shipper", name, content, self.shipper_environment(**environment))

    def indexer(self, name="indexer", config=None, **environment):
        return self._program("indexer", name, config or {}, self.indexer_environment(**environment))

    def ship(self, *paths, expect=0, **environment):
        """`shipper ship` to its end."""
        number = sum(program.name.startswith("ship-") for program in self.programs)
        program = Program(
            "shipper",
            self.folder,
            ["ship", *paths, "--format", "apache-combined", "--dataset", "apache.access"],
            self.shipper_environment(**environment),
            name=f"ship-{number}",
        )
        self.programs.append(program)
        code = program.start().wait_exit()
        assert code == expect, f"exit code {code}, expected {expect}\n{program.log_tail()}"
        return program

    def ship_lines(self, seqs, name="access.log"):
        """Writes a file with these sequence numbers and ships it to its end; returns its path."""
        path = self.logs / name
        access_log.write(path, seqs)
        self.ship(path)
        return path

    def writer(self, *paths, lines_per_s=1500, first_seq=0):
        writer = access_log.Writer(paths, lines_per_s, first_seq).start()
        self._writers.append(writer)
        return writer

    def _program(self, program, name, content, environment):
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(content, indent=2))  # JSON is YAML
        made = Program(program, self.folder, ["run", "--config", path], environment, name)
        self.programs.append(made)
        return made

    # --- the end of a test ---

    def log_tails(self):
        return "\n".join(program.log_tail() for program in self.programs if program.starts)

    def is_drained(self):
        """The group has committed to the end of the topic."""
        return self.kafka.lag(self.group, self.topic) == 0

    def wait_drained(self, timeout_s=60):
        wait_for(
            self.is_drained,
            timeout_s,
            lambda: f"the group's lag to become 0, it is {self.kafka.lag(self.group, self.topic)}",
            self.log_tails,
            interval_s=0.2,
        )

    def wait_count(self, count, timeout_s=60):
        """Waits for at least `count` documents, and then until everything in the topic is processed."""

        def enough():
            for program in self.programs:
                if program.starts and program.process.returncode not in (None, 0, -9):
                    raise AssertionError(f"{program.name} failed\n{program.log_tail()}")
            try:
                return self.elastic.count(self.indices) >= count
            except (OSError, ElasticError):
                return False

        wait_for(
            enough,
            timeout_s,
            lambda: f"{count} documents, there are {self.elastic.count(self.indices)}",
            self.log_tails,
            interval_s=0.2,
        )
        self.wait_drained()

    def assert_exactly_once(self, expected, timeout_s=60):
        """Every sequence number of `expected` is stored once, nothing else is, and _id is event.id.

        Returns {sequence number: _id}.
        """
        expected = list(expected)
        try:
            self.wait_count(len(expected), timeout_s)
        except TimedOut as error:
            raise AssertionError(f"{error}\n{self._difference(expected)}") from None
        stored, difference = self._stored(), self._difference(expected)
        assert not difference, f"{difference}\n{self.log_tails()}"
        return {seq: ids[0] for seq, ids in stored.items()}

    def _stored(self):
        stored = {}
        for hit in self.elastic.documents(self.indices, source=["event.id", "url.query"]):
            source = hit["_source"]
            assert hit["_id"] == source["event"]["id"], hit
            query = source.get("url", {}).get("query", "")
            seq = int(query.removeprefix("seq=")) if query.startswith("seq=") else f"no sequence number: {hit}"
            stored.setdefault(seq, []).append(hit["_id"])
        return stored

    def _difference(self, expected):
        stored, wanted = self._stored(), set(expected)
        wrong = {
            "missing": sorted(wanted - stored.keys()),
            "stored more than once": sorted(seq for seq in wanted & stored.keys() if len(stored[seq]) > 1),
            "not expected": sorted(map(str, stored.keys() - wanted)),
        }
        return "\n".join(
            f"{len(found)} of {len(wanted)} {what}: {', '.join(map(str, found[:SAMPLE]))}"
            + (" ... " + str(found[-1]) if len(found) > SAMPLE else "")
            for what, found in wrong.items()
            if found
        )

    def audit(self, *arguments, **environment):
        """`indexer audit --json`: exit code and what it found."""
        done = run_cli(
            "indexer", "audit", "--json", *arguments, timeout_s=60, **self.indexer_environment(**environment)
        )
        assert done.returncode in (0, 3), (done.returncode, done.stderr.decode())
        return done.returncode, json.loads(done.stdout)

    def assert_audit_complete(self, read, timeout_s=20, **expected):
        """The shippers have told of `read` lines, and `indexer audit` finds each record once."""
        last = {}

        def told():
            last["code"], last["result"] = self.audit("--wait", "20s")
            return last["result"]["total"]["read"] >= read

        wait_for(
            told, timeout_s, lambda: f"{read} lines to be told, not {last['result']['total']}", self.log_tails, 0.3
        )
        total = last["result"]["total"]
        assert last["code"] == 0 and total["state"] == "complete", last["result"]
        assert total["read"] == read, last["result"]
        assert total["missing"] == total["doubled"] == total["under_way"] == total["surplus"] == 0, total
        assert total["acknowledged"] == total["indexed"] + total["dead"], total
        left_out = sum(total[name] for name in ("joined", "filtered", "dropped", "headings", "quarantined"))
        assert total["read"] == total["acknowledged"] + left_out, total
        for name, value in expected.items():
            assert total[name] == value, (name, total)
        return last["result"]

    def close(self):
        for writer in self._writers:
            writer.stop()
        for program in self.programs:
            program.kill()

    def remove(self):
        """What is left in the services; they must be up."""
        self.elastic.remove(self.prefix)
        self.kafka.delete_topics(self.topic, self.dlq_topic, f"{self.topic}.audit")
