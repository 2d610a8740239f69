# bash json_test.sh PROGRAM docs/json.md JSON_KEYS: each command's --json has the keys that the page lists for it, and so
# has the page's example; every command that has --json is on the page.
page=$(realpath "$2")
json_keys=$(realpath "$3")
. "$(dirname "$0")/../cli/support.sh" "$@"

# The part of the page about a command, its keys, its example.
section() { awk -v heading="## \`unroll $1 --json\`" '/^## / { on = $0 == heading } on' "$page"; }
listed() { section "$1" | sed -n 's/^| `\([^`]*\)` |.*/\1/p'; }
example() { section "$1" | awk '/^```/ { on = !on; next } on'; }
# Keys that are names or labels are one line of the page.
keys() { "$json_keys" | sed -E 's/^(probabilities)\..*/\1.<label>/; s/^(notes)\..*/\1.<name>/; s/^(.*\.parts)\..*/\1.<part>/' | sort -u; }

# check COMMAND PRINTED...: what files hold that the command printed.
checked=()
check() {
  local command=$1
  shift
  checked+=("$command")
  listed "$command" | sort >listed
  [ -s listed ] || fail "docs/json.md has no table for unroll $command --json"
  cat "$@" | keys | diff listed - >&2 || fail "unroll $command --json: < the page, > the program"
  example "$command" | keys | diff listed - >&2 || fail "unroll $command --json: < the table, > the example"
  case $(head -c 1 "$1") in
    '[') ;;
    *) [ "$command" = predict ] || grep -q '^{"version":1,' "$1" || fail "unroll $command --json does not begin with its version" ;;
  esac
}

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
reviews 3 | cut -f2 >texts
"$unroll" train --train data.tsv --out run "${small[@]}" --json >train.json
"$unroll" test run data.tsv --json >test.json
awk -F'\t' 'NR > 1 { printf "{\"text\":\"%s\",\"label\":[\"%s\"%s]}\n", $2, $1, NR % 5 ? "" : ",\"more\"" }' data.tsv >sets.jsonl
"$unroll" train --train sets.jsonl --out sets "${small[@]}" --json >/dev/null
"$unroll" test sets sets.jsonl --json >sets.json
"$unroll" inspect sets --json >inspect.sets
"$unroll" predict run texts --json >predict.json
"$unroll" why run --json <texts >why.json
"$unroll" inspect run --json >inspect.lstm
"$unroll" train --train data.tsv --out gru --cell gru "${small[@]}" --json >/dev/null
"$unroll" inspect gru --json >inspect.gru
"$unroll" inspect run --memory --json >memory.json
{ cat data.tsv; head -2 data.tsv | tail -1; printf 'once\ta <br> text\n'; } >doubtful.tsv
{ cat data.tsv; printf 'new\ta text\n'; } >more.tsv
# Lists that are empty in one of the files have no keys to compare.
"$unroll" data check doubtful.tsv more.tsv --json --quiet 2>/dev/null | sed 's/,"[a-z_]*":\[\]//g' >data.json
"$unroll" doctor --json >doctor.json
"$unroll" explain RNN-dW --json >explain.json
"$unroll" explain --list --json >list.json
"$unroll" gradcheck run --rows 2 --quiet --json >gradcheck.json
for cell in rnn lstm; do "$unroll" gradflow --cell $cell --hidden 4 --lags 3 --draws 2 --quiet --json >gradflow.$cell; done
{ printf 'test = "data.tsv"\n[train]\ntrain = "data.tsv"\ncell = "none"\n[variants.words]\n[variants.letters]\ntokenizer = "char"\n'; } >pair.toml
"$unroll" tune --train data.tsv --out tuned --duration 1 "${small[@]:0:6}" --quiet --json >tune.json
"$unroll" compare pair.toml --quiet --json >compare.json
"$unroll" bench activations --functions relu --bytes 1024 --seconds 0.1 --no-html --quiet --json >activations.json
"$unroll" bench cells --hidden 8 --input 8 --batch 2 --steps 3 --seconds 0.1 --quiet --json >cells.json
"$unroll" bench predict run --seconds 0.1 --quiet --json >speed.json

check train train.json
check test test.json sets.json
check predict predict.json
check why why.json
check inspect inspect.lstm inspect.gru inspect.sets
check 'inspect --memory' memory.json
check 'data check' data.json
check compare compare.json
check tune tune.json
check doctor doctor.json
check 'explain ID' explain.json
check 'explain --list' list.json
check gradcheck gradcheck.json
check gradflow gradflow.rnn gradflow.lstm
check 'bench activations' activations.json
check 'bench cells' cells.json
check 'bench predict' speed.json

# By the program's own help, no command is left out.
subcommands() { "$unroll" "$@" --help | awk '/^Usage:.*SUBCOMMAND/ { has = 1 } /^Exit status:/ { exit } has && /^  [a-z]/ { print $1 }'; }
for command in $(subcommands); do
  for line in "$command" $(subcommands "$command" | sed "s/^/$command /" | tr ' ' '_'); do
    line=${line//_/ }
    "$unroll" $line --help | grep -q -- '^  --json' || continue
    printf '%s\n' "${checked[@]}" | grep -q "^$line" || fail "docs/json.md does not say what unroll $line --json prints"
  done
done
