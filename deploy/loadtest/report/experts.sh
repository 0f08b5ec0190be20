#!/usr/bin/env bash
# The experts of a layer of Mixtral's shape against the machine's limits.
#
#   HIDDEN, WIDTH  of an expert (default 4096 and 14336)
#   DTYPES         (default "f32 bf16"); f32 takes 5.7 GB
#   THREADS        native threads (default: all processors)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

repetitions=$((rounds > 5 ? rounds : 5))
for type in ${DTYPES:-f32 bf16}; do
  table=$work/experts.$type.txt
  "$ennead" bench experts --hidden "${HIDDEN:-4096}" --width "${WIDTH:-14336}" --dtype "$type" \
    --threads "${THREADS:-$processors}" --rows 16,512 --repetitions "$repetitions" > "$table"
  read -r millis limit part <<< "$(awk '$1 == 16 { print $3, $8, $9 + 0 }' "$table")"
  row "expert kernels at Mixtral's shape, decode, 16 rows, $type" "measured memory bandwidth" "≥ 80 %" \
    "$part % of $limit GB/s ($millis ms)" "$(met "$part" '>=' 80)"
  read -r millis limit part <<< "$(awk '$1 == 512 { print $3, $5, $6 + 0 }' "$table")"
  row "the same, prefill, 512 rows, $type" "measured peak of the library's products" "≥ 80 %" \
    "$part % of $limit GMAC/s ($millis ms)" "$(met "$part" '>=' 80)"
done
