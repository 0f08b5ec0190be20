#!/usr/bin/env bash
# Runs the unmodified openai package against a cluster on this machine and checks what it gives: docs/openai.md.
# Needs Python with venv and, once, a package index. Exit status 0: everything was as expected.
#
#   BASE_PORT   first port (default 18300)
#   ENNEAD      launcher (default: the one of this checkout)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
ennead=${ENNEAD:-$root/ennead}
base_port=${BASE_PORT:-18300}
work=$here/target
node=""

finish() {
  [ -z "$node" ] || { kill "$node" 2> /dev/null || true; wait "$node" 2> /dev/null || true; }
  rm -rf "$work/model"
}
trap finish EXIT

mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check -r "$here/openai-requirements.txt"

# The demo model is no model to chat with and has no template; a copy of it gets one.
rm -rf "$work/model"
cp -r "$root/deploy/models/demo" "$work/model"
cat > "$work/model/chat_template.jinja" << 'END'
{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content }}
{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}
END

"$ennead" local --model "$work/model" --base-port "$base_port" --max-tokens 1 > "$work/cluster.log" 2>&1 &
node=$!
for _ in $(seq 300); do
  ! curl -sf "http://127.0.0.1:$((base_port + 1))/readyz" > /dev/null || break
  kill -0 "$node" || { cat "$work/cluster.log" >&2; exit 1; }
  sleep 1
done

prompt='Once upon a time there was a poor woodcutter'
for attempt in 1 2 3 4 5; do # a busy machine may be late
  "$ennead" generate --addr "127.0.0.1:$base_port" --prompt "$prompt" --max-tokens 24 --temperature 0 \
    > "$work/greedy.txt" && break
  [ "$attempt" -lt 5 ] || exit 1
done
"$work/venv/bin/python" "$here/openai_calls.py" "http://127.0.0.1:$((base_port + 2))/v1" "$prompt" "$work/greedy.txt"
