# `unroll bench`: the race of the activations, made short. No time is asserted.
. "$(dirname "$0")/support.sh" "$@"

short=(--seconds 0.05 --bytes 4096)

"$unroll" bench activations "${short[@]}" --functions tanh,exp >table 2>notes || fail "status $?"
grep -q '^tanh, 4 KiB, 1 thread$' table && grep -q '^exp, 4 KiB, 1 thread$' table || { cat table >&2; fail "no table"; }
for who in 'unroll    scalar' 'std       scalar' 'memcpy    -'; do
  [ "$(grep -c "^$who" table)" = 2 ] || { cat table >&2; fail "the table lacks $who"; }
done
[ "$(LC_ALL=C.UTF-8 awk 'length > 80' table | grep -v '^faster')" = "" ] || fail "wider than 80 columns"
if grep -q sigmoid table; then fail "--functions"; fi
page=unroll-activations.html
grep -q "in $page" notes && grep -q 'unroll scalar' $page && grep -q 'id="exp-4096-1"' $page || fail "$page"
if grep -qE '<script|https?:|src=' $page; then fail "$page loads something"; fi
rm $page

"$unroll" bench activations "${short[@]}" --threads 2 --functions relu --json --quiet >json 2>notes || fail "--json"
[ ! -s notes ] || fail "--quiet"
[ "$(wc -l <json)" = 1 ] || fail "--json is not one line"
row='{"function":"relu","implementation":"[a-z0-9]+","isa":"[a-z0-9]+","threads":2,"bytes":4096,'
row+='"ns_per_element":[0-9.e-]+,"cycles_per_element":[0-9.e-]+,"max_ulp":0\.0}'
[ ! -e $page ] || fail "--json writes a page nobody asked for"
"$unroll" bench activations "${short[@]}" --functions relu --no-html >/dev/null
[ ! -e $page ] || fail "--no-html"
"$unroll" bench activations "${short[@]}" --functions relu --json --html page.html --quiet >/dev/null
[ -s page.html ] || fail "--html"

grep -qE "^\[$row(,$row)*\]$" json || { cat json >&2; fail "not such rows"; }

expect_status 2 'unroll bench needs a command: activations' "$unroll" bench
expect_status 2 '--bytes' "$unroll" bench activations --bytes 0
expect_status 2 'expected at least 128 for 2 threads, found 64' "$unroll" bench activations --bytes 64 --threads 2
expect_status 2 '--threads' "$unroll" bench activations --threads 0
expect_status 2 'gelu' "$unroll" bench activations --functions tanh,gelu
expect_status 2 '--seconds' "$unroll" bench activations --seconds -1
expect_status 2 '--no-html' "$unroll" bench activations --no-html --html page.html
expect_status 7 'nowhere' "$unroll" bench activations "${short[@]}" --functions relu --html nowhere/page.html
