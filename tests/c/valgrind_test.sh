# The C example reads no byte that is not its own and leaves none behind. bash valgrind_test.sh PROGRAM EXAMPLE
example=$(realpath "$2")
. "$(dirname "$0")/../cli/support.sh" "$1"
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
reviews 12 | cut -f2 >texts.txt
"$unroll" predict run texts.txt --prob >expected
checked() { valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite "$@"; }
OMP_NUM_THREADS=1 checked "$example" run <texts.txt >ours || fail "valgrind: $?"
# Valgrind has no AVX-512, so another instruction set may have answered: the same labels, not the same bits.
cut -f1 ours | cmp - <(cut -f1 expected) || fail "other labels"
status=0
checked "$example" nowhere </dev/null 2>message || status=$?
[ "$status" = 1 ] || { cat message >&2; fail "a missing model: $status"; }
