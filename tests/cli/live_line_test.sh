# bash live_line_test.sh PROGRAM: the line that lives on a terminal fits, whole field by whole field, and goes before the result is printed.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 3000; } >data.tsv
# shown COLUMNS: what is on the terminal, one state of a line on each line.
shown() {
  TERM=xterm NO_COLOR=1 script -qefc "stty cols $1; '$unroll' train --train data.tsv --out run --overwrite --epochs 2 --hidden 160 --batch 8 --no-ngrams" \
    /dev/null </dev/null | tr '\r' '\n' | sed 's/\x1b\[K//g'
}
for columns in 20 40 80 200; do
  shown $columns >screen
  grep 'ETA' screen >live || fail "no live line at $columns columns: $(cat screen)"
  awk -v most=$columns 'length($0) >= most { print; bad = 1 } END { exit bad }' live || fail "a live line is wider than $columns columns"
  ! grep -qv '%.*ETA \([0-9]*:[0-9][0-9]\|[0-9.]* s\)$' live || fail "a field is cut at $columns columns: $(cat live)"
  grep -q '^best epoch' screen || fail "the result stands behind the live line at $columns columns"
done
grep -q 'epoch [0-9]/2  \[[#.]*\]  *[0-9]* %.*tok/s  loss .*|g| .*lr .*MiB  ETA' live || fail "a field is missing: $(tail -n 1 live)"
# The line of an epoch that is done fits as well.
shown 80 | grep '^epoch.*dev' | awk 'length($0) >= 80 { print; bad = 1 } END { exit bad }' || fail "an epoch's line wraps"
