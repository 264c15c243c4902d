#!/usr/bin/env bash
# Runs the tests: run.sh [unit] [integration] [e2e]
# Prints every failure as it comes, and `N passed, N failed` as the last line.
# Exit code 1 when anything failed, or nothing ran. VARIANT=asan|tsan|... chooses the build of the unit tests.
set -euo pipefail
cd "$(dirname "$0")/.."

VARIANT=${VARIANT:-release}
BUILD=build/$VARIANT
export TSAN_OPTIONS="suppressions=$PWD/tests/unit/tsan.supp ${TSAN_OPTIONS:-}"
passed=0
failed=0

# cmocka's own closing lines: "[  PASSED  ] 12 test(s)." and "[  FAILED  ] 1 test(s), listed below:"
count_cmocka() { # log exit_code
    local good bad
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$1" | awk '{n += $1} END {print n + 0}')
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s), listed.*/\1/p' "$1" | awk '{n += $1} END {print n + 0}')
    if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1 # it crashed, or a sanitizer ended it
    elif [ "$2" -eq 0 ] && [ "$good" -eq 0 ]; then
        echo "no test ran" >> "$1"
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    [ "$bad" -eq 0 ]
}

unit() {
    local log program code
    make --no-print-directory VARIANT="$VARIANT" unit-programs
    log=$(mktemp)
    while read -r program; do
        code=0
        timeout 300 "$program" > "$log" 2>&1 || code=$?
        if count_cmocka "$log" "$code"; then
            printf '  ok    %s\n' "${program#"$BUILD"/tests/unit/}"
        else
            printf '  FAIL  %s (exit code %s)\n' "${program#"$BUILD"/tests/unit/}" "$code"
            grep -v '^\[ RUN  \|^\[       OK' "$log" | tail -n 60
        fi
    done < <(find "$BUILD/tests/unit" -type f -name 'test_*' -perm -u+x | sort)
    rm -f "$log"
}

# Python tests mostly wait for servers of their own, so the folders run side by side.
declare -A running=()
stop_python() { # when we end early, nothing of theirs stays
    [ "${#running[@]}" -eq 0 ] || kill -TERM "${running[@]}" 2> /dev/null || true
    wait
}
trap stop_python EXIT
start_python() { # folder
    [ "${#running[@]}" -gt 0 ] || make --no-print-directory VARIANT=release support-programs venv
    rm -f "build/test-report-$1.xml"
    build/venv/bin/python -m pytest "tests/$1" -q --junitxml="build/test-report-$1.xml" > "build/test-$1.log" 2>&1 &
    running[$1]=$!
}

finish_python() { # folder
    local report=build/test-report-$1.xml code=0 counts
    wait "${running[$1]}" || code=$?
    unset "running[$1]"
    echo "== $1"
    cat "build/test-$1.log"
    if ! [ -f "$report" ]; then
        failed=$((failed + 1))
        return
    fi
    counts=$(build/venv/bin/python - "$report" << 'PY'
import sys
import xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
n = {k: int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped")}
bad = n["failures"] + n["errors"]
print(n["tests"] - bad - n["skipped"], bad)
PY
    )
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    if [ "$code" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
        failed=$((failed + 1)) # ended early: interrupted, or nothing collected
    fi
}

[ $# -gt 0 ] || set -- unit integration e2e
for part in "$@"; do
    case $part in
    unit | integration | e2e) ;;
    *)
        sed -n '2,4p' "$0" >&2
        exit 2
        ;;
    esac
done
if [[ " $* " == *" unit "* ]]; then
    echo "== unit"
    unit
fi
for part in "$@"; do
    [ "$part" = unit ] || start_python "$part"
done
for part in "$@"; do
    [ "$part" = unit ] || finish_python "$part"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
