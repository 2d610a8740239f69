#!/usr/bin/env bash
# ledger_test.sh UNROLL REPORT DOCS: every equation of the derivations is there once in each language, is computed by one line
# of code, and has a test of its name that recorded an error in this run (REPORT, GoogleTest's JSON, is made anew before this
# test). And nothing is computed or proven that is not derived.
set -euo pipefail
export LC_ALL=C # one order for sort and comm
unroll=$1 report=$2 docs=$3
failures=0
fail() { echo "ledger: $*" >&2; failures=$((failures + 1)); }
none() { while read -r id; do [ -z "$id" ] || fail "$id: $1"; done; } # one failure for each line of standard input

ids_in() { cat "$docs/$1"/*.md | grep -oE '^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*' | tr -d '*' | sort; }
en=$(ids_in en)
zh=$(ids_in zh)
table=$("$unroll" explain --list --quiet) || fail "unroll explain --list: an equation does not hold"
listed=$(tail -n +2 <<<"$table" | cut -d' ' -f1 | sort)
# The names of the tests that ran and recorded an error, as IDs.
recorded=$(awk -F'"' '/"name": /{ name = $4 } /"error_/{ print name }' "$report" | tr _ - | sort -u)

[ "$(wc -l <<<"$en")" -gt 50 ] || fail "$docs/en holds fewer equations than there are"
none "is twice in docs/mathematics/en" < <(uniq -d <<<"$en")
none "is twice in docs/mathematics/zh" < <(uniq -d <<<"$zh")
none "is in English, not in Chinese" < <(comm -23 <(echo "$en") <(echo "$zh"))
none "is in Chinese, not in English" < <(comm -13 <(echo "$en") <(echo "$zh"))
none "is derived, but neither computed nor proven" < <(comm -23 <(echo "$en") <(echo "$listed"))
none "is computed or proven, but not derived" < <(comm -13 <(echo "$en") <(echo "$listed"))
none "no line of code computes it (mark it: // [ID] …)" < <(grep -w nowhere <<<"$table" | cut -d' ' -f1)
none "no test of its name recorded an error in this run" < <(comm -23 <(echo "$en") <(echo "$recorded"))

[ "$failures" -eq 0 ] || exit 1
echo "$(wc -l <<<"$en") equations, each derived in two languages, computed and proven"
