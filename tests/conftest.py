"""Fixtures: one stack of real servers for the session, and a corner of its own in it for every test."""

import contextlib
import pathlib
import signal
import sys

sys.dont_write_bytecode = True  # the source tree stays clean
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pytest  # noqa: E402

pytest.register_assert_rewrite("support.pipeline")

from support.fault_proxy import FaultProxy  # noqa: E402
from support.pipeline import Pipeline  # noqa: E402
from support.stack import Stack, remove_abandoned  # noqa: E402


def pytest_configure():
    # TERM ends the session as Ctrl-C does: nothing that was started stays. A shell that runs us in the background has
    # INT ignored, and so would the programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def session_stack():
    remove_abandoned()
    stack = Stack()
    try:
        stack.up()
        yield stack
    finally:
        stack.wipe()


@pytest.fixture
def stack(session_stack):
    """The session's servers. A test may stop or pause them; afterwards they run again."""
    yield session_stack
    session_stack.restore()


@pytest.fixture
def proxy(stack):
    """In front of Elasticsearch; `proxy.fault` says which answers are wrong."""
    with contextlib.closing(FaultProxy(stack.elasticsearch_url)) as made:
        yield made


@contextlib.contextmanager
def make_pipeline(stack, folder):
    made = Pipeline(stack, folder)
    try:
        yield made
    finally:
        made.close()
    stack.restore()
    made.remove()


@pytest.fixture
def pipeline(stack, tmp_path):
    with make_pipeline(stack, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def module_pipeline(session_stack, tmp_path_factory):
    """For tests that only look at running programs."""
    with make_pipeline(session_stack, tmp_path_factory.mktemp("module")) as made:
        yield made
