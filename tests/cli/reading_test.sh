# Files as people have them: read right, or refused with what mends it. One case of each kind; tests/text has more of them.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
"$unroll" train --train data.tsv --out model "${small[@]}" >/dev/null
train=("$unroll" train --out run --overwrite --hidden 4 --embedding 4 --epochs 1 --quiet --train)
predict=("$unroll" predict model)
reviews 20 | cut -f 2 >texts.txt
"${predict[@]}" texts.txt --prob >answers

# same FILE FLAGS...: the file's texts are those of texts.txt.
same() { "${predict[@]}" "$@" --prob 2>notes | cmp - answers || { cat notes >&2; fail "otherwise answered: $*"; }; }
# dies TEXT FILE FLAGS...: training on the file ends with 3 and says TEXT.
dies() { local text=$1; shift; expect_status 3 "$text" "${train[@]}" "$@"; }

# predict reads what train reads, and says so
{ printf 'id,text,label\n'; reviews 20 | awk -F '\t' '{ printf "%d,\"%s\",%s\n", NR, $2, $1 }'; } >rows.csv
same rows.csv; grep -q 'rows.csv: read as csv; the texts are its "text"' notes || fail "no note of the column"
same rows.csv --text-col text
same - <rows.csv
tail -n +2 rows.csv >bare.csv; same bare.csv --no-header --text-col 2
sed 's/^id,text,label/sep=,\nid,text,label/' rows.csv >sep.csv; same sep.csv
tr ',' ';' <rows.csv >semicolons.csv; same semicolons.csv
tr '\n' '\r' <rows.csv >mac.csv; same mac.csv
reviews 20 | awk -F '\t' '{ print "__label__" $1 " " $2 }' >labelled.txt; same labelled.txt
reviews 20 | awk -F '\t' '{ print "{\"text\": \"" $2 "\", \"n\": 1e2}" }' >rows.jsonl; same rows.jsonl
{ echo '['; sed '$!s/$/,/' rows.jsonl; echo ']'; } >rows.json; same rows.json
[ "$("${predict[@]}" rows.csv --plain | wc -l)" = 21 ] || fail "--plain reads no lines"
sed 1s/text/review/ rows.csv >other.csv
expect_status 0 'this looks like a table of 3 columns' "${predict[@]}" other.csv
expect_status 2 '--plain has none' "${predict[@]}" rows.csv --plain --text-col text

# encodings and compressions
iconv -f UTF-8 -t UTF-16LE texts.txt >u16.txt; same u16.txt; iconv -f UTF-8 -t UTF-16 texts.txt >u16m.txt; same u16m.txt
gzip -kc rows.csv >rows.csv.gz; same rows.csv.gz
for tool in xz zstd; do
  "$unroll" doctor | grep -q "^$tool *[0-9]" && command -v $tool >/dev/null || continue
  $tool -qc rows.csv >rows.$tool; same rows.$tool
done
printf 'v1,v2,,,\nham,d\xe9licieuse pr\xe9sent\xe9e,,,\nspam,gagnez \xa3100,,,\n' >kaggle.csv
dies 'kaggle.csv:2:6: row 1: byte 0xE9 is not valid UTF-8; the text reads well as windows-1252 (--encoding windows-1252)' \
  kaggle.csv --text-col v2 --label-col v1
printf 'label\ttext\n\xba\xc3\t\xd5\xe2\xb3\xb5\xba\xdc\xba\xc3\n\xb2\xee\t\xd5\xe2\xb3\xb5\xb2\xbb\xba\xc3\n' >gbk.tsv
dies '(--encoding GB18030)' gbk.tsv
"${train[@]}" gbk.tsv --dev gbk.tsv --encoding GB18030 >/dev/null
"$unroll" inspect run | grep -q '好' || fail "GB18030 is not decoded"
expect_status 2 'there is no encoding "utf-9"' "${train[@]}" gbk.tsv --encoding utf-9
iconv -f UTF-8 -t UTF-32LE data.tsv >u32.tsv; dies '(--encoding UTF-32LE)' u32.tsv
tar -cf data.tar data.tsv; dies '`tar -xOf data.tar` prints what is in it' data.tar
gzip -c data.tar >data.tgz; dies 'a packed tar archive' data.tgz
gzip -c data.tsv | gzip >twice.gz; dies 'packed with gzip once more' twice.gz
printf 'PK\003\004\024\000data.tsv' >data.zip; dies '`unzip -p data.zip`' data.zip
dies 'a model (safetensors)' model/model.safetensors

printf 'label\ttext\n\x1b$B9%%\x1b(B\tgood\n' >jis.tsv; dies '(--encoding ISO-2022-JP)' jis.tsv
{ cat data.tsv; printf 'pos\twon \xa31000\nneg\t10\x80\n'; } >pound.tsv; dies 'reads well as windows-1252 (--encoding windows-1252)' pound.tsv
head -c 3000 model/model.safetensors | tail -c 2000 | tr '\000' '\001' >noise; dies 'noise' noise
! grep -q 'reads well' stderr || fail "an encoding is named for bytes of no text"
gzip -c data.zip | "${predict[@]}" - 2>stderr || grep -q 'save it as FILE first; `unzip -p FILE`' stderr || fail "no command for a pipe"

# columns
{ echo 'Reviews of 2024'; cat data.tsv; } >titled.tsv; dies '`tail -n +2` prints the rest' titled.tsv
sed 's/\t/~/' data.tsv >tilde.tsv; dies 'separated by "~", which has to be named (--separator)' tilde.tsv
awk -F '\t' 'NR == 1 { print; next } { print "\"" NR "\"\t" $0 }' data.tsv >r.tsv; dies 'write.table: col.names = NA' r.tsv
printf 'no,text,here\nsecond line\n' >comma.txt; [ "$("${predict[@]}" comma.txt --quiet | wc -l)" = 2 ] || fail "a line is taken for a header"
awk -F '\t' 'NR > 1 { print $1 "\t\"" $2 "\"" }' data.tsv | sed '1i label\ttext' >quoted.tsv
"$unroll" data convert quoted.tsv --quoting off --quiet >once.tsv; "$unroll" data convert once.tsv --quiet | cmp - once.tsv || fail "convert is not stable"
printf 'nice place,1\n' >coin.csv
for i in $(seq 40); do echo "some place $i,$((i % 2 + 1))"; done >>coin.csv
dies 'text and label are the same column' coin.csv --text-col 1 --label-col 2
grep -q -- '(--text-col, --label-col, --no-header)$' stderr || fail "no flags named"
{ reviews 20; } >bare.tsv
dies 'this row is read as a header, but it looks like data' bare.tsv --text-col 2 --label-col 1
grep -q -- '(--no-header)$' stderr || fail "no flag named"
dies 'this row is read as data, but it looks like a header' data.tsv --no-header --text-col 2 --label-col 1

# bad rows: an error, or one line each all the same
{ head -n 3 texts.txt; printf 'caf\xe9 good\n'; tail -n +4 texts.txt; } >bad.txt
expect_status 3 'bad.txt:4:4: byte 0xE9' "${predict[@]}" bad.txt
[ "$("${predict[@]}" bad.txt 2>/dev/null | wc -l)" = 3 ] || fail "the lines before a bad one are not answered"
"${predict[@]}" bad.txt --prob --bad-rows skip 2>notes | sed 4d | cmp - answers || fail "out of step"
grep -q '1 bad row was left out' notes || fail "bad rows are not counted"
"${predict[@]}" bad.txt --json --bad-rows skip 2>/dev/null | sed -n 4p | grep -q '^{"error":"bad.txt:4:4: byte 0xE9' ||
  fail "no error in JSON"
{ cat data.tsv; printf '\ta text without a label\n'; } >nolabel.tsv
dies 'nolabel.tsv:202: row 201: the label is empty' nolabel.tsv
expect_status 0 '1 bad row was left out' "${train[@]}" nolabel.tsv --bad-rows skip
expect_status 2 '--bad-rows' "${train[@]}" nolabel.tsv --bad-rows drop

# the input's columns with the answer
"${predict[@]}" rows.csv --append --quiet >appended
head -n 1 appended | grep -qx "$(printf 'id\ttext\tlabel\tpredicted\tprobability')" || fail "no header"
cut -f 4,5 appended | tail -n +2 | cmp - answers || fail "--append answers otherwise"
cut -f 1 appended | tail -n +2 | cmp - <(seq 20) || fail "--append loses a column"
# a broken element of an array is one empty line, and a line that is too long is another
printf '[{"text":"a"},null,{"text":"b"}},{"text":"c"},{"text":"d"]' >broken.json
[ "$("${predict[@]}" broken.json --json --bad-rows skip 2>/dev/null | cut -c 1-8 | tr -d '\n')" = '{"label"{"error"{"error"{"label"{"error"' ] ||
  fail "broken JSON is out of step"
{ echo good; head -c 17000000 /dev/zero | tr '\0' x; printf '\nbad\n'; } >long.txt
[ "$("${predict[@]}" long.txt --bad-rows skip 2>/dev/null | wc -l)" = 3 ] || fail "a long line is out of step"
expect_status 0 'the key of their answers is "prediction_2"' "${predict[@]}" --jsonl --format json <(echo '{"text":"a","prediction":1}')
"${predict[@]}" rows.jsonl --jsonl --quiet | head -n 1 | grep -q '"n": 1e2,"prediction":{"label":"' || fail "--jsonl"
expect_status 2 'exclude one another' "${predict[@]}" rows.csv --json --append

# labels
{ cat data.tsv; printf 'p\xd0\xbes\tgood film\n'; } >alike.tsv
expect_status 0 '"p\u043Es"' "${train[@]}" alike.tsv
awk -F '\t' 'NR == 1 { print; next } { print ($1 == "pos" ? 1 : 0) "\t" $2 }' data.tsv >ints.tsv
sed '1!s/^[01]/&.0/' ints.tsv >floats.tsv
"$unroll" train --train ints.tsv --out ints --overwrite "${small[@]}" >/dev/null
expect_status 0 'labels that are training' "$unroll" test ints floats.tsv
grep -q 'accuracy 100' stdout || fail "1.0 is not 1"
expect_status 3 'training'"'"'s are "0", "1"' "$unroll" test ints data.tsv
printf '{"text":"a b","label":"x\\ty"}\n{"text":"c d","label":"z"}\n' >tabs.jsonl
"${train[@]}" tabs.jsonl --dev tabs.jsonl >/dev/null 2>&1
"$unroll" predict run tabs.jsonl --quiet | awk -F '\t' 'NF != 1 { exit 1 }' || fail "a label's tab is not escaped"
