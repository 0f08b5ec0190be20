#!/usr/bin/env bash
# Throughput with fixed tiles of rows against products of as many rows as there are (overheads.sh).
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BASE_PORT=$base ROUNDS=$rounds "$loadtest/overheads.sh" tiles > "$work/tiles.md"
awk -F'|' '/streams/ { gsub(/^ | $/, "", $2); print $2 "|" $5 }' "$work/tiles.md" | while IFS='|' read -r figure ratio; do
  read -r value _ <<< "$ratio"
  row "fixed tiles, $figure" "free tiles" "≥ 0.90 of the throughput" "${ratio# }" "$(met "$value" '>=' 0.90)"
done
