#!/usr/bin/env bash
# What a tool can check, a tool checks: format, clang-tidy, include directions, banned calls, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."

FAILED=0
fail() {
    echo "lint: $*" >&2
    FAILED=1
}

check_format() {
    git ls-files 'common/*.[ch]' 'shipper/*.[ch]' 'indexer/*.[ch]' 'tests/*.[ch]' |
        xargs clang-format --dry-run --Werror || fail "run make format"
}

# common includes neither program, the programs not each other.
check_includes() {
    if git grep -nE '#include "(shipper|indexer)/' -- 'common/*.[ch]'; then
        fail "common includes a program"
    fi
    if git grep -n '#include "indexer/' -- 'shipper/*.[ch]' ||
        git grep -n '#include "shipper/' -- 'indexer/*.[ch]'; then
        fail "one program includes the other"
    fi
}

# A library is included only by the files that wrap it.
LIBRARIES="
curl/curl.h common/http.c
civetweb.h common/web.c common/web_get.c common/web_request.c common/web_request.h common/web_listen.c common/web_listen.h
maxminddb.h indexer/enrich/geoip_answer.c indexer/enrich/geoip_database.c indexer/enrich/geoip_value.c
hiredis/hiredis.h indexer/redis.c indexer/redis.h
zlib.h common/http.c shipper/content/gzip.c shipper/input/http_body.c
pcre2.h shipper/pattern.c indexer/enrich/threat/expression.c
hs.h indexer/enrich/threat/matcher_hyperscan.c
openssl/ssl.h shipper/input/listener.c common/http_pin.c indexer/redis_link.c
openssl/x509_vfy.h common/kafka_failure.c common/http_pin.c
zstd.h shipper/content/zstd.c
librdkafka/rdkafka.h common/kafka.c common/kafka.h common/kafka_failure.c common/kafka_failure.h common/kafka_fetch.c common/kafka_fetch.h shipper/brake.c shipper/brake.h shipper/producer.c indexer/consumer.c indexer/consumer.h indexer/deadletter/deadletter.c indexer/deadletter/letter.c indexer/deadletter/read.c indexer/deadletter/handle.c indexer/follower.c indexer/reader.c indexer/audit/book.c indexer/audit/group.c indexer/audit/sent.c indexer/replay/replay.c indexer/batch.c indexer/batch.h
"
check_libraries() {
    local header allowed file
    while read -r header allowed; do
        [ -n "$header" ] || continue
        while read -r file; do
            [[ " $allowed " == *" $file "* ]] || fail "$file includes $header"
        done < <(git grep -l "#include <$header" -- 'common/*.[ch]' 'shipper/*.[ch]' 'indexer/*.[ch]')
    done <<< "$LIBRARIES"
}

check_banned() {
    if git grep -nwE '(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|localtime|gmtime|ctime|asctime) *\(' \
        -- 'common/*.[ch]' 'shipper/*.[ch]' 'indexer/*.[ch]'; then
        fail "calls that are banned: use snprintf, strtol, timestamp.h"
    fi
    if git grep -nwE 'exit *\(' -- 'common/*.c' 'shipper/*.c' 'indexer/*.c' ':!*/main.c'; then
        fail "exit() outside of main.c"
    fi
    if git grep -nE '^[^"*]*[^:"*]//' -- 'common/*.[ch]' 'shipper/*.[ch]' 'indexer/*.[ch]'; then
        fail "// comments are for today"
    fi
}

TIDY_FLAGS=(-std=c17 -D_GNU_SOURCE -I. '-DALPEX_VERSION="lint"' '-DALPEX_DATE="lint"')
TIDY_CLEAN=build/lint # an empty file a source that was clean, named by the hash of all that it consists of

# Prints what clang-tidy says of the sources given. What was clean as it is now is not looked at again.
# "Potential leak": this analyser does not know what the scoped_ variables are for; LeakSanitizer does (make asan).
tidy_files() {
    local file hash found
    for file in "$@"; do
        hash=$({ clang -E -C "${TIDY_FLAGS[@]}" "$file" && cat .clang-tidy && clang-tidy --version; } 2>&1 | sha256sum)
        [ ! -e "$TIDY_CLEAN/${hash%% *}" ] || continue
        found=$(clang-tidy --quiet "$file" -- "${TIDY_FLAGS[@]}" 2> /dev/null | grep -E '(warning|error):' |
            grep -v 'warning: Potential leak of memory\|warning: Potential memory leak' || true)
        if [ -n "$found" ]; then
            echo "$found"
        else
            touch "$TIDY_CLEAN/${hash%% *}"
        fi
    done
}

# The list is in a random order so that the long ones are spread over both processes.
check_tidy() {
    local found
    mkdir -p "$TIDY_CLEAN"
    find "$TIDY_CLEAN" -type f -mtime +30 -delete
    found=$(git ls-files 'common/*.c' 'shipper/*.c' 'indexer/*.c' | shuf |
        xargs -P 2 -n 8 tests/lint.sh tidy)
    [ -z "$found" ] || { echo "$found"; fail "clang-tidy"; }
}

check_scripts() {
    command -v shellcheck > /dev/null || return 0
    git ls-files '*.sh' '*.bash' .ci/run | xargs shellcheck -x || fail "shellcheck"
}

if [ "${1:-}" = tidy ]; then # itself, in parallel; or by hand: tests/lint.sh tidy FILE...
    mkdir -p "$TIDY_CLEAN"
    tidy_files "${@:2}"
    exit 0
fi
check_format
check_includes
check_libraries
check_banned
check_scripts
check_tidy
[ $FAILED -ne 0 ] || echo "lint: clean"
exit $FAILED
