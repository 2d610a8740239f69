# predict as a child process: every line is answered before the next is written, in order, and memory does not grow.
# `bash pipe_test.sh PROGRAM LINES` sends so many lines in bulk.
. "$(dirname "$0")/support.sh" "$@"
bulk=${2:-200000}

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" --threads 1 >/dev/null
ask=("$unroll" predict run - --prob --threads 1)

# lines COUNT: texts of many lengths, one in a hundred empty.
lines() {
  awk -v count="$1" 'BEGIN {
    split("good great bad awful film book room the a this is", word)
    for (k = 0; k < count; k++) {
      text = ""
      for (i = 0; i < (k * 7) % 100 % 13; i++) text = text word[(k % 1000 * 31 + i * i) % 11 + 1] " "
      print k % 100 == 5 ? "" : text
    }
  }'
}

# one at a time: the program has the answer out before it gets the next line
lines 1000 >texts.txt
coproc child { exec "${ask[@]}"; }
child_of_lines=$child_PID
exec {answers}<&"${child[0]}" # bash forgets the child's own when it ends
while IFS= read -r text; do
  printf '%s\n' "$text" >&"${child[1]}"
  IFS= read -r -t 60 answer <&"$answers" || fail "no answer to \"$text\""
  printf '%s\n' "$answer"
done <texts.txt >alone
printf 'a last line without its end' >&"${child[1]}"
exec {child[1]}>&-
IFS= read -r -t 60 answer <&"$answers" || fail "no answer to the last line"
wait "$child_of_lines" || fail "the child ended with status $?"

# in bulk: the same bytes, from a pipe, a file, a gzip file, with CRLF and a byte order mark
"${ask[@]}" <texts.txt | cmp - alone || fail "a pipe in bulk is answered otherwise"
"$unroll" predict run texts.txt --prob --threads 1 | cmp - alone || fail "a file is answered otherwise"
gzip -c texts.txt | "${ask[@]}" | cmp - alone || fail "gzip is answered otherwise"
{ printf '\xef\xbb\xbf'; sed 's/$/\r/' texts.txt; } | "${ask[@]}" | cmp - alone || fail "CRLF is answered otherwise"

# lines before a bad one are answered
{ head -n 300 texts.txt; printf 'b\xffd\n'; head -n 10 texts.txt; } >bad.txt
expect_status 3 '<stdin>:301:2: byte 0xFF' "${ask[@]}" <bad.txt
cmp stdout <(head -n 300 alone) || fail "the lines before a bad one are not answered"

# a long stream: memory after its first tenth is memory after its end
wait_for_lines() { for _ in $(seq 6000); do [ "$(wc -l <answers)" -ge "$1" ] && return; sleep 0.1; done; fail "no $1 answers"; }
peak() { awk '/VmHWM/ { print $2 }' "/proc/$1/status"; }
lines "$bulk" >many.txt
mkfifo texts
"${ask[@]}" <texts >answers & child=$!
exec 9>texts
head -n "$((bulk / 10))" many.txt >&9
wait_for_lines "$((bulk / 10))"
before=$(peak "$child")
tail -n "+$((bulk / 10 + 1))" many.txt >&9
wait_for_lines "$bulk"
after=$(peak "$child")
exec 9>&-
wait "$child"
echo "$bulk lines: $before KiB after a tenth, $after KiB after all"
sanitized || [ "$((after - before))" -lt 2048 ] || fail "memory grows: $before KiB, then $after KiB"
cmp answers <(for _ in $(seq "$(((bulk + 999) / 1000))"); do cat alone; done | head -n "$bulk") ||
  fail "$bulk lines in bulk are answered otherwise than one at a time"
