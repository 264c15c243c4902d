"""Real Kafka, Elasticsearch and Redis for one test session, by deploy/local/stack.sh."""

import os
import pathlib
import secrets
import subprocess

from support.ports import free_port

REPO = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = REPO / "deploy" / "local" / "stack.sh"
STACKS = REPO / "build" / "test-stacks"
START_TIMEOUT_S = 300  # downloads on a fresh machine included


class Stack:
    def __init__(self, services="kafka elasticsearch redis", secure=False, settings=None):
        """`secure`: Kafka listens with TLS and SASL too, see deploy/local/services/kafka_secure.sh. `settings`: more
        variables of stack.sh."""
        # The owner's pid is in the name: a stack whose owner is gone can be recognised.
        self.dir = STACKS / f"{os.getpid()}-{secrets.token_hex(3)}"
        self.kafka_port = free_port(*range(1, 6))
        self.elasticsearch_port = free_port(100)
        self.redis_port = free_port()
        self.brokers = f"127.0.0.1:{self.kafka_port}"
        self.tls_brokers, self.mtls_brokers, self.sasl_brokers, self.expired_brokers = (
            f"localhost:{self.kafka_port + offset}" for offset in range(2, 6)
        )
        self.tls = self.dir / "kafka" / "tls"
        self.elasticsearch_url = f"http://127.0.0.1:{self.elasticsearch_port}"
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self._down = set()
        self._environment = {
            "STACK_SERVICES": services,
            "STACK_PARTITIONS": "4",
            "KAFKA_PORT": str(self.kafka_port),
            "KAFKA_SECURE": "1" if secure else "0",
            "ELASTICSEARCH_PORT": str(self.elasticsearch_port),
            "REDIS_PORT": str(self.redis_port),
            **(settings or {}),
        }

    def up(self):
        self._run("up", timeout_s=START_TIMEOUT_S + 600)

    def wipe(self):
        self._run("wipe", timeout_s=120)

    def stop(self, service):
        self._down.add(service)
        self._run("stop", service)

    def kill(self, service):
        self._down.add(service)
        self._run("kill", service)

    def pause(self, service):
        self._down.add(service)
        self._run("pause", service)

    def start(self, service):
        """Starts or resumes; returns when the service answers."""
        self._run("start", service)
        self._down.discard(service)

    def restore(self):
        """Starts what a test stopped and left so."""
        for service in sorted(self._down):
            self.start(service)

    def _run(self, *command, timeout_s=150):
        _stack_sh(self.dir, *command, timeout_s=timeout_s, **self._environment)


def remove_abandoned():
    """Ends the stacks of test sessions that were killed."""
    for folder in filter(pathlib.Path.is_dir, STACKS.glob("*-*")):
        owner = folder.name.split("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            _stack_sh(folder, "wipe", timeout_s=120)


def _is_running(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def _stack_sh(folder, *command, timeout_s, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    clean = {
        name: value
        for name, value in os.environ.items()
        if name == "ALPEX_CACHE" or not name.startswith(("STACK_", "ALPEX_", "KAFKA_", "ELASTICSEARCH_", "REDIS_"))
    }
    done = subprocess.run(
        [str(SCRIPT), *command],
        env={**clean, "STACK_DIR": str(folder), "STACK_ENV": str(folder / "env"), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
    )
    if done.returncode != 0:
        raise RuntimeError(f"stack.sh {' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
