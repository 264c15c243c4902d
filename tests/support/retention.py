"""Indices of days long past, as the indexer makes them, and `indexer retention` on them."""

import datetime
import json
import secrets

from support.elastic import Elastic, ElasticError
from support.programs import Program, run_cli
from support.waiting import wait_for


def learn_template(stack, folder):
    """The index template as the indexer installs it: {"index_patterns": …, "template": …}."""
    prefix = "t" + secrets.token_hex(5)
    elastic = Elastic(stack.elasticsearch_url)
    indexer = Program("indexer", folder, ["run"], environment(stack, prefix), "template")
    indexer.start()
    try:
        found = wait_for(lambda: elastic.templates_for(f"{prefix}-x"), 30, "the template", indexer.log_tail)
    finally:
        indexer.kill()
    (name, template), *_ = found.items()
    elastic.call("DELETE", f"/_index_template/{name}")
    return json.dumps(template).replace(prefix, "PREFIX")


def environment(stack, prefix, **extra):
    return {
        "ALPEX_KAFKA_BROKERS": stack.brokers,
        "ALPEX_KAFKA_TOPIC": f"{prefix}.logs",
        "ALPEX_KAFKA_DLQ_TOPIC": f"{prefix}.dlq",
        "ALPEX_KAFKA_GROUP": prefix,
        "ALPEX_ELASTICSEARCH_URLS": stack.elasticsearch_url,
        "ALPEX_ELASTICSEARCH_INDEX_PREFIX": prefix,
        "ALPEX_ELASTICSEARCH_REPLICAS": "0",
        "ALPEX_HTTP_LISTEN": "127.0.0.1:0",
        **extra,
    }


class Corner:
    """One prefix with its template; nothing of it is left afterwards."""

    def __init__(self, stack, folder, template):
        self.stack, self.folder = stack, folder
        self.prefix = "t" + secrets.token_hex(5)
        self.elastic = Elastic(stack.elasticsearch_url)
        self.today = datetime.datetime.now(datetime.timezone.utc).date()
        body = json.loads(template.replace("PREFIX", self.prefix))
        self.elastic.call("PUT", f"/_index_template/alpex-{self.prefix}", body)
        self.rules = {}

    def date(self, days_ago):
        return self.today - datetime.timedelta(days=days_ago)

    def name(self, dataset, days_ago):
        return f"{self.prefix}-{dataset}-{self.date(days_ago):%Y.%m.%d}"

    def kept_name(self, dataset, days_ago):
        return f"kept-{self.prefix}-{dataset}-{self.date(days_ago):%Y.%m}"

    def record(self, dataset, days_ago, number, **extra):
        return {
            "@timestamp": f"{self.date(days_ago)}T{number % 24:02}:00:00.{number % 1000:03}Z",
            "event": {"id": f"{dataset}-{days_ago}-{number}", "dataset": dataset},
            "message": f"record {number}",
            **extra,
        }

    def day(self, dataset, days_ago, records=3, index=None):
        """An index of a day with so many records, or these."""
        name = index or self.name(dataset, days_ago)
        if isinstance(records, int):
            records = [self.record(dataset, days_ago, number) for number in range(records)]
        if not records:
            self.elastic.call("PUT", f"/{name}", {})
        self.elastic.bulk([(name, each["event"]["id"], each) for each in records])
        return name

    def config(self, **retention):
        path = self.folder / f"{secrets.token_hex(4)}.yaml"
        path.write_text(json.dumps({"retention": {"enabled": True, **retention}}))
        return path

    def command(self, *arguments, url=None, **retention):
        """`indexer retention …` to its end."""
        extra = {"ALPEX_ELASTICSEARCH_URLS": url} if url else {}
        return run_cli(
            "indexer",
            "retention",
            *arguments,
            "--config",
            self.config(**retention),
            timeout_s=60,
            **environment(self.stack, self.prefix, **extra),
        )

    def run(self, *arguments, expect=0, **retention):
        done = self.command("run", *(arguments or ("--yes",)), "--json", **retention)
        assert done.returncode == expect, done.text
        return [json.loads(line) for line in done.stdout.splitlines()]

    def status(self, **retention):
        done = self.command("status", "--json", **retention)
        assert done.returncode == 0, done.text
        return json.loads(done.stdout)

    def indexer(self, name="indexer", url=None, **retention):
        extra = {"ALPEX_ELASTICSEARCH_URLS": url} if url else {}
        path = self.config(**retention)
        return Program(
            "indexer", self.folder, ["run", "--config", path], environment(self.stack, self.prefix, **extra), name
        )

    def indices(self):
        return [name for name in self.elastic.indices(f"{self.prefix}-*") if name.startswith(self.prefix)]

    def ids(self, pattern=None):
        """Of all records that a search finds, each as often as it is found."""
        pattern = pattern or f"{self.prefix}-*"
        self.elastic.refresh(pattern)
        found = self.elastic.call("POST", f"/{pattern}/_search", {"size": 5000, "_source": False})["hits"]
        assert found["total"]["value"] == len(found["hits"])
        return sorted(hit["_id"] for hit in found["hits"])

    def remove(self):
        for pattern in (f"{self.prefix}-*", f"kept-{self.prefix}-*", f"foreign-{self.prefix}-*"):
            for name in self.elastic.indices(pattern):
                try:
                    self.elastic.call("PUT", f"/{name}/_settings", {"index.blocks.read_only": None})
                    self.elastic.call("DELETE", f"/{name}")
                except ElasticError as error:
                    if error.status != 404:
                        raise
        for path in (f"/.alpex-{self.prefix}-control", f"/_index_template/alpex-{self.prefix}"):
            try:
                self.elastic.call("DELETE", path)
            except ElasticError as error:
                if error.status != 404:
                    raise
