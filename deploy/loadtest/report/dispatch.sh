#!/usr/bin/env bash
# The way of a layer's rows to an expert node and back against an echo of the same bytes.
#
#   TURN     how long each transport is called at a time (default 1s), ROUNDS times in turns
#   WARM_UP  of each transport, before (default 5s)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

table=$work/dispatch.txt
"$ennead" bench dispatch --nodes 1 --rows 2,64 --hidden 4096 --dtype bf16 \
  --rounds "$rounds" --turn "${TURN:-1s}" --warm-up "${WARM_UP:-5s}" > "$table"
for rows in 2 64; do
  awk -v rows="$rows" '$2 == rows { micros[$3] = $4; ratio[$3] = $6 " " $7 " " $8 " " $9 } END {
    print ratio["grpc"], "|", micros["ennead"], micros["grpc"], micros["tcp"], "|", ratio["tcp"] }' "$table" |
    while IFS='|' read -r grpc micros tcp; do
      read -r ours echo bare <<< "$micros"
      row "\`Forward\` round trip, $rows rows × 4096 bf16, identity engine" "gRPC echo of the same bytes" "≤ 1.3×" \
        "${grpc% } × ($ours µs, echo $echo µs; TCP echo $bare µs, ratio ${tcp# })" "$(met "${grpc%% *}" '<=' 1.3)"
    done
done
echo
echo '### The transports'
echo
sed 's/^/    /' "$table"
