# unroll report: one page about a run or several, from what their folders hold; whole, escaped, without anything from the network.
. "$(dirname "$0")/support.sh" "$@"

# whole FILE: the page is well-formed, has no script, and asks nobody for anything.
whole() {
  ! grep -niE '<script|<link|<iframe|<img|@import|url\(|(src|href)=.?(https?:)?//' "$1" || fail "$1 is not self-contained"
  grep -q 'prefers-color-scheme: dark' "$1" || fail "$1 has no dark colours"
  grep -q 'name="viewport"' "$1" || fail "$1 is not for phones"
  ! grep -nE '\b(nan|inf)\b' <(sed 's/<pre>.*//' "$1" | grep -o 'd="[^"]*"') || fail "$1 draws what is not finite"
  command -v python3 >/dev/null || return 0
  python3 - "$1" <<'PYTHON' || fail "$1 is not well-formed"
import html.parser, sys
class Check(html.parser.HTMLParser):
    open = []
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",): self.open.append(tag)
    def handle_startendtag(self, tag, attrs): pass
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()
check = Check(); check.feed(open(sys.argv[1], encoding="utf-8").read()); assert not check.open, check.open
PYTHON
}

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
{ cat data.tsv; printf 'pos\tthis film is awful <b>& "so"\nneg\tthis <script>alert(1)</script> is good\n'; } >test.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >result.txt
[ -s run/report.html ] || fail "training leaves no report"
hash=$(sed -n 's/^hash *\([0-9a-f]*\).*/\1/p' result.txt)
whole run/report.html
# Steps of three epochs, the last of them of a process that went on; a figure that is not finite; an event of a later version.
metrics() {
  echo '{"event":"plan","version":1,"rows":54,"dev_rows":6,"labels":2,"vocabulary":20,"ngrams":300,"parameters":1234,"metric":"accuracy","epochs":3,"steps_per_epoch":4,"step_every":1,"seconds":0.1}'
  echo '{"event":"linear","C":[1,0.1],"dev_accuracy":0.5,"dev_metric":0.5,"dev_loss":0.6,"seconds":0.2}'
  for epoch in 1 2 3; do
    for step in 1 2 3 4; do
      echo "{\"event\":\"step\",\"epoch\":$epoch,\"step\":$step,\"loss\":0.$((9 - epoch * 2))$step,\"gradient_norm\":$((epoch * 2)).5,\"learning_rate\":0.001,\"tokens\":512,\"seconds\":$((epoch < 3 ? epoch : 1)).$step}"
    done
    echo "{\"event\":\"epoch\",\"epoch\":$epoch,\"loss\":0.5,\"dev_accuracy\":0.$((4 + epoch))25,\"dev_metric\":0.5,\"dev_loss\":$([ $epoch = 2 ] && echo null || echo 0.4),\"best\":$([ $epoch = 3 ] && echo true || echo false),\"seconds\":$((epoch < 3 ? epoch : 1)).5}"
    [ $epoch != 2 ] || echo '{"event":"resume","epoch":3,"step":0,"seconds":0.5}'
  done
  echo '{"event":"of a later version","seconds":1.6}'
}
{ metrics; echo '{"event":"end","end":"all epochs done","epochs":3,"best_epoch":3,"dev_accuracy":0.725,"dev_metric":0.5,"hash":"'$hash'","seconds":1.75}'; } >run/metrics.jsonl

lacks() { ! grep -qF -- "$2" "$1" || fail "$1 has: $2"; }
has() { grep -qF -- "$2" "$1" || fail "$1 lacks: $2"; }

"$unroll" report run --test test.tsv 2>stderr
[ "$(cat stderr | tail -1)" = 'written: run/report.html' ] || fail "nothing tells where the page is: $(cat stderr)"
page=run/report.html
whole $page
has $page "$hash"
has $page '<b>3 of 3</b>'
has $page '<b>72.50 %</b>'                     # dev accuracy of the best epoch
has $page '>4.2 s<'                            # 2.5 seconds of the first process, 1.75 of the second
has $page '62 texts of <code>test.tsv</code>'
has $page '60 of 62'
has $page 'dev, linear model'
has $page 'class="resume"'
has $page '33.3 % of the steps were clipped'   # 4 of 12 norms are above --clip-norm 5
has $page 'this &lt;script&gt;alert(1)&lt;/script&gt; is good'
has $page 'Expected calibration error'
has $page 'hidden = 8'
has $page 'unroll train</span> <span class="whole">--config run/config.toml'
"$unroll" report run --test test.tsv --out - >again.html
has $page 'Training: the network alone, with dropout. Dev: without dropout, the network and the linear model together'
lacks $page 'is of another run'
cmp -s again.html $page || fail "the page differs from call to call"

# A run without metrics, and one that has just begun and has no model.
"$unroll" train --train data.tsv --out linear --preset fast --quiet >/dev/null
rm -f linear/metrics.jsonl
"$unroll" report linear --quiet
whole linear/report.html
has linear/report.html 'there are no curves to draw'
lacks linear/report.html 'is of another run'
mkdir begun; head -3 run/metrics.jsonl >begun/metrics.jsonl; printf '{"event":"st' >>begun/metrics.jsonl
"$unroll" report begun --quiet
whole begun/report.html
has begun/report.html 'so far'

# Several runs on one page: what differs between them, and the curves of all.
"$unroll" train --train data.tsv --out gru --cell gru "${small[@]}" >/dev/null
cp run/metrics.jsonl gru
"$unroll" report run gru linear begun --test test.tsv --quiet 2>stderr && fail "a run without a model was tested"
"$unroll" report run gru linear --test test.tsv --quiet
whole report.html
has report.html '<h1>3 runs</h1>'
has report.html '<th class="number">cell</th>'
has report.html '<td class="number">gru</td>'
has report.html 'Loss of the dev texts'
# Settings that do not count are none that differ, and a linear model has no network's; it is a level in the charts.
"$unroll" train --train data.tsv --out quick --cell none >/dev/null 2>&1
"$unroll" train --train data.tsv --out other --cell gru --hidden 8 --embedding 8 --epochs 6 --lr 0.01 --quiet --gradflow >/dev/null
"$unroll" report run quick other --out - --quiet >three.html
whole three.html
for setting in quiet hidden embedding gradflow out; do lacks three.html "<th class=\"number\">$setting</th>"; done
has three.html '<th class="number">lr</th>'
row=$(grep -A1 '<th class="s2">quick</th>' three.html)
! grep -q '0.001<' <<<"$row" || fail "a linear model has a network's setting: $row"
[ "$(grep -o '</svg>quick</li>' three.html | wc -l)" = 2 ] || fail "the linear model is not in the charts of accuracy and loss alone"

# Gradient flow, when it was measured, with a link that holds wherever the page is.
whole other/report.html
has other/report.html '<h2>Gradient flow</h2>'
has other/report.html '<a href="gradflow.html">'
has other/report.html 'gru.0.forward, after epoch'
has three.html '<a href="other/gradflow.html">'
lacks $page 'Gradient flow'

# A folder with a blank is one word of the command.
mkdir -p 'dd/o 1'; cp run/model.safetensors run/config.toml run/metrics.jsonl 'dd/o 1'
"$unroll" report 'dd/o 1' --quiet
has 'dd/o 1/report.html' '--config &#39;dd/o 1/config.toml&#39;'

# Where --overwrite was killed before the first epoch, the old model is not taken for the new run's.
cp -r run mixed; head -5 run/metrics.jsonl >mixed/metrics.jsonl
"$unroll" report mixed --test test.tsv --quiet
has mixed/report.html 'metrics.jsonl is of another run'
has mixed/report.html 'These are the model and settings of the run before'
lacks mixed/report.html 'of the steps were clipped'
sed 's/"hash":"[0-9a-f]*"/"hash":"0"/' run/metrics.jsonl >mixed/metrics.jsonl
"$unroll" report mixed --quiet
has mixed/report.html 'metrics.jsonl is of another run'
"$unroll" train --train data.tsv --out quick --cell none --overwrite --quiet >/dev/null
lacks quick/report.html 'is of another run'

# Many labels: the most confused pairs, and a drawn matrix. Labels are escaped, too.
awk 'BEGIN { print "label\ttext"; for (k = 0; k < 240; k++) print "<i>" k % 40 "&\tword" k % 40 " more" }' >many.tsv
"$unroll" train --train many.tsv --dev many.tsv --out many --preset fast --quiet >/dev/null
sed 's/word1 /word2 /' many.tsv >confused.tsv
"$unroll" report many --test confused.tsv --quiet
whole many/report.html
has many/report.html 'Most confused'
has many/report.html '<td class="label">&lt;i&gt;1&amp;</td><td class="label">&lt;i&gt;2&amp;</td><td class="number">6</td>'
has many/report.html '<svg class="drawn"'

# Any number of labels: classes, but no confusion.
awk -F'\t' 'NR > 1 { printf "{\"text\":\"%s\",\"label\":[\"%s\"%s]}\n", $2, $1, NR % 5 ? "" : ",\"more\"" }' data.tsv >sets.jsonl
"$unroll" train --train sets.jsonl --out sets --preset fast --quiet >/dev/null
"$unroll" report sets --test sets.jsonl --quiet
whole sets/report.html
has sets/report.html '<td class="label">more</td>'
has sets/report.html '>micro-F1 of the test texts<'
has sets/report.html '>P@1 of the test texts; R@1'
has sets/report.html 'micro-F1 is <strong>'
has sets/report.html '>micro-f1 of the dev texts<'
sed 's/"neg"/"more"/' sets.jsonl >wrong.jsonl
"$unroll" report sets --test wrong.jsonl --quiet
whole sets/report.html
has sets/report.html 'The surest mistakes'
has sets/report.html '<span class="label">neg</span> instead of <span class="label">more</span>'

# What is wrong is said, with its place.
printf 'no json\n' >>gru/metrics.jsonl
expect_status 3 "gru/metrics.jsonl:$(wc -l <gru/metrics.jsonl): expected one JSON object" "$unroll" report gru
expect_status 5 'nowhere' "$unroll" report nowhere
expect_status 7 'missing/page.html' "$unroll" report run --out missing/page.html
expect_status 3 'none.tsv' "$unroll" report run --test none.tsv
