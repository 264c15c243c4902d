#!/usr/bin/env bash
# The longest files and functions: no limit, but a look. Needs universal-ctags.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v ctags > /dev/null || { echo "needs universal-ctags" >&2; exit 1; }

echo "longest files"
git ls-files 'common/*.[ch]' 'shipper/*.[ch]' 'indexer/*.[ch]' | xargs wc -l | sort -rn | sed -n '2,16p'
echo
echo "longest functions"
git ls-files 'common/*.c' 'shipper/*.c' 'indexer/*.c' |
    xargs ctags --kinds-C=f --fields=+ne -x --_xformat='%{end} %n %N %F' 2> /dev/null |
    awk '{n = $1 - $2 + 1; all++; if (n <= 13) short++; if (n <= 40) good++; print n, $3, $4}
         END {printf "0 %d functions: %d %% up to 13 lines, %d %% up to 40\n", all, 100 * short / all, 100 * good / all}' |
    sort -rn | awk '$1 == 0 {tail = $0; next} NR <= 20 {print} END {print substr(tail, 3)}'
