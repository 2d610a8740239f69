# A table of every command and everything that can keep it from its output, from memory or from its end: `bash endings_table.sh PROGRAM`.
# A cell is the status, and what the command left in an empty folder that it was to write to. It fails where a cell is not as documented.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
reviews 60 | cut -f2 >texts.txt
small=(--hidden 4 --embedding 4 --threads 1)
"$unroll" train --train data.tsv --out run "${small[@]}" --epochs 20 --quiet >/dev/null
"$unroll" train --train data.tsv --out large --hidden 512 --embedding 512 --recurrent-init uniform --epochs 1 --quiet >/dev/null
{ cat data.tsv; reviews 300000; } >large.tsv
printf 'test = "data.tsv"\n[train]\ntrain = "data.tsv"\n[variants.a]\ncell = "none"\n[variants.b]\nepochs = 20\n' >pair.toml
mkfifo full; exec 3<>full
dd if=/dev/zero of=full bs=4096 count=256 oflag=nonblock 2>/dev/null || true

declare -A commands=(
  [train]="train --train data.tsv --out out/model ${small[*]} --epochs 2"
  [test]='test run data.tsv'
  [predict]='predict run texts.txt --prob'
  [why]='why run great'
  [inspect]='inspect run'
  [explain]='explain RNN-dW'
  [trace]='trace run --text great'
  [trace --html]='trace run --text great --html out/page.html'
  [exercise]='exercise'
  [exercise --html]='exercise --html out/page.html'
  [gradcheck]='gradcheck run --rows 1'
  [gradflow]='gradflow --cell rnn --hidden 4 --lags 3 --draws 1 --csv out/flow.csv'
  [data split]='data split data.tsv --out out/parts'
  [bench activations]='bench activations --functions relu --seconds 0 --bytes 4096 --html out/page.html'
  [bench cells]='bench cells --hidden 4 --steps 2 --batch 1 --input 4 --seconds 0'
  [bench predict]='bench predict run --batches 1 --seconds 0.01'
  [report]='report run --test data.tsv --out out/page.html'
  [compare]='compare pair.toml --out out/pair'
  [tune]='tune --train data.tsv --out out/model --duration 1'
  [completion]='completion bash'
  [man]='man'
  [doctor]='doctor'
  [--help]='train --help'
  [--version]='--version'
)
# Commands whose result is a file alone: stdout does not matter to them.
is_silent() { [[ "$1" == trace\ --html || "$1" == exercise\ --html || "$1" == report ]]; }

# run SETUP: the command after SETUP, in a fresh folder; the cell is in `cell`, its status in `status`.
run() {
  rm -rf out; mkdir out; status=0
  (eval "$1"; exec "$unroll" ${commands[$name]}) 2>>notes || status=$?
  left=$(cd out; find . -type f | sed 's|^\./||; s|^model/model.safetensors$|model|; /^model\/config.toml$/d' | sort | tr '\n' ' ')
  cell="$status ${left:-nothing}"
}

# check COLUMN EXPECTED...: the status is one of these, and nothing temporary is there.
check() {
  local column=$1; shift
  row="$row|$cell"
  [[ " $* " == *" $status "* ]] || wrong="$wrong
$name, $column: status $status, expected $*"
  case "$left" in *.tmp*|*.before*) wrong="$wrong
$name, $column: left $left" ;; esac
  [ "$status" = 0 ] || [ -z "$(find out -mindepth 1 -type d -empty)" ] || wrong="$wrong
$name, $column: left an empty folder"
}

# The least address space in which the program starts at all; a sanitizer's program needs terabytes.
least=16384
while ! sanitized && (ulimit -v $least; "$unroll" --version) >/dev/null 2>&1; [ $? != 0 ]; do least=$((least + 4096)); done

# Under more and more address space a command says that it is too little, until it is enough. Here it needs some.
memory() {
  local seen=' ' few=${commands[$name]}
  commands[$name]=$(sed 's/ run/ large/; s/split data/split large/; s/--hidden 4 --steps/--hidden 1024 --steps/' <<<"$few")
  for more in 0 1024 4096 16384 65536 262144; do
    run "ulimit -v $((least + more)); exec >/dev/null"
    [[ "$seen" == *" $status "* ]] || seen="$seen$status "
    case "$status" in 0|8) ;; *) break ;; esac
  done
  commands[$name]=$few
  cell="$(echo $seen) ${left:-nothing}"
}

terminate() { # while it waits for somebody to read its output, or while it trains
  local command=${commands[$name]}; rm -rf out; mkdir out; status=0
  [ "$name" = train ] && command="$command --epochs 100000 --early-stop 0" && command=${command/--epochs 2 /}
  "$unroll" $command >full 2>>notes & local job=$!
  sleep "$1"; kill -TERM $job 2>/dev/null || true
  wait $job 2>/dev/null || status=$?
  left=$(cd out; find . -type f | sed 's|^\./||; s|^model/model.safetensors$|model|; /^model\/config.toml$/d' | sort | tr '\n' ' ')
  cell="$status ${left:-nothing}"
}

{
  echo 'command|stdout closed|stdout full|stderr closed|stderr full|SIGXFSZ|SIGTERM|ulimit -v'
  wrong=''
  for name in train test predict why inspect explain trace 'trace --html' exercise 'exercise --html' gradcheck gradflow compare tune 'data split' \
    'bench activations' 'bench cells' 'bench predict' doctor --help --version; do
    row=$name; needs_stdout=7
    is_silent "$name" && needs_stdout=0
    run 'exec >&-'; check 'stdout closed' $needs_stdout
    run 'exec >/dev/full'; check 'stdout full' $needs_stdout
    run 'exec >/dev/null 2>&-'; check 'stderr closed' 0
    run 'exec >/dev/null 2>/dev/full'; check 'stderr full' 0
    run 'ulimit -f 0; exec >output 2>/dev/null'; check SIGXFSZ 7
    if is_silent "$name"; then terminate 0; check SIGTERM 0 143; else terminate 0.5; check SIGTERM 143; fi
    cell=''; sanitized || { memory; check 'ulimit -v' 0 8; }
    echo "$row"
  done
  echo "$wrong" >wrong
} | tr '|' '\t'
[ -z "$(cat wrong)" ] || fail "$(cat wrong)"
