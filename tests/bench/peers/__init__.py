"""Other people's programs on the same work, each set up as its manual advises for speed without loss.

A peer says what it can do by the methods that it has: parse(), ship(), store() return a Run.
"""

import dataclasses
import pathlib
import shutil

from runner.paths import WORK

UNPACKED = WORK / "peers"


@dataclasses.dataclass
class Run:
    """How to start it. `ends`: by itself, when it is through."""

    command: list
    env: dict
    ends: bool = False


def find(peer, program):
    """(path, environment) of a program that fetch.sh has unpacked, or that is installed; None: neither."""
    root = UNPACKED / peer
    for place in ("usr/sbin", "usr/bin", "sbin", "bin"):
        path = root / place / program
        if path.is_file():
            return path, {"LD_LIBRARY_PATH": ":".join(map(str, library_folders(root)))}
    installed = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    return (pathlib.Path(installed), {}) if installed else None


def library_folders(root):
    """Every folder below it that holds shared libraries of the usual name."""
    return sorted({path.parent for path in root.rglob("lib*.so.*")})


def folder_of(peer, file_name):
    """The folder of the unpacked peer, or of the system, that holds a plugin."""
    for root in (UNPACKED / peer, pathlib.Path("/usr/lib")):
        for path in root.rglob(file_name):
            return path.parent
    return None
