"""Elasticsearch seen from outside: plain HTTP, no client library, no code of ours."""

import http.client
import json
import urllib.parse

from support.waiting import wait_for

PAGE = 10000
SHARDS_TIMEOUT_S = 15


class ElasticError(Exception):
    def __init__(self, status, answer):
        super().__init__(f"HTTP {status}: {json.dumps(answer)[:800]}")
        self.status = status
        self.answer = answer


class Elastic:
    def __init__(self, url):
        self.url = url
        self._address = urllib.parse.urlsplit(url).netloc

    def call(self, method, path, body=None, timeout_s=30):
        connection = http.client.HTTPConnection(self._address, timeout=timeout_s)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        parsed = json.loads(text) if text[:1] in ("{", "[") else text
        if answer.status >= 300:
            raise ElasticError(answer.status, parsed)
        return parsed

    def bulk(self, actions):
        """Stores (index, id, document) triples; a document may be JSON text, kept as it is. They can be found at once."""
        for start in range(0, len(actions), 2000):
            lines = []
            for index, identity, document in actions[start : start + 2000]:
                text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
                lines.append(json.dumps({"index": {"_index": index, "_id": identity}}) + "\n" + text + "\n")
            connection = http.client.HTTPConnection(self._address, timeout=60)
            try:
                headers = {"Content-Type": "application/x-ndjson"}
                connection.request("POST", "/_bulk?refresh=true", "".join(lines).encode(), headers)
                answer = json.loads(connection.getresponse().read())
            finally:
                connection.close()
            assert answer.get("errors") is False, json.dumps(answer)[:2000]

    def open_views(self):
        """Points in time and scrolls that somebody holds open."""
        nodes = self.call("GET", "/_nodes/stats/indices/search")["nodes"].values()
        return sum(node["indices"]["search"]["open_contexts"] for node in nodes)

    def source_bytes(self, index, identity):
        """A document as Elasticsearch keeps it, to the byte."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            connection.request("GET", f"/{index}/_source/{identity}")
            return connection.getresponse().read()
        finally:
            connection.close()

    def _read(self, path, body=None):
        """A query; the shards of an index that was made a moment ago may not be there yet."""

        def ask():
            try:
                return self.call("POST", path, body)
            except ElasticError as error:
                if error.status != 503:
                    raise
                return None

        return wait_for(ask, SHARDS_TIMEOUT_S, f"the shards of {path}")

    def refresh(self, pattern):
        self.call("POST", f"/{pattern}/_refresh?ignore_unavailable=true&allow_no_indices=true")

    def count(self, pattern, query=None):
        self.refresh(pattern)
        path = f"/{pattern}/_count?ignore_unavailable=true&allow_no_indices=true"
        return self._read(path, {"query": query or {"match_all": {}}})["count"]

    def documents(self, pattern, source=True, query=None):
        """Every document as {_id, _index, _source}, from one point in time."""
        self.refresh(pattern)
        if not self.indices(pattern):
            return
        pit = self._read(f"/{pattern}/_pit?keep_alive=2m")["id"]
        after = None
        try:
            while True:
                body = {
                    "size": PAGE,
                    "query": query or {"match_all": {}},
                    "_source": source,
                    "pit": {"id": pit, "keep_alive": "2m"},
                    "sort": ["_shard_doc"],
                    "track_total_hits": False,
                }
                if after:
                    body["search_after"] = after
                answer = self.call("POST", "/_search", body, timeout_s=60)
                hits = answer["hits"]["hits"]
                if not hits:
                    return
                yield from hits
                after, pit = hits[-1]["sort"], answer["pit_id"]
        finally:
            self.call("DELETE", "/_pit", {"id": pit})

    def aggregate(self, pattern, aggregations):
        self.refresh(pattern)
        body = {"size": 0, "aggs": aggregations, "track_total_hits": True}
        return self._read(f"/{pattern}/_search", body)

    def indices(self, pattern):
        path = f"/{pattern}/_settings?expand_wildcards=all&ignore_unavailable=true&allow_no_indices=true"
        return sorted(self.call("GET", path))

    def templates_for(self, index):
        """The index templates that a new index of this name would match, {name: template}."""
        found = self.call("GET", "/_index_template")["index_templates"]
        return {
            each["name"]: each["index_template"]
            for each in found
            if any(_matches(pattern, index) for pattern in each["index_template"]["index_patterns"])
        }

    def remove(self, prefix):
        """All indices and templates of one test."""
        for index in self.indices(f"{prefix}-*"):
            self.call("DELETE", f"/{index}")
        for name, template in self.templates_for(f"{prefix}-x").items():
            if any(pattern.startswith(prefix) for pattern in template["index_patterns"]):
                self.call("DELETE", f"/_index_template/{name}")


def _matches(pattern, index):
    head, star, tail = pattern.partition("*")
    return index == pattern if not star else index.startswith(head) and index.endswith(tail)
