# What `unroll completion` and `unroll man` print: bash, zsh and fish complete commands, flags, names and files by it, and man shows it.
. "$(dirname "$0")/support.sh" "$@"

for shell in bash zsh fish; do "$unroll" completion $shell >unroll.$shell; done
expect_status 2 'tcsh not in {bash,zsh,fish}' "$unroll" completion tcsh
# A description is not cut behind a word that a colon explains.
grep -q -- "-l cell .* -d 'Recurrent cell'$" unroll.fish || fail "fish cuts a description at a colon: $(grep -- '-l cell' unroll.fish)"
grep -q -- '--cell\[Recurrent cell\]' unroll.zsh || fail "zsh cuts a description at a colon"
bash -n unroll.bash || fail "bash does not read its completion"

mkdir -p work/'a folder'; cd work; touch data.tsv 'two words.tsv'
# completed WORD...: what bash offers for the last word, one a line.
completed() {
  bash -c '
    . ../unroll.bash
    COMP_WORDS=(unroll "$@") COMP_CWORD=$#
    _unroll
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
# offers EXPECTED WORD...: this is all that is offered, with spaces between.
offers() { local found; found=$(completed "${@:2}" | tr '\n' ' '); [ "$found" = "$1 " ] || fail "unroll ${*:2}: offered $found, expected $1"; }
offers 'train trace' tra
offers 'check split convert vocab tokenize cache' data ''
offers 'split' data s
offers '--cell' train --cel
offers '--bad-rows --bidirectional --batch' train --b
offers '--unidirectional' train --uni
offers 'lstm gru rnn none' train --cell ''
offers 'gru' train --hidden 5 --cell g
offers 'fast default best' train --preset = ''
offers 'best' train --preset = b
offers 'lstm gru rnn none' train --cell =
offers 'data.tsv' train --train d
offers 'two words.tsv' train --dev tw
offers 'a folder' train --out ''
offers 'data.tsv' train --stopwords d
offers 'none' train --stopwords n
offers '' train --hidden ''
offers 'data.tsv' test run d
offers 'bash zsh fish' completion ''
offers 'accuracy' train --metric a
# Every flag of every command is offered.
for command in train test predict 'data split' 'data check' doctor; do
  for flag in $("$unroll" $command --help | grep -oE '^  --[a-z-]+' | tr -d ' '); do
    grep -qx -- "$flag" <(completed $command "$flag") || fail "unroll $command: $flag is not offered"
  done
done
cd ..

if command -v zsh >/dev/null; then
  zsh -n unroll.zsh || fail "zsh does not read its completion"
  cp unroll.zsh _unroll
  # A shell in a shell types a line and asks for its completions.
  cat >zsh.script <<'ZSH'
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked 'PS1=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; cd work; zstyle ":completion:*" list-colors ""; LISTMAX=1000; print rea""dy'
while zpty -r asked line; do case $line in *ready*) break ;; esac; done
zpty -w -n asked "$1"$'\t'
zpty -r asked line "*$2*"
print -r -- "$line"
ZSH
  # typed LINE EXPECTED: a tab behind the line makes this of it.
  typed() { timeout 20 zsh -f zsh.script "$@" >typed || { cat -v typed >&2; fail "zsh does not complete $1"; }; }
  typed 'unroll train --preset be' 'preset best'
  typed 'unroll data spl' 'data split'
  typed 'unroll completion f' 'completion fish'
  typed 'unroll train --train da' 'train data.tsv'
fi

if command -v fish >/dev/null; then
  export HOME=$folder
  fish --no-execute unroll.fish || fail "fish does not read its completion"
  asked() { (cd work && fish --private -c "source ../unroll.fish; complete -C '$1'") | cut -f1 | tr '\n' ' '; }
  [ "$(asked 'unroll train --cell ')" = 'gru lstm none rnn ' ] || fail "fish --cell: $(asked 'unroll train --cell ')"
  [ "$(asked 'unroll data s')" = 'split ' ] || fail "fish data s: $(asked 'unroll data s')"
  [ "$(asked 'unroll train --train d')" = 'data.tsv ' ] || fail "fish --train d: $(asked 'unroll train --train d')"
  case " $(asked 'unroll train --ce')" in ' --cell ') ;; *) fail "fish --ce: $(asked 'unroll train --ce')" ;; esac
  [ -z "$(asked 'unroll train --hidden ')" ] || fail "fish --hidden: $(asked 'unroll train --hidden ')"
fi

"$unroll" man >unroll.1
grep -q '^\.TH UNROLL 1' unroll.1 || fail "no manual page"
for flag in $("$unroll" train --help | grep -oE '^  --[a-z-]+' | tr -d ' '); do
  grep -qF -- "\\fB${flag//-/\\-}\\fR" unroll.1 || fail "the manual lacks $flag"
done
if command -v mandoc >/dev/null; then mandoc -T lint -W warning unroll.1 | grep -v "missing date" >lint || true; [ ! -s lint ] || { cat lint >&2; fail "mandoc finds faults"; }; fi
if command -v man >/dev/null && command -v groff >/dev/null; then
  MANROFFSEQ='' man --warnings -l unroll.1 2>warnings | grep -c -- --gru-reset >count || fail "man -l shows no --gru-reset"
  [ ! -s warnings ] || { cat warnings >&2; fail "man -l warns"; }
fi
