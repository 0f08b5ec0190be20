#!/usr/bin/env bash
# Time of a layer as it is divided among more and more expert nodes, with experts that compute nothing.
#
#   NODES    (default 1,2,4,8,16,32,64)
#   TURN     how long each number of nodes is called at a time (default 500ms), ROUNDS times
#   WARM_UP  of each transport, before (default 5s)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

table=$work/nodes.txt
points=$work/nodes.points
"$ennead" bench dispatch --nodes "${NODES:-1,2,4,8,16,32,64}" --rows 64 --divide --hidden 4096 --dtype bf16 \
  --rounds "$rounds" --turn "${TURN:-500ms}" --warm-up "${WARM_UP:-5s}" > "$table"
awk '$3 == "ennead" { ours[$1] = $4; order[++n] = $1 } $3 == "grpc" { echo[$1] = $4 }
  END { for (i = 1; i <= n; i++) print order[i], ours[order[i]], echo[order[i]] }' "$table" > "$points"
knee=$(awk 'NR > 1 && !knee && $2 > 1.25 * least { knee = $1 } NR == 1 || $2 < least { least = $2 } END { print knee ? knee : "none" }' "$points")
values=$(awk '{ printf "%s%d: %.0f µs", sep, $1, $2; sep = ", " }' "$points")
row "time per layer of 64 rows × 4096 bf16, nodes 1 → 64, identity engine" "constant" "plot" "$values" "knee: $knee"
"$loadtest/report/plot.sh" "Time per layer" "expert nodes" "µs" ennead "gRPC echo" < "$points" > "$loadtest/report-nodes.svg"
echo
echo '### Time per layer by expert nodes'
echo
echo '![time per layer](report-nodes.svg)'
echo
echo "The same 64 rows are divided among the nodes: their bytes stay the same, and every node adds a request and a reply. The knee is the first number of"
echo "nodes whose layer takes 1.25 times as long as the least of smaller ones; here it is $knee. All nodes share $processors processors, so every message's processor time"
awk 'NR == 1 { ours = $2; echo = $3 } END {
  printf "adds up: from the first number to %d a layer takes %.1f times as long, an echo of the same bytes over gRPC %.1f times.\n", $1, $2 / ours, $3 / echo
}' "$points"
