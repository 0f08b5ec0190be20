#!/usr/bin/env bash
# Every figure that Ennead must reach, measured on this machine one piece after the other, as one Markdown report with plots beside it.
# Takes an hour or two, and says so in the report; the machine must have nothing else to do, and 13 GB of free memory.
#
#   report.sh [PIECE...]   peers, dispatch, layer, experts, tiles, streams, nodes, start, memory (default: all, in this order)
#                          With pieces named, the others stand in the report as they were last measured.
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
  echo "${cpu:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr), Java $(java -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p')"
}

commit() {
  echo "commit $(git -C "$root" rev-parse --short HEAD)$([ -z "$(git -C "$root" status --porcelain --untracked-files=no)" ] || echo ' with changes')"
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

stolen() {
  jiffies | awk -v before="$1" '{ split(before, b, " "); printf ", %.1f %% of the time went to others", 100 * ($1 - b[1]) / ($2 - b[2] + 1) }'
}

failures=0
for piece in "${pieces[@]}"; do
  since=$SECONDS
  before=$(jiffies)
  result=0
  "$(script "$piece")" > "$work/$piece.md" 2> "$work/$piece.log" || result=$?
  echo "$((SECONDS - since)) s, $(commit)$(stolen "$before")" > "$work/$piece.run"
  if [ "$result" -ne 0 ]; then
    failures=$((failures + 1))
    echo "| $piece | | | failed: $(tail -n 1 "$work/$piece.log" | tr '|' ' ') | **no** |" > "$work/$piece.failed"
  else
    rm -f "$work/$piece.failed"
  fi
  echo "$piece: $((SECONDS - since)) s$([ "$result" -eq 0 ] || echo ", failed")" >&2
done

measured=()
for piece in "${all[@]}"; do
  [ ! -e "$work/$piece.run" ] || measured+=("$piece")
done

{
  echo "# What Ennead must reach, and what it reaches"
  echo
  echo "Made by \`deploy/loadtest/report.sh\`, last on $(date -u +%Y-%m-%d): $(machine). Medians of ${ROUNDS:-5} runs, ranges in brackets; both sides of a"
  echo "ratio ran in turns."
  echo
  echo "| what | against | goal | value | met |"
  echo "|---|---|---|---|---|"
  for piece in "${measured[@]}"; do
    sed -n '/^###/q; /^| .* |$/p' "$work/$piece.md"
    cat "$work/$piece.failed" 2> /dev/null || true
  done
  echo
  echo "No GPU: the path for one (\`--device cuda:N\`) has been built and has not been run on any."
  for piece in "${measured[@]}"; do
    echo
    sed -n '/^###/,$p' "$work/$piece.md"
  done
  echo
  echo "### When"
  echo
  echo "What the machine's host did for others meanwhile is told where the system knows it."
  echo
  for piece in "${measured[@]}"; do echo "- $piece: $(cat "$work/$piece.run")"; done
} | cat -s > "$out"
echo "report: $out, $failures pieces failed" >&2
exit "$((failures > 0))"
