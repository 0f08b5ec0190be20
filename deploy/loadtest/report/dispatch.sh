#!/usr/bin/env bash
# The way of a layer's rows to an expert node and back against an echo of the same bytes.
#
#   TURN     how long each transport is called at a time (default 1s), ROUNDS times in turns
#   WARM_UP  of each transport, before (default 5s)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# transports TYPE ROWS
transports() {
  "$ennead" bench dispatch --nodes 1 --rows "$2" --hidden 4096 --dtype "$1" \
    --rounds "$rounds" --turn "${TURN:-1s}" --warm-up "${WARM_UP:-5s}" > "$work/dispatch.$1.txt"
}

# compare TYPE ROWS NOTE
compare() {
  awk -v rows="$2" '$2 == rows { micros[$3] = $4; ratio[$3] = $6 " " $7 " " $8 " " $9 } END {
    print ratio["grpc"], "|", micros["ennead"], micros["grpc"], micros["tcp"], "|", ratio["tcp"] }' "$work/dispatch.$1.txt" |
    while IFS='|' read -r grpc micros tcp; do
      read -r ours echo bare <<< "$micros"
      row "\`Forward\` round trip, $2 rows × 4096 $1, identity engine${3:-}" "gRPC echo of the same bytes" "≤ 1.3×" \
        "${grpc% } × ($ours µs, echo $echo µs; TCP echo $bare µs, ratio ${tcp# })" "$(met "${grpc%% *}" '<=' 1.3)"
    done
}

transports bf16 2,64
compare bf16 2
compare bf16 64
transports f32 32
compare f32 32 " (as many bytes as 64 of bf16, and no rounding)"
echo
echo '### The transports'
for type in bf16 f32; do
  echo
  sed "s/^/    /; 1s/\$/  ($type)/" "$work/dispatch.$type.txt"
done
