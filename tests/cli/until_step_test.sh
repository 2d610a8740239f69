# unroll train --until-step: stops at a step, shows what led to it, and goes on to the bits of a run that never stopped.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 150; } >data.tsv  # 135 rows to train on: 9 steps an epoch
run=(train --train data.tsv "${small[@]}" --batch 16 --no-ngrams)
"$unroll" "${run[@]}" --out whole >whole.txt

# In the midst of the second epoch; then at the end of the fourth; then to the end.
"$unroll" "${run[@]}" --out run --until-step 13 >stdout
[ "$(grep -c '^step ' stdout)" = 10 ] || fail "not ten steps are shown: $(cat stdout)"
sed -n 10p stdout | grep -qE '^step +13  epoch +2  loss [0-9.]+  \|g\| [0-9.]+  lr 0.02$' || fail "step 13 is not the last one: $(cat stdout)"
grep -q 'best epoch 1 of 1 (--until-step is reached)' stdout || fail "the epoch before is not told: $(cat stdout)"
"$unroll" "${run[@]}" --out run --until-step 36 --threads 1 >stdout
[ "$(grep -c '"event":"epoch"' run/metrics.jsonl)" = 4 ] || fail "an epoch that is done was not evaluated"
"$unroll" "${run[@]}" --out run --until-step 20 >stdout
[ "$(grep -c '^step ' stdout)" = 0 ] || fail "a run that is further took steps"
"$unroll" "${run[@]}" --out run >run.txt
diff <(sed -n 's/^hash//p' whole.txt) <(sed -n 's/^hash//p' run.txt) || fail "a run that stopped ends with another model"

# Before the first epoch there is no model, and no failure either.
expect_status 0 '--until-step is reached before the first epoch was done: no new model was written; without --until-step the same command goes on' "$unroll" "${run[@]}" --out early --until-step 3
[ -s early/last.ckpt ] || fail "no checkpoint at step 3"

# A divergence is seen again, with the steps before it.
diverging=(train --train data.tsv --hidden 8 --embedding 8 --batch 16 --no-ngrams --quiet --cell rnn --activation relu --optimizer sgd --lr 1e6 --clip-norm 0)
expect_status 4 'training diverged in step' "$unroll" "${diverging[@]}" --out bad
step=$(sed -n 's/.*diverged in step \([0-9]*\) of epoch 1 .*/\1/p' stderr)
expect_status 4 "training diverged in step $step of epoch 1" "$unroll" "${diverging[@]}" --out bad --until-step "$step"
[ "$step" = 1 ] || grep -qE "^step +$((step - 1)) " stdout || fail "the step before is not shown: $(cat stdout)"

# It is not kept: the settings of the folder repeat the whole run.
! grep -q until-step run/config.toml || fail "--until-step is kept as a setting"
expect_status 2 '--until-step' "$unroll" "${run[@]}" --out none --until-step 0
echo 'until-step: all as documented'
