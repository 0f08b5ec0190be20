#!/usr/bin/env bash
# A layer of Mixtral's shape on eight expert processes against the same kernels in one process.
#
#   MODEL    model directory (default: one layer of Mixtral 8x7B is synthesised, 3.3 GB, and removed)
#   DTYPES   (default "bf16 f32"; both sides take 5.7 GB of memory together in bf16, 11.4 GB in f32)
#   TURN     how long each side is called at a time (default 2s), ROUNDS times in turns
#   WARM_UP  of each side, before (default 120s): nodes that have just started are slow for hundreds of calls
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ -z "${MODEL:-}" ]; then
  model=$work/mixtral
  rm -rf "$model"
  trap 'stop_cluster; rm -rf "$model"' EXIT
  "$ennead" synthesize "$model" --like mixtral-8x7b --layers 1 > "$work/synthesize.log"
fi

nodes=$(for i in $(seq 0 7); do echo "127.0.0.1:$((base + 30 + 2 * i))"; done | paste -sd,)
for type in ${DTYPES:-bf16 f32}; do
  start_processes --dtype "$type" --router-set verify-experts=false
  table=$work/layer.$type.txt
  "$ennead" bench processes --model "$model" --expert-nodes "$nodes" --dtype "$type" --rows 16,512 \
    --rounds "$rounds" --turn "${TURN:-2s}" --warm-up "${WARM_UP:-120s}" > "$table"
  stop_cluster
  for rows in 16 512; do
    read -r ours here ratio least _ most <<< "$(awk -v rows="$rows" '$2 == rows && $3 == "processes" { ours = $4 }
      $2 == rows && $3 == "in-process" { print ours / 1000, $4 / 1000, $6, $7, $8, $9 }' "$table")"
    row "one layer of $(basename "$model"), 8 expert processes, $([ "$rows" = 16 ] && echo decode || echo prefill) $rows rows, $type" \
      "the same kernels in one process, $processors threads" "≤ 1.10× time" \
      "$ratio $least to $most × ($ours ms, $here ms)" "$(met "$ratio" '<=' 1.10)"
  done
done
