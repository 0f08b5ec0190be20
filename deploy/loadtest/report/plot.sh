#!/usr/bin/env bash
# A plot as SVG, both axes logarithmic: lines "x y1 y2 ..." on stdin.
#
#   plot.sh TITLE X Y SERIES...
set -euo pipefail

awk -v title="$1" -v xname="$2" -v yname="$3" -v names="$(IFS=:; echo "${*:4}")" '
  function right(x) { return 70 + 700 * log(x / x1) / log(x2 / x1) }
  function up(y) { return 300 - 250 * log(y / y1) / log(y2 / y1) }
  function text(x, y, anchor, words) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words
  }
  function line(xa, ya, xb, yb) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ccc\"/>\n", xa, ya, xb, yb
  }
  {
    xs[NR] = $1
    for (i = 2; i <= NF; i++) {
      ys[NR, i - 1] = $i
      if (!least || $i < least) least = $i
      if ($i > most) most = $i
    }
    series = NF - 1
  }
  END {
    if (NR < 2) { print "plot: fewer than two points" > "/dev/stderr"; exit 1 }
    split(names, name, ":")
    split("#1f77b4 #d62728 #2ca02c", colour, " ")
    x1 = xs[1]; x2 = xs[NR]
    y1 = least / 1.1; y2 = most * 1.1
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 350\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<title>" title "</title><rect width=\"800\" height=\"350\" fill=\"#fff\"/>"
    for (power = -3; power < 9; power++) for (step = 1; step < 10; step += step == 1 ? 1 : step == 2 ? 3 : 5) {
      y = step * 10 ^ power
      if (y >= y1 && y <= y2) { line(70, up(y), 770, up(y)); text(64, up(y) + 4, "end", y) }
    }
    for (p = 1; p <= NR; p++) { line(right(xs[p]), 300, right(xs[p]), 305); text(right(xs[p]), 320, "middle", xs[p]) }
    line(70, 300, 770, 300)
    text(770, 340, "end", xname); text(8, 20, "start", yname)
    for (s = 1; s <= series; s++) {
      path = ""
      for (p = 1; p <= NR; p++) path = path sprintf("%s%.1f %.1f", p == 1 ? "M" : " L", right(xs[p]), up(ys[p, s]))
      printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path, colour[s]
      printf "<g fill=\"%s\">", colour[s]
      for (p = 1; p <= NR; p++) printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", right(xs[p]), up(ys[p, s])
      text(120 + 160 * s, 20, "start", name[s])
      print "</g>"
    }
    print "</svg>"
  }'
