#!/usr/bin/env python3
"""The benchmark: README.md says what is measured and how.

    bench.py run [--short] [--rows A,B] [--runs 3] [--json FILE]
    bench.py show FILE                    the tables of earlier results
    bench.py compare BEFORE AFTER         what has changed; exit code 3 when something of ours became worse
    bench.py readme FILE                  puts the tables into README.md
    bench.py generate FORMAT --lines N    generated lines to standard output
"""

import argparse
import pathlib
import signal
import sys

sys.dont_write_bytecode = True  # the source tree stays clean
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from generator import files, formats  # noqa: E402
from runner import compare, report, results  # noqa: E402
from runner.paths import HERE, WORK  # noqa: E402

RESULTS = WORK / "results.json"
SIZES = {  # full, short
    "lines": (2_000_000, 200_000),
    "format_lines": (500_000, 100_000),
    "documents": (300_000, 50_000),
    "fresh_lines": (300, 100),
    "fresh_gap_ms": (40, 25),
    "search_lines": (15, 2),
    "idle_s": (10, 3),
    "away_s": (10, 3),
    "micro_runs": (9, 3),
    "runs": (3, 3),
    "server_runs": (3, 1),
}
HELP = {
    "lines": "of A and B",
    "format_lines": "of other formats, and of J",
    "documents": "records of D, G, I",
    "fresh_lines": "lines that E times on their way to Kafka",
    "fresh_gap_ms": "mean pause between them",
    "search_lines": "lines that E times on their way to Elasticsearch",
    "idle_s": "how long C watches",
    "away_s": "how long F freezes Kafka",
    "micro_runs": "repetitions within H and I",
    "runs": "of each contender of A and B, interleaved",
    "server_runs": "of each of the other rows",
}
SHORT_ROWS, SHORT_PEERS = "A,B,C,D,E,G,H,I", "rsyslog"


def row_types():
    from rows import fresh, idle, micro, parse, pressure, replay, scaling, ship, store

    types = (
        parse.Parse,
        ship.Ship,
        idle.Idle,
        store.Store,
        fresh.Fresh,
        pressure.Pressure,
        replay.Replay,
        micro.Query,
        micro.Enrich,
        scaling.Scaling,
    )
    return {each.letter: each for each in types}


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measures")
    run.add_argument("--short", action="store_true", help="less of everything, one peer, below three minutes")
    run.add_argument("--rows", help="which, e.g. A,B,D (all; with --short all but F and J)")
    run.add_argument("--peers", help="which, e.g. rsyslog,kcat; all; none (all; with --short rsyslog)")
    run.add_argument("--seed", type=int, default=1, help="of the generated lines (%(default)s)")
    run.add_argument("--sizes-mb", default="1,100,1000", help="sizes of one file in J (%(default)s); 10000 is for those with room")
    run.add_argument("--json", type=pathlib.Path, default=RESULTS, help="where the results are kept (%(default)s)")
    for name, (full, short) in SIZES.items():
        run.add_argument("--" + name.replace("_", "-"), type=int, help=f"{HELP[name]} ({full}; with --short {short})")
    for name in ("show", "readme"):
        commands.add_parser(name).add_argument("file", type=pathlib.Path, nargs="?", default=RESULTS)
    merged = commands.add_parser("merge", help="puts the rows of a later run of some into the results of an earlier one")
    merged.add_argument("later", type=pathlib.Path)
    merged.add_argument("earlier", type=pathlib.Path, nargs="?", default=RESULTS)
    pair = commands.add_parser("compare")
    pair.add_argument("before", type=pathlib.Path)
    pair.add_argument("after", type=pathlib.Path, nargs="?", default=RESULTS)
    generate = commands.add_parser("generate")
    generate.add_argument("format", choices=[each.name for each in formats.FORMATS])
    generate.add_argument("--lines", type=int, default=10)
    generate.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    return complete(options, parser) if options.command == "run" else options


def complete(options, parser):
    """What was not said."""
    for name, sizes in SIZES.items():
        if getattr(options, name) is None:
            setattr(options, name, sizes[options.short])
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be positive")
    options.peers = options.peers or (SHORT_PEERS if options.short else "all")
    options.rows = (options.rows or (SHORT_ROWS if options.short else "A,B,C,D,E,F,G,H,I,J")).upper()
    try:
        options.sizes_mb = [int(size) for size in options.sizes_mb.split(",")]
    except ValueError:
        parser.error("--sizes-mb takes numbers with commas between them")
    return options


def run(options):
    from runner.bench import Bench

    known = row_types()
    wanted = options.rows.split(",")
    if unknown := [letter for letter in wanted if letter not in known]:
        print(f"bench: no row {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # TERM cleans up as Ctrl-C does
    signal.signal(signal.SIGINT, signal.default_int_handler)
    document = Bench(options).run([known[letter] for letter in wanted])
    print(report.text(document))
    print(f"kept in {options.json}")
    return 0


def main():
    options = parse_arguments()
    if options.command == "run":
        return run(options)
    if options.command == "generate":
        log_format = next(each for each in formats.FORMATS if each.name == options.format)
        for block in files.lines(log_format, options.lines, options.seed):
            sys.stdout.write(block)
        return 0
    if options.command == "compare":
        text, worse = compare.text(results.load(options.before), results.load(options.after))
        print(text, end="")
        return 3 if worse else 0
    if options.command == "merge":
        results.write(results.merge(results.load(options.earlier), results.load(options.later)), options.earlier)
        return 0
    document = results.load(options.file)
    if options.command == "show":
        print(report.text(document), end="")
        return 0
    readme = HERE / "README.md"
    readme.write_text(report.insert(readme.read_text(), document))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
