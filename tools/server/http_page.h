/// The page at /, to try a model by hand. It is one file, asks nobody but the server, and follows
/// the reader's light or dark colours.
#pragma once

#include <string_view>

namespace unroll {

inline constexpr std::string_view kHttpPage = R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>unroll</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bar: #3b7dd8; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
textarea { width: 100%; box-sizing: border-box; font: inherit; padding: .6rem; border: 1px solid var(--line); border-radius: .4rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0 1.2rem; }
button, select, input { font: inherit; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: .4rem; }
textarea, select, input { background: #8881; color: inherit; }
option { background: Canvas; color: CanvasText; }
button { background: var(--bar); color: #fff; border: 0; cursor: pointer; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: 1px; }
.label { display: grid; grid-template-columns: minmax(0, 30%) 1fr 4.5rem; gap: .6rem; align-items: center; overflow-wrap: anywhere; }
.label div { background: var(--line); border-radius: .2rem; overflow: hidden; }
.label i { display: block; height: .8rem; background: var(--bar); }
.label span { text-align: right; font-variant-numeric: tabular-nums; }
.best { font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .85rem; }
</style>
<h1>Which label does a text get?</h1>
<form>
<label for="text" hidden>Text</label>
<textarea id="text" rows="5" required autofocus></textarea>
<div class="row"><select aria-label="Model" hidden></select>
<input type="password" placeholder="Token" aria-label="Token" hidden><button>Predict</button></div>
</form>
<div id="answer" aria-live="polite"></div>
<pre id="call" hidden></pre>
<script>
const one = name => document.querySelector(name), token = one('input'), model = one('select'), answer = one('#answer');
const headers = () => token.value ? {Authorization: 'Bearer ' + token.value} : {};
async function ask(path, body) {
  const reply = await fetch(path, {method: body ? 'POST' : 'GET', headers: headers(), body});
  if (reply.status == 401) token.hidden = false;
  const json = await reply.json();
  if (json.error) throw Error(json.error);
  return json;
}
function show(label, probability, best) {
  const row = document.createElement('div'), bar = document.createElement('i');
  row.className = best ? 'label best' : 'label';
  for (const name of ['b', 'div', 'span']) row.append(document.createElement(name));
  row.children[0].textContent = label;
  row.children[0].style.fontWeight = 'inherit';
  bar.style.width = 100 * probability + '%';
  row.children[1].append(bar);
  row.children[2].textContent = (100 * probability).toFixed(1) + ' %';
  answer.append(row);
}
ask('/v1/models').then(({models}) => {
  for (const {name} of models) model.append(new Option(name));
  model.hidden = models.length < 2;
}).catch(() => {});
one('#text').addEventListener('keydown', event => {
  if (event.key == 'Enter' && (event.ctrlKey || event.metaKey)) one('form').requestSubmit();
});
one('form').addEventListener('submit', async event => {
  event.preventDefault();
  const body = JSON.stringify({text: one('#text').value, top: 10, ...(model.value ? {model: model.value} : {})});
  try {
    const result = await ask('/v1/predict', body);
    answer.replaceChildren();
    const best = result.labels ?? [result.label];
    for (const [label, probability] of Object.entries(result.probabilities).sort((a, b) => b[1] - a[1]))
      show(label, probability, best.includes(label));
  } catch (error) { answer.replaceChildren('There is no answer: ' + error.message); }
  one('#call').hidden = false;
  one('#call').textContent = "curl " + location.origin + "/v1/predict -d '" + body.replaceAll("'", "'\\''") + "'";
});
</script>
</html>
)html";

}  // namespace unroll
