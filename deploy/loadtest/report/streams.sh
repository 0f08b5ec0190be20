#!/usr/bin/env bash
# Tokens per second as streams grow, in one JVM and as nine processes.
#
#   STREAMS  (default 1,2,4,8,16,32,64)
#   TOKENS   of each stream (default 128)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

points=$work/streams.points
bench() {
  "$ennead" bench --addr "$address" --runs "$rounds" --streams "${STREAMS:-1,2,4,8,16,32,64}" --tokens "${TOKENS:-128}" \
    --prompts 1 --prompt-tokens 64 | awk '$1 == "decode" { print $2, $3 }' > "$1"
}

start_local --router-set prefix-cache=false
bench "$work/streams.local"
stop_cluster
start_processes --router-set prefix-cache=false
bench "$work/streams.processes"
stop_cluster
join <(sort "$work/streams.local") <(sort "$work/streams.processes") | sort -n > "$points"

# The first number of streams where twice as many give less than 1.5 times the throughput.
knee() {
  awk -v column="$1" 'NR > 1 && !knee && $column / before < 1 + 0.5 * ($1 / streams - 1) { knee = streams }
    { before = $column; streams = $1 } END { print knee ? knee : "none" }' "$points"
}
side() {
  row "tokens/s as streams grow 1 → 64, $1" "linear" "plot" \
    "$(awk -v column="$2" '{ printf "%s%d: %.0f", sep, $1, $column; sep = ", " }' "$points")" "knee: $(knee "$2")"
}
side "one JVM" 2
side "nine processes" 3
"$loadtest/report/plot.sh" "Throughput" streams "tokens/s" "one JVM" "nine processes" < "$points" > "$loadtest/report-streams.svg"
echo
echo '### Throughput by streams'
echo
echo '![tokens per second](report-streams.svg)'
echo
echo '| streams | one JVM, tokens/s | of linear | a step | nine processes, tokens/s | of linear | a step |'
echo '|---|---|---|---|---|---|---|'
awk 'NR == 1 { local = $2 / $1; processes = $3 / $1 }
  { printf "| %d | %.0f | %.0f %% | %.1f ms | %.0f | %.0f %% | %.1f ms |\n",
      $1, $2, 100 * $2 / $1 / local, 1000 * $1 / $2, $3, 100 * $3 / $1 / processes, 1000 * $1 / $3 }' "$points"
echo
echo "The knee is the last number of streams from which twice as many give at least 1.5 times the tokens. A step makes a token of every stream: as long as it takes"
echo "much the same for more rows (native calls, messages and padded tiles of each layer) throughput is linear; from where it takes twice as long for twice the"
echo "rows, the $processors processors multiply all the time."
