#!/usr/bin/env bash
# Makes a model of random weights at true dimensions, runs it as nine processes, generates from it, and
# compares each node's resident memory with what `ennead inspect` predicts.
#
#   memory.sh MODEL LAYERS     such as: memory.sh mixtral-8x7b 4
#
#   DTYPE      f32, bf16 or int8 (default bf16)
#   BASE_PORT  first port of the cluster (default 18770)
#   WORK       where the model goes; it is removed at the end (default: a temporary directory)
set -euo pipefail

like=$1
layers=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ennead=$(cd "$here/../.." && pwd -P)/ennead
base=${BASE_PORT:-18770}
type=${DTYPE:-bf16}
work=${WORK:-$(mktemp -d)}
run=$work/run

down() {
  "$ennead" cluster down --run-dir "$run" > /dev/null 2>&1 || true
  rm -rf "$work/model" "$run"
}
trap down EXIT

"$ennead" synthesize "$work/model" --like "$like" --layers "$layers" --seed 1
"$ennead" inspect "$work/model"
start=$(date +%s%N)
"$ennead" cluster up --model "$work/model" --dtype "$type" --base-port "$base" --run-dir "$run" --timeout 10m
echo "nine processes ready after $((($(date +%s%N) - start) / 1000000)) ms"
# Every node has computed a prefill and some decode steps before it is measured.
"$ennead" generate --addr "127.0.0.1:$base" --timeout 10m --max-tokens 8 --temperature 0 --prompt 'Once upon a time' > /dev/null

case $type in f32) column=1 ;; bf16) column=2 ;; int8) column=3 ;; esac
predicted=$("$ennead" inspect "$work/model" | sed -n 's/^process of an expert node *//p' |
  sed 's/ MB  */\n/g; s/ MB//; s/,//g' | sed -n "${column}p")
echo
echo "| node | predicted MB | resident MB | ratio | peak MB while loading |"
echo "|---|---|---|---|---|"
for pid in $(pgrep -f "io.ennead.expert.ExpertNode.*--model $work/model"); do
  name=$(tr '\0' '\n' < "/proc/$pid/cmdline" | sed -n '/--node-name/{n;p}')
  awk -v name="$name" -v predicted="$predicted" '
    /^VmRSS/ { rss = $2 * 1024 / 1e6 }
    /^VmHWM/ { peak = $2 * 1024 / 1e6 }
    END { printf "| %s | %.0f | %.0f | %.3f | %.0f |\n", name, predicted, rss, rss / predicted, peak }
  ' "/proc/$pid/status"
done
