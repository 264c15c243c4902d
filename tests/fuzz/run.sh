#!/usr/bin/env bash
# Runs each fuzzer for FUZZ_SECONDS (60) with libFuzzer, ASan and UBSan; found inputs stay in build/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."

SECONDS_EACH=${FUZZ_SECONDS:-60}
FAILED=0
LIBS="rdkafka libcurl libcjson libcyaml yaml-0.1 libmaxminddb hiredis libxxhash zlib libpcre2-8 openssl libzstd"
! pkg-config --exists libhs || LIBS="$LIBS libhs"

mkdir -p build/fuzz
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    program=shipper # or the one that it is of
    ! grep -q '#include "indexer/' "$source" || program=indexer
    mapfile -t PARTS < <(git ls-files 'common/*.c' "$program/*.c" | grep -v '/main\.c$')
    echo "== $name"
    # shellcheck disable=SC2046,SC2086
    clang -std=c17 -D_GNU_SOURCE -I. -O1 -g -DALPEX_VERSION='"fuzz"' -DALPEX_DATE='"fuzz"' -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=undefined -o "build/fuzz/$name" "$source" "${PARTS[@]}" \
        $(pkg-config --cflags --libs $LIBS) -lcivetweb -lpthread -lm
    mkdir -p "build/fuzz/corpus-$name"
    "build/fuzz/$name" -max_total_time="$SECONDS_EACH" -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus-$name" 2>&1 |
        grep -E 'stat::number_of_executed_units|ERROR|SUMMARY' || true
    if compgen -G "build/fuzz/$name-*" > /dev/null; then
        echo "FOUND: $(ls build/fuzz/"$name"-*)"
        FAILED=1
    fi
done
exit $FAILED
