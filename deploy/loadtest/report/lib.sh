# shellcheck shell=bash
# What the pieces of the report share; sourced. Each piece runs alone as well: it prints rows of the report's table, then what explains them.
#
#   BASE_PORT  first port of the clusters (default 18870)
#   ROUNDS     runs of each figure (default 5)
#   MODEL      model directory (default: the bundled demo model)
set -euo pipefail
# shellcheck disable=SC2034 # the pieces use them
{
  piece=$(basename "$0" .sh)
  loadtest=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
  root=$(cd "$loadtest/../.." && pwd -P)
  ennead=$root/ennead
  base=${BASE_PORT:-18870}
  address=127.0.0.1:$base
  rounds=${ROUNDS:-5}
  model=${MODEL:-$root/deploy/models/demo}
  work=$loadtest/target/report
  processors=$(getconf _NPROCESSORS_ONLN)
}
mkdir -p "$work"
running="" # pid of the cluster in one JVM
directory="" # run directory of the nine processes

fail() {
  echo "$piece: $*" >&2
  exit 1
}

# row WHAT AGAINST GOAL VALUE MET
row() {
  printf '| %s | %s | %s | %s | %s |\n' "$@"
}

# met VALUE '>=' or '<=' GOAL: "yes", or by how much it is missed.
met() {
  awk -v value="$1" -v sign="$2" -v goal="$3" 'BEGIN {
    if (value == "" || value + 0 != value) print "**not measured**"
    else if (sign == ">=" ? value >= goal : value <= goal) print "yes"
    else printf "**no**, by %.0f %%\n", 100 * (sign == ">=" ? 1 - value / goal : value / goal - 1)
  }'
}

# Of the numbers on stdin: median, least and most.
spread() {
  sort -n | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR] }'
}

now() {
  date +%s%N
}

# seconds_since NANOS
seconds_since() {
  awk -v begin="$1" -v end="$(now)" 'BEGIN { printf "%.2f\n", (end - begin) / 1e9 }'
}

# A cluster in one JVM on the base port, with more flags.
start_local() {
  local log=$work/local.log
  : > "$log"
  "$ennead" local --model "$model" --base-port "$base" --max-tokens 1 "$@" > "$log" 2>&1 &
  running=$!
  for _ in $(seq 1 3000); do
    grep -q '^Serving' "$log" && return
    kill -0 "$running" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.1
  done
  fail "no cluster after 5 minutes: $(tail -n 5 "$log")"
}

# Nine processes on the base port, with more flags.
start_processes() {
  directory=$work/run
  "$ennead" cluster up --model "$model" --base-port "$base" --run-dir "$directory" --timeout 10m "$@" > "$work/up.log" 2>&1 ||
    fail "no cluster: $(tail -n 5 "$work/up.log")"
}

stop_cluster() {
  if [ -n "$running" ]; then
    kill "$running" 2> /dev/null || true
    wait "$running" 2> /dev/null || true
    running=""
  fi
  if [ -n "$directory" ]; then
    "$ennead" cluster down --run-dir "$directory" > /dev/null 2>&1 || true
    directory=""
  fi
}
trap stop_cluster EXIT

"$ennead" --version > /dev/null # builds, when that is needed
