#!/usr/bin/env bash
# Compares a running cluster with Hugging Face transformers on the same weights, threads and machine:
# rounds of both in turns, and per figure the median rates and the median of the rounds' ratios.
#
# Every round sends the same prompts, so the cluster must not keep them: `ennead local --router-set prefix-cache=false`.
#
#   ADDRESS  router of the running cluster (default 127.0.0.1:8470)
#   MODEL    model directory that it serves (default: the bundled demo model)
#   PYTHON   a Python with torch and transformers (default python3)
#   DTYPE    f32 or bf16, as the cluster runs (default f32)
#   THREADS  native threads of transformers (default: all processors)
#   ROUNDS   default 5
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$here/target/against
mkdir -p "$work"
rm -f "$work"/*.txt

for round in $(seq "${ROUNDS:-5}"); do
  HF_HUB_OFFLINE=1 "${PYTHON:-python3}" "$here/peers/transformers_peer.py" "${MODEL:-$root/deploy/models/demo}" \
    --dtype "${DTYPE:-f32}" --threads "${THREADS:-$(getconf _NPROCESSORS_ONLN)}" --repetitions 1 2> "$work/peer.log" |
    awk -v r="$round" '$1 == "decode" || $1 == "prefill" { print r, $1 " " $2, "peer", $3 }' >> "$work/all.txt"
  "$root/ennead" bench --addr "${ADDRESS:-127.0.0.1:8470}" --streams 1,8,32 --tokens 128 --prompt-tokens 512 |
    awk -v r="$round" '$1 == "decode" { print r, $1 " " $2, "ennead", $3 } $1 == "prefill" { print r, "prefill 1", "ennead", $3 }' >> "$work/all.txt"
done

echo "| figure | transformers, tokens/s | ennead, tokens/s | ratio (least to most) |"
echo "|---|---|---|---|"
for figure in "decode 1" "decode 8" "decode 32" "prefill 1"; do
  awk -v figure="$figure" '
    function median(values, n,  i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] > values[j]; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
      return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    $2 " " $3 == figure { rate[$4, $1] = $5; rounds = $1 }
    END {
      for (r = 1; r <= rounds; r++) { a[r] = rate["peer", r]; b[r] = rate["ennead", r]; q[r] = b[r] / a[r] }
      ma = median(a, rounds); mb = median(b, rounds); mq = median(q, rounds)
      printf "| %s | %.0f | %.0f | %.2f (%.2f to %.2f) |\n", figure, ma, mb, mq, q[1], q[rounds]
    }' "$work/all.txt"
done
