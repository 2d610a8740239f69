# bash mathematics_test.sh ROOT: the derivations say the same in both languages, every link of a Markdown file has a
# target, and formulas are written so that a code host shows them.
set -euo pipefail
cd "$1"
failures=0
complain() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

# equations FILE: the IDs and display formulas of a chapter, in order.
equations() {
  awk '/^\$\$$/ { inside = !inside; print; next }
       inside { print; next }
       match($0, /^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*/) { print substr($0, RSTART, RLENGTH) }' "$1"
}

# ids LANGUAGE
ids() { cat docs/mathematics/"$1"/*.md | grep -oE '^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*' | tr -d '*'; }

cmp <(ls docs/mathematics/en) <(ls docs/mathematics/zh) || complain "the languages have different chapters"
for english in docs/mathematics/en/*.md; do
  chinese=${english/\/en\//\/zh\/}
  diff <(equations "$english") <(equations "$chinese") >&2 || complain "$english and $chinese have different formulas"
done
for language in en zh; do
  [ "$(ids $language | wc -l)" -ge 80 ] || complain "$language: equations are missing"
  twice=$(ids $language | sort | uniq -d)
  [ -z "$twice" ] || complain "$language: two equations are named" $twice
done

# An ID, an empty line, a formula.
for chapter in docs/mathematics/??/*.md; do
  awk -v file="$chapter" '
    /^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*/ { id = $0; line = NR; next }
    id && NR == line + 1 && $0 != "" || id && NR == line + 2 && $0 != "$$" { print file ":" line ": no formula below " id; bad = 1 }
    NR == line + 2 { id = "" }
    END { exit bad }' "$chapter" >&2 || complain "$chapter: an ID without its formula"
done

# Code hosts take $…$ for a formula only after a blank and not before a letter, and may see emphasis in }_ and * or an
# escape in \, and the like.
for chapter in docs/mathematics/??/*.md; do
  awk -v file="$chapter" '
    function wrong(what) { print file ":" NR ": " what ": " $0; bad = 1 }
    /^```/ { fence = !fence } /^\$\$$/ { display = !display; next }
    fence || display { next }
    { n = split($0, part, "$")
      if (n > 0 && n % 2 == 0) wrong("a formula without end")
      for (k = 2; k < n; k += 2) {
        if (!(part[k - 1] ~ / $/ || k == 2 && part[1] == "")) wrong("no blank before $" part[k] "$")
        if (part[k] ~ /}_|\*|\\[^a-zA-Z]/) wrong("write otherwise: $" part[k] "$")
        if (part[k + 1] !~ /^($|[ ,.;:)?-]|，|。|；|：|、|）|（|”)/) wrong("no blank after $" part[k] "$")
      } }
    END { exit bad }' "$chapter" >&2 || complain "$chapter: formulas"
done

# A file that a chapter calls its code has the chapter's markers: it may have been emptied by a later change.
for chapter in docs/mathematics/??/*.md; do
  of_chapter=$(grep -oE '^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*' "$chapter" | tr -d '*' || true)
  while read -r code; do
    markers=$(grep -oE '// (\[[A-Z]+(-[A-Za-z0-9-]+)?\] )+' "$code" 2>/dev/null | grep -oE '[A-Z]+(-[A-Za-z0-9-]+)?' || true)
    [ -n "$(comm -12 <(sort -u <<<"$of_chapter") <(sort -u <<<"$markers"))" ] ||
      complain "$chapter calls $code its code, which has no marker of the chapter"
  done < <(grep -oE '\]\(\.\./\.\./\.\./[a-z_/]+\.(cpp|h)\)' "$chapter" | sed 's|.*\.\./||; s|)||')
done

# headings FILE: the anchors that a code host gives to the headings.
headings() {
  sed -n 's/^##* //p' "$1" | LC_ALL=C tr 'A-Z' 'a-z' | LC_ALL=C tr -d '!-,./:-@[-^`{-~' | tr ' ' '-'
}
links=0
while IFS=: read -r file link; do
  links=$((links + 1))
  target=${link%%#*}
  path=$(dirname "$file")/$target
  [ -n "$target" ] || path=$file
  [ -e "$path" ] || { complain "$file: no $link"; continue; }
  case $link in
    *.md#* | \#*) headings "$path" | grep -qxF -- "${link#*#}" || complain "$file: no heading for $link" ;;
  esac
done < <(find . -name '*.md' -not -path './build*/*' -not -path './data/*' -not -path './runs/*' -print0 |
  xargs -0 grep -oHE '\]\([^) ]+\)' | sed -E 's/\]\((.*)\)$/\1/' | grep -vE ':[a-z]+://')
[ "$links" -ge 50 ] || complain "only $links links found"

[ "$failures" = 0 ] || exit 1
echo "$(ids en | wc -l) equations in two languages, $links links"
