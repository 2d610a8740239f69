# Threads of the program: one task with --threads 1, and work where no thread may be made.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
reviews 500 | cut -f2 >texts.txt
"$unroll" predict run texts.txt --prob --threads 1 >expected

# --threads 1: one task, also after the first answer
coproc ask { exec "$unroll" predict run - --prob --threads 1; }
pid=$ask_PID
head -n 1 texts.txt >&"${ask[1]}"
IFS= read -r -t 60 answer <&"${ask[0]}" || fail "no answer"
tasks=$(ls "/proc/$pid/task" | wc -l)
sanitized || [ "$tasks" = 1 ] || fail "$tasks tasks with --threads 1"
kill "$pid"; wait "$pid" 2>/dev/null || true

# Where no thread may be made the caller works alone. Root is not bound by the limit, so somebody else is asked for.
cp "$unroll" unroll; chmod 755 . unroll; chmod -R a+rX run texts.txt
alone() { # COMMAND...
  local as=()
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --clear-groups)
  "${as[@]}" bash -c 'ulimit -u 1; exec "$@"' bash "$@"
}
export ASAN_OPTIONS=detect_leaks=0  # which takes a thread
if alone true 2>/dev/null; then  # in a tree that only root may enter nobody else can be asked for
  [ "$(alone ./unroll --version)" = "$("$unroll" --version)" ] || fail "--version where no thread may be made"
  for threads in 1 2 8; do
    alone ./unroll predict run texts.txt --prob --threads $threads | cmp - expected ||
      fail "--threads $threads where no thread may be made"
  done
else
  echo "not tried as somebody else, who may not run programs here"
fi

# OMP_NUM_THREADS and a processor set decide unless --threads does
threads_of() { "$@" doctor --json | grep -o '"threads":[0-9]*'; }
[ "$(OMP_NUM_THREADS=3 threads_of "$unroll")" = '"threads":3' ] || fail "OMP_NUM_THREADS=3"
[ "$(env -u OMP_NUM_THREADS taskset -c "$(taskset -pc $$ | grep -o '[0-9]*$')" "$unroll" doctor --json | grep -o '"threads":[0-9]*')" = '"threads":1' ] ||
  fail "taskset to one processor"
[ "$("$unroll" doctor --json --threads 5 | grep -o '"threads":[0-9]*')" = '"threads":5' ] || fail "--threads 5"
