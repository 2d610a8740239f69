# The program that was linked without the laboratory trains, tests and predicts, and offers nothing of the laboratory.
. "$(dirname "$0")/support.sh" "$@"

reviews 100 >data.tsv
"$unroll" train --train data.tsv --no-header --text-col 2 --label-col 1 --out run "${small[@]}" --threads 1 >/dev/null
"$unroll" test run data.tsv --no-header --text-col 2 --label-col 1 --json | grep -q '"accuracy":1.0' || fail "test"
echo 'this film is lovely' | "$unroll" predict run - | grep -qx pos || fail "predict"

for command in explain exercise trace gradcheck gradflow bench; do
  expect_status 2 "$command" "$unroll" "$command"
done
expect_status 2 "--gradflow" "$unroll" train --train data.tsv --out other --gradflow
