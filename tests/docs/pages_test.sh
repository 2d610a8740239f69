# bash pages_test.sh ROOT PAGES: the offline pages have every equation with its anchor, only formulas that became
# MathML, no link without target, and need neither scripts nor a network.
set -euo pipefail
root=$1
cd "$2" || { echo "build the pages first: cmake --build <folder> --target docs" >&2; exit 1; }
failures=0
complain() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
export LC_ALL=C
anchors() { grep -oE '\bid="[^"]+"' "$1" | cut -d'"' -f2 | sort; }

for language in en zh; do
  page=$language.html
  [ "$page" -nt "$root/docs/mathematics/$language/2-rnn.md" ] || complain "$page is older than its chapters"
  missing=$(comm -23 <(cat "$root"/docs/mathematics/$language/*.md | grep -oE '^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*' |
    tr -d '*' | sort) <(anchors "$page"))
  [ -z "$missing" ] || complain "$page: no anchor" $missing
  displays=$(($(cat "$root"/docs/mathematics/$language/*.md | grep -cx '\$\$') / 2))
  [ "$(grep -o '<math display="block"' "$page" | wc -l)" = "$displays" ] || complain "$page: not $displays display formulas"
  [ "$(grep -o '<svg' "$page" | wc -l)" = "$(cat "$root"/docs/mathematics/$language/*.md | grep -c '^!\[')" ] ||
    complain "$page: a figure is missing"
done

for page in en.html zh.html index.html; do
  ! grep -nE 'class="math (inline|display)"' "$page" >&2 || complain "$page: a formula stayed TeX"
  ! grep -noE '<script|<link|<iframe|(src|href)="(https?:)?//[^"]*"|url\([^#)]*\)' "$page" >&2 || complain "$page: needs more than itself"
  twice=$(anchors "$page" | uniq -d)
  [ -z "$twice" ] || complain "$page: two anchors" $twice
  # href="en.html#2-rnn": the page that it leads to has the anchor.
  for target in en.html zh.html index.html; do
    missing=$(comm -23 <(grep -oE '<a [^>]*href="[^"]+"' "$page" | sed -E 's/.*href="([^"]+)"/\1/; s/^#/'"$page"'#/' |
      sed -n "s/^$target#//p" | sed 's/%\(..\)/\\x\1/g' | while read -r link; do printf '%b\n' "$link"; done | sort -u) <(anchors $target))
    [ -z "$missing" ] || complain "$page: nothing in $target for" $missing
  done
  elsewhere=$(grep -oE '<a [^>]*href="[^"]+"' "$page" | sed -E 's/.*href="([^"]+)"/\1/' | grep -vE '^((en|zh|index)\.html)?(#|$)' || true)
  [ -z "$elsewhere" ] || complain "$page: leads out of the pages:" $elsewhere
done
[ "$failures" = 0 ] || exit 1
