#!/usr/bin/env bash
# Every figure that Ennead must reach, measured on this machine one piece after the other, as one Markdown report with plots beside it.
# Takes an hour or two, and says so in the report; the machine must have nothing else to do, and 13 GB of free memory.
#
#   report.sh [PIECE...]   peers, dispatch, layer, experts, tiles, streams, nodes, start, memory (default: all, in this order)
#
#   ROUNDS     runs of each figure (default 5)
#   BASE_PORT  first port of the clusters (default 18870)
#   OUT        the report (default REPORT.md beside this script)
# What each piece takes besides, and how to run it alone: report/PIECE.sh, and flat-memory.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$here/target/report
out=${OUT:-$here/REPORT.md}
all=(peers dispatch layer experts tiles streams nodes start memory)
pieces=("$@")
[ $# -gt 0 ] || pieces=("${all[@]}")
mkdir -p "$work"

machine() {
  local cpu
  cpu=$(lscpu 2> /dev/null | sed -n 's/^Model name: *//p' | head -n 1)
  echo "${cpu:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr), Java $(java -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p')," \
    "commit $(git -C "$root" rev-parse --short HEAD)$([ -z "$(git -C "$root" status --porcelain --untracked-files=no)" ] || echo ' with changes')"
}

script() {
  case $1 in
    memory) echo "$here/flat-memory.sh" ;;
    *) echo "$here/report/$1.sh" ;;
  esac
}

for piece in "${pieces[@]}"; do
  [ -x "$(script "$piece")" ] || { echo "report: $piece (expected: one of ${all[*]})" >&2 && exit 2; }
done
"$root/ennead" --version > /dev/null # builds, when that is needed

# What the processors did for others (a virtual machine's host) since some moment, of all their time.
jiffies() {
  awk '$1 == "cpu" { print $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat 2> /dev/null || echo 0 1
}

read -r stolen_before all_before <<< "$(jiffies)"
begin=$SECONDS
failures=0
for piece in "${pieces[@]}"; do
  since=$SECONDS
  result=0
  "$(script "$piece")" > "$work/$piece.md" 2> "$work/$piece.log" || result=$?
  echo "$((SECONDS - since))" > "$work/$piece.seconds"
  if [ "$result" -ne 0 ]; then
    failures=$((failures + 1))
    echo "| $piece | | | failed: $(tail -n 1 "$work/$piece.log" | tr '|' ' ') | **no** |" > "$work/$piece.failed"
  else
    rm -f "$work/$piece.failed"
  fi
  echo "$piece: $((SECONDS - since)) s$([ "$result" -eq 0 ] || echo ", failed")" >&2
done
read -r stolen_after all_after <<< "$(jiffies)"

{
  echo "# What Ennead must reach, and what it reaches"
  echo
  echo "Made by \`deploy/loadtest/report.sh ${pieces[*]}\` on $(date -u +%Y-%m-%d) in $(((SECONDS - begin) / 60)) min $(((SECONDS - begin) % 60)) s:"
  echo "$(machine). Medians of ${ROUNDS:-5} runs, ranges in brackets; both sides of a ratio ran in turns."
  awk -v stolen="$((stolen_after - stolen_before))" -v all="$((all_after - all_before))" \
    'BEGIN { printf "The machine'\''s host took %.1f %% of the processors'\'' time meanwhile.\n", 100 * stolen / (all ? all : 1) }'
  echo
  echo "| what | against | goal | value | met |"
  echo "|---|---|---|---|---|"
  for piece in "${pieces[@]}"; do
    sed -n '/^###/q; /^| .* |$/p' "$work/$piece.md"
    cat "$work/$piece.failed" 2> /dev/null || true
  done
  echo
  echo "No GPU: the path for one (\`--device cuda:N\`) has been built and has not been run on any."
  for piece in "${pieces[@]}"; do
    echo
    sed -n '/^###/,$p' "$work/$piece.md"
  done
  echo
  echo "### Time"
  echo
  for piece in "${pieces[@]}"; do echo "- $piece: $(cat "$work/$piece.seconds") s"; done
} | cat -s > "$out"
echo "report: $out, $failures pieces failed" >&2
exit "$((failures > 0))"
