# Presets, files of settings, --dump-config: flags beat the file, which beats the preset, which beats the defaults; what is
# dumped is a fixed point; the config.toml of a run repeats it to the bit.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
dump() { "$unroll" train "$@" --dump-config; }
# has LINE FLAGS...: the dump of these flags has the line.
has() { dump "${@:2}" >dumped; grep -qxF -- "$1" dumped || { grep -- "${1%% *}" dumped >&2; fail "no line \"$1\" for ${*:2}"; }; }

# Every key has a comment of one line above it; nothing is read, so a file that is missing does not matter.
dump --train missing.tsv >all
awk '/^(# )?[a-z-]+ =( |$)/ { if (before !~ /^# /) { print; bad = 1 } } { before = $0 } END { exit bad }' all || fail "a key without a comment"
grep -qx 'train = "missing.tsv"' all || fail "the dump lacks --train"
for absent in help config dump-config overwrite until-step preset; do ! grep -q "^\(# \)\?$absent =" all || fail "the dump has $absent"; done
"$unroll" train --help | grep -o -- '^  --[a-z-]*' | tr -d ' ' | grep -vxE -- '--(config|dump-config|overwrite|until-step|preset)' >flags
while read -r flag; do grep -q "^\(# \)\?${flag#--} =" all || fail "the dump lacks $flag"; done <flags
[ "$(wc -l <flags)" -gt 50 ] || fail "only $(wc -l <flags) flags were found"

# fixed FLAGS...: dump, read, dump again: the same.
fixed() { dump "$@" >first; dump --config first >second; cmp -s first second || { diff first second >&2; fail "no fixed point: $*"; }; }
fixed
tried=0
"$unroll" train --help >help
while read -r flag; do
  line=$(grep -m1 -- "^  $flag[ ,{]" help)
  case $line in
    *UINT:*|*FLOAT:*) values=$(sed -E 's/.*(UINT|FLOAT):([^ ]+) \.\. ([^ =]+).*/\2 \3/' <<<"$line") ;;
    *'{true}'*|*'{false}'*) values= ;;
    *:{*) values=$(sed -E 's/.*:\{([^}]*)\}.*/\1/; s/,/ /g' <<<"$line") ;;
    *'as 200M'*) values='200M 1.5G' ;;
    *' TEXT'*|*' FILE'*|*' DIR'*|*'|'*)
      case $flag in
        --separator) values='tab ; "' ;; --metric) values='f1:a"b loss' ;; --class-weight) values='balanced spam=5,a=b=0.5' ;;
        *) values='plain a"b\c#d=é,[x] -' ;;
      esac ;;
    *) values= ;;
  esac
  if [ "$flag" = --separator ]; then values='tab ;'; fi
  [ -n "$values" ] || { fixed "$flag"; tried=$((tried + 1)); grep -qx "${flag#--} = true" first || [ "$flag" = --bidirectional ] || fail "$flag is not dumped"; }
  for value in $values; do
    fixed "$flag" "$value"
    grep -q "^${flag#--} = " first || fail "$flag $value is not dumped"
    tried=$((tried + 1))
  done
done <flags
[ "$tried" -gt 100 ] || fail "only $tried values were tried"
fixed --unidirectional
has 'bidirectional = false' --unidirectional
has 'lr = 0.5' --lr .5
has 'seed = "18446744073709551615"' --seed 18446744073709551615
has 'label-separator = "\t"' --label-separator $'\t'
fixed --text-col ''
has 'text-col = ""' --text-col ''
fixed --train $'tab\t, "quotes", new\nline and \x7f'

# Presets are plain flags; another name is refused with the list.
for preset in fast default best; do fixed --preset $preset; done
has 'cell = "none"' --preset fast
has 'cell = "gru"' --preset fast --cell gru
has 'cell = "lstm"' --preset fast --cell lstm
dump --preset default | cmp -s - <(dump) || fail "the preset default is not the default"
expect_status 2 'quick not in {fast,default,best}' "$unroll" train --preset quick --dump-config

# Flags beat a preset that is typed, which beats the file, which beats a preset in it, which beats the defaults; one file only.
printf 'preset = "fast"\nlr = 0.5\n' >mine.toml
has 'cell = "none"' --config mine.toml
has 'lr = 0.5' --config mine.toml
has 'lr = 0.25' --config mine.toml --lr 0.25
has 'cell = "lstm"' --config mine.toml --preset default  # a preset that is typed replaces the file's
has 'hidden = 256' --config mine.toml --preset best
printf 'cell = "lstm"\n' >cell.toml
has 'cell = "none"' --config cell.toml --preset fast
has 'cell = "gru"' --config cell.toml --preset fast --cell gru
printf 'preset = "fast"\ncell = "lstm"\n' >both_in_file.toml
has 'cell = "lstm"' --config both_in_file.toml
printf 'bidirectional = true\n' >both.toml
has 'bidirectional = false' --config both.toml --unidirectional
printf 'no-fold = true\n' >fold.toml
has 'no-fold = true' --config fold.toml
has 'no-fold = false' --config fold.toml --no-fold=false
printf 'hidden = 7\nquiet = false\n' >unroll.toml
has 'hidden = 7'
has 'hidden = 128' --config mine.toml
has 'hidden = 128' --config /dev/null
expect_status 3 'missing.tsv' "$unroll" train --train missing.tsv --out run
grep -qF 'config  unroll.toml: 2 settings; flags beat them' stderr || fail "nothing tells of unroll.toml"
rm unroll.toml

# Lists and tables.
printf 'text-col = ["title", "body"]\nclass-weight = {spam = 5, "a b" = 0.5}\n' >lists.toml
has 'text-col = "title,body"' --config lists.toml
has 'class-weight = "a b=0.5,spam=5"' --config lists.toml
printf '[class-weight]\nspam = 2\n' >table.toml
has 'class-weight = "spam=2"' --config table.toml

# wrong STATUS TEXT CONTENT: the file is refused, and the message says where and why.
wrong() { printf "$3" >wrong.toml; expect_status "$1" "$2" "$unroll" train --config wrong.toml --dump-config; }
wrong 2 'wrong.toml:2:1: unroll train has no setting "hiden"; did you mean "hidden"?' 'lr = 0.1\nhiden = 5\n'
wrong 2 'wrong.toml:1:1: unroll train has no setting "label_col"; did you mean "label-col"?' 'label_col = "a"\n'
wrong 2 'wrong.toml:1:1: overwrite is for the command line alone' 'overwrite = true\n'
wrong 2 'wrong.toml:1:1: write bidirectional = false for unidirectional = true' 'unidirectional = true\n'
wrong 2 'wrong.toml:2:1: --layers: expected a whole number in 1 .. 16, found "0"' 'lr = 0.1\nlayers = 0\n'
wrong 2 'wrong.toml:1:1: --cell: lstmx not in {lstm,gru,rnn,none}' 'cell = "lstmx"\n'
wrong 2 'wrong.toml:1:1: --metric "f2" is none of' 'metric = "f2"\n'
wrong 2 'wrong.toml:1:1: --hidden' 'hidden = nan\n'
wrong 2 'wrong.toml:1:11: no-fold is a number; expected true or false' 'no-fold = 1\n'
wrong 2 'wrong.toml:1:10: hidden is true or false; expected a number' 'hidden = true\n'
wrong 2 'wrong.toml:1:7: dev is a number; expected a text in quotes' 'dev = 3\n'
wrong 2 'wrong.toml:1:11: vectors is a number; expected a text in quotes' 'vectors = 1.5\n'
wrong 2 'wrong.toml:1:8: cell is a number; expected a text in quotes' 'cell = 3\n'
wrong 2 'wrong.toml:1:10: hidden is a list; expected a number' 'hidden = [1, 2]\n'
wrong 2 'wrong.toml:1:9: train is a table; expected a text in quotes' 'train = {a = "b"}\n'
wrong 2 'wrong.toml:1:12: text-col is a list; expected a text in quotes, or a list of such without commas' 'text-col = ["a,b", "c"]\n'
wrong 3 'wrong.toml:2:' 'lr = 0.1\nhidden = \n'
wrong 3 'wrong.toml:2:' 'lr = 0.1\nlr = 0.2\n'
expect_status 3 'nowhere.toml' "$unroll" train --config nowhere.toml --dump-config
printf 'momentum = 0.5\n' >sgd.toml
expect_status 2 "--momentum is SGD's" "$unroll" train --train data.tsv --out run --config sgd.toml
grep -qF '[--momentum 0.5 is from sgd.toml:1:1]' stderr || fail "a contradiction does not say where the setting is from"

# What a flag needs, another source may bring; what is required, too.
expect_status 2 '--out is required' "$unroll" train --train data.tsv
expect_status 2 '--keep-vectors requires --vectors' "$unroll" train --train data.tsv --out run --keep-vectors 5
printf 'vectors = "nowhere.vec"\n' >vectors.toml
expect_status 3 'nowhere.vec' "$unroll" train --train data.tsv --out run --keep-vectors 5 --config vectors.toml

# A run keeps its settings, and they repeat it to the bit.
hash_of() { sed -n 's/^hash *\([0-9a-f]*\).*/\1/p' "$1"; }
"$unroll" train --train data.tsv --out old "${small[@]}" --seed 5 --unidirectional --class-weight pos=2 >old.txt
"$unroll" train --config old/config.toml --out new >new.txt 2>stderr
[ -n "$(hash_of old.txt)" ] && [ "$(hash_of old.txt)" = "$(hash_of new.txt)" ] || fail "config.toml does not repeat the run"
cmp old/model.safetensors new/model.safetensors || fail "the repeated model differs"
diff old/config.toml new/config.toml >differ || true
[ "$(grep -c '^[<>]' differ)" = 2 ] && grep -qx '> out = "new"' differ || fail "config.toml changed: $(cat differ)"
! grep -q warning stderr || fail "settings that are defaults bring warnings"
expect_status 2 'old already holds a model' "$unroll" train --config old/config.toml

# A file with all keys does not warn of flags that were not given.
"$unroll" train --train data.tsv --out linear --preset fast >linear.txt 2>stderr
! grep -q 'no effect' stderr || fail "a preset brings a warning"
"$unroll" train --config linear/config.toml --out linear2 >linear2.txt 2>stderr
! grep -q 'no effect' stderr || fail "a dumped file brings a warning: $(cat stderr)"
[ "$(hash_of linear.txt)" = "$(hash_of linear2.txt)" ] || fail "the linear model is not repeated"
