#!/usr/bin/env bash
# Memory of nine processes under steady load: heap, direct buffers and resident memory of every node, at most and second half against
# first. Prints rows of the report's table and a table of the nodes; fails when a node's resident memory grows by more than the bound.
#
#   SECONDS_LOAD  how long memory is observed (default 600)
#   WARM_UP       seconds of load before that (default 180): the KV cache becomes resident block by block as it is first used
#   INTERVAL      seconds between samples (default 5)
#   STREAMS       requests under way at any time (default 64)
#   BOUND         most MB by which the median of the second half may exceed the first's (default 16)
#   BASE_PORT, MODEL, DTYPE
# shellcheck source-path=SCRIPTDIR source=report/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/report/lib.sh"

length=${SECONDS_LOAD:-600}
warm_up=${WARM_UP:-180}
bound=${BOUND:-16}
streams=${STREAMS:-64}
samples=$work/memory.samples
command -v curl > /dev/null || fail "no curl found"

# "heap direct" in bytes, as the node's admin port tells.
java_memory() {
  curl -sf --max-time 5 "http://127.0.0.1:$1/metrics" | awk '
    /^jvm_memory_used_bytes\{area="heap"\}/ { heap = $2 }
    /^jvm_buffer_pool_used_bytes\{pool="direct"\}/ { direct = $2 }
    END { print heap + 0, direct + 0 }'
}

resident() {
  awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$1/status"
}

start_processes --dtype "${DTYPE:-f32}"
nodes=$("$ennead" cluster status --run-dir "$directory" | awk 'NR > 1 { print $1, $2, $5 }')
"$ennead" bench traffic --addr "$address" --concurrency "$streams" --duration "$((warm_up + length))s" \
  --prompt-tokens 16-256 --tokens 16-256 > "$work/memory.traffic" 2>&1 &
load=$!
sleep "$warm_up"
: > "$samples"
end=$((SECONDS + length))
while [ "$SECONDS" -lt "$end" ]; do
  kill -0 "$load" 2> /dev/null || fail "the load ended: $(tail -n 5 "$work/memory.traffic")"
  while read -r name pid admin; do
    echo "$name $((end - SECONDS)) $(resident "$pid") $(java_memory "$admin")" >> "$samples"
  done <<< "$nodes"
  sleep "${INTERVAL:-5}"
done
wait "$load" || fail "the load failed: $(tail -n 5 "$work/memory.traffic")"
stop_cluster

# name; resident: median of each half, most; the same of direct buffers; heap: least of each half, most. In MB.
awk -v half="$((length / 2))" '
  function median(list,  v, n, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
  }
  !($1 in seen) { seen[$1]; order[++count] = $1 }
  {
    part = $2 > half ? 1 : 2
    resident[$1, part] = resident[$1, part] " " $3
    direct[$1, part] = direct[$1, part] " " $5
    if (!(($1, part) in heap) || $4 < heap[$1, part]) heap[$1, part] = $4
    if ($3 > most_resident[$1]) most_resident[$1] = $3
    if ($4 > most_heap[$1]) most_heap[$1] = $4
    if ($5 > most_direct[$1]) most_direct[$1] = $5
  }
  END {
    for (i = 1; i <= count; i++) {
      n = order[i]
      printf "%s %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f\n", n,
        median(resident[n, 1]) / 1e6, median(resident[n, 2]) / 1e6, most_resident[n] / 1e6,
        median(direct[n, 1]) / 1e6, median(direct[n, 2]) / 1e6, most_direct[n] / 1e6,
        heap[n, 1] / 1e6, heap[n, 2] / 1e6, most_heap[n] / 1e6
    }
  }' "$samples" > "$work/memory.nodes"

# Of some nodes: "resident most, drift", "direct ...", "heap ...": the worst node counts.
worst() {
  awk -v pattern="$1" '$1 ~ pattern {
    if (!n++ || $3 - $2 > drift) drift = $3 - $2
    if ($4 > resident) resident = $4
    if ($7 > direct) direct = $7
    if ($10 > heap) heap = $10
  } END { print drift, resident, direct, heap }' "$work/memory.nodes"
}
result=0
for side in router expert; do
  read -r drift most direct heap <<< "$(worst "^$side")"
  row "memory of $side at $streams streams, $length s" "–" "flat: at most $bound MB more in the second half" \
    "resident $most MB, drift $drift MB; heap at most $heap MB, direct at most $direct MB" "$(met "$drift" '<=' "$bound")"
  awk -v drift="$drift" -v bound="$bound" 'BEGIN { exit !(drift > bound) }' && result=1
done
echo
echo "### Memory under load"
echo
echo "MB; $streams requests under way for $length s after $warm_up s of the same load. Halves: median of resident memory and of direct buffers, least of the heap (what stays after a collection)."
echo
echo '| node | resident, 1st half | 2nd half | most | direct, 1st half | 2nd half | most | heap, 1st half | 2nd half | most |'
echo '|---|---|---|---|---|---|---|---|---|---|'
sed 's/ / | /g; s/^/| /; s/$/ |/' "$work/memory.nodes"
exit "$result"
