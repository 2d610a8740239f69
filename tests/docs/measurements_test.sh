# bash measurements_test.sh ROOT: every page that a `--markdown FILE` of the benchmarks' commands names is there and has marked
# sections that begin and end; every page of docs/measurements is in its index; the README's picture shows measured figures.
set -euo pipefail
cd "$1"
failures=0
complain() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

named=$(grep -rhoE -- '--markdown docs/[a-z/-]+\.md' bench docs | sort -u | sed 's/.* //')
[ "$(wc -l <<<"$named")" -ge 4 ] || complain "only these pages are named:" $named
for page in $named; do
  [ -f "$page" ] || { complain "no $page"; continue; }
  awk -v page="$page" '
    /^<!-- .*:begin -->$/ { if (name) wrong(name " does not end before " $2); name = $2; sub(/:begin$/, "", name); sections++ }
    /^<!-- .*:end -->$/ { if ($2 != name ":end") wrong($2 " without its begin"); name = "" }
    function wrong(what) { print page ": " what; bad = 1 }
    END { if (name) wrong(name " has no end"); if (!sections) wrong("no section"); exit bad }' "$page" >&2 || complain "$page"
done

for page in docs/measurements/*.md; do
  [ "$page" = docs/measurements/README.md ] || grep -qF "]($(basename "$page"))" docs/measurements/README.md ||
    complain "docs/measurements/README.md does not list $page"
done
python3 docs/pictures/training.py --check || complain "docs/pictures"
[ "$failures" = 0 ]
