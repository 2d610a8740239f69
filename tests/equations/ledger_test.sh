#!/usr/bin/env bash
# ledger_test.sh UNROLL REPORT DOCS: every equation of the derivations has, in each language, one place; one line of code; and
# a test of its name that recorded an error in this run (REPORT, GoogleTest's JSON, is made anew before this test).
set -euo pipefail
unroll=$1 report=$2 docs=$3
failures=0
fail() { echo "ledger: $*" >&2; failures=$((failures + 1)); }

ids_in() { grep -rhoE '^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*' "$docs/$1" | tr -d '*' | sort; }
for language in en zh; do
  ids_in $language | uniq -d | while read -r id; do echo "ledger: $id stands twice in $language" >&2; done
  [ -z "$(ids_in $language | uniq -d)" ] || failures=$((failures + 1))
done
[ "$(ids_in en | wc -l)" -gt 50 ] || fail "$docs/en holds fewer equations than there are"

"$unroll" explain --list --quiet >/dev/null || fail "unroll explain --list: an equation does not hold"
listed=$("$unroll" explain --list --quiet | tail -n +2)
while read -r id; do
  line=$(grep -E "^$id " <<<"$listed" || true)
  [ -n "$line" ] || { fail "$id is derived, but unroll explain does not list it"; continue; }
  [[ $line != *nowhere* ]] || fail "$id: no line of code computes it (mark it: // [$id] ...)"
  grep -qE "\"name\": \"${id//-/_}\"" "$report" || fail "$id: no test of its name ran"
  recorded=$(grep -A 12 -E "\"name\": \"${id//-/_}\"" "$report" | sed -n '1,/}/p' | grep -c '"error_' || true)
  [ "$recorded" -gt 0 ] || fail "$id: its test recorded no error in this run"
done < <(ids_in en)

# And the other way round: what is listed is derived, in both languages.
while read -r id _; do
  for language in en zh; do
    ids_in $language | grep -qx -- "$id" || fail "$id is computed or proven, but not derived in docs/mathematics/$language"
  done
done <<<"$listed"
[ "$failures" -eq 0 ] || exit 1
echo "$(ids_in en | wc -l) equations, each derived, computed and proven"
