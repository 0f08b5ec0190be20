#!/usr/bin/env bash
# Builds the examples of every language, or of those named, and runs all of them against two clusters that it starts: one
# without TLS, one with TLS and API keys. Fails unless every program ends with status 0 and prints what it is to print,
# which is the same in all languages. Needs what the languages need: a JDK and Maven; Python 3; Go; Node.js and npm.
#
#   run.sh [java|python|go|typescript ...]
#   BASE_PORT  first port of the clusters (default 18870)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$here/target
base=${BASE_PORT:-18870}
secure=$((base + 60))
programs=(generate stream cancel deadline secure routing)
protos=(ennead/v1/{inference_service,routing,tensor,trace}.proto)
languages=("$@")
[ $# -gt 0 ] || languages=(java python go typescript)
mkdir -p "$work"

say() {
  printf '%3d s  %s\n' "$SECONDS" "$*"
}

fail() {
  echo "run: $*" >&2
  exit 1
}

protoc() {
  "$work/venv/bin/python" -m grpc_tools.protoc -I "$root/proto/src/main/proto" "$@" "${protos[@]}"
}

build_java() {
  (cd "$root" && mvn -B -q -pl deploy/clients/java -am package -DskipTests)
}

build_python() {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q -r "$here/python/requirements.txt"
  mkdir -p "$work/python"
  protoc --python_out="$work/python" --grpc_python_out="$work/python"
}

# The protos name no Go package, since that is the importer's business.
build_go() {
  local options=() proto
  [ -x "$work/venv/bin/python" ] || build_python # which has protoc
  for proto in "${protos[@]}"; do
    options+=("--go_opt=M$proto=ennead.example/gen/enneadv1" "--go-grpc_opt=M$proto=ennead.example/gen/enneadv1")
  done
  cd "$here/go"
  GOBIN=$work/bin go install tool
  PATH=$work/bin:$PATH protoc --go_out=. --go_opt=module=ennead.example "${options[@]}" \
    --go-grpc_out=. --go-grpc_opt=module=ennead.example
  go vet ./...
  go build -o "$work/go/" ./...
}

build_typescript() {
  cd "$here/typescript"
  npm ci --no-fund --no-audit
  npm run -s generate
  npm run -s build
}

run_java() {
  local name=${1^}
  java -cp "$here/java/target/*:$root/deploy/cli/target/ennead/lib/*" "io.ennead.examples.$name"
}

run_python() {
  PYTHONPATH=$work/python "$work/venv/bin/python" "$here/python/$1.py"
}

run_go() {
  "$work/go/$1"
}

run_typescript() {
  node "$here/typescript/dist/$1.js"
}

stop() {
  [ -z "${local_pid:-}" ] || kill "$local_pid" 2> /dev/null || true
  "$root/ennead" cluster down --base-port "$secure" --run-dir "$work/secure" > /dev/null 2>&1 || true
}

# One node holds all experts: what is shown here is the way in.
start() {
  rm -f "$work/keys.yaml"
  "$root/ennead" keys --file "$work/keys.yaml" --role infer examples > "$work/key"
  "$root/ennead" local --base-port "$base" > "$work/local.log" 2>&1 &
  local_pid=$!
  "$root/ennead" cluster up --nodes 1 --base-port "$secure" --run-dir "$work/secure" --tls \
    --router-flag --tls-clients=optional --router-flag "--api-keys=$work/keys.yaml" > "$work/secure.log"
  for _ in $(seq 1 240); do
    grep -q Serving "$work/local.log" && return
    kill -0 "$local_pid" 2> /dev/null || break
    sleep 0.5
  done
  fail "no cluster: $(tail -n 5 "$work/local.log")"
}

# What a program is to print, as an extended regular expression of a line.
expected() {
  case $1 in
    generate) echo '^[0-9]+ \+ 24 tokens, seed 1, FINISH_REASON_LENGTH$' ;;
    stream) echo '^(\[[^]]*\]){24,25}$' ;;
    cancel) echo '^CANCELLED after [0-9]+ pieces$' ;;
    deadline) echo '^DEADLINE_EXCEEDED$' ;;
    secure) echo '^without a key: UNAUTHENTICATED$' ;;
    routing) echo '^  layer 0: entropy [0-9.]+, tokens per expert( +[0-9]+){8}$' ;;
  esac
}

# The first language's output is the others' measure, but for how many pieces were under way when a call was cancelled.
check() {
  local language=$1 program=$2 output=$work/$2.$1.txt reference=$work/$2.${languages[0]}.txt
  "run_$language" "$program" > "$output" || fail "$language $program: status $?"
  grep -Eq "$(expected "$program")" "$output" || fail "$language $program printed: $(cat "$output")"
  [ "$program" = cancel ] || diff "$reference" "$output" || fail "$language $program prints something else than ${languages[0]}"
}

for language in "${languages[@]}"; do
  say "building $language"
  ("build_$language") > "$work/$language.log" 2>&1 || fail "$language: $(tail -n 20 "$work/$language.log")"
done
trap stop EXIT
start
export ENNEAD_ADDR=127.0.0.1:$base ENNEAD_SECURE_ADDR=localhost:$secure
export ENNEAD_TLS_CA=$work/secure/tls/ca.pem ENNEAD_API_KEY_FILE=$work/key
say "two clusters serve"
for language in "${languages[@]}"; do
  for program in "${programs[@]}"; do
    check "$language" "$program"
    say "$language $program: $(tail -n 1 "$work/$program.$language.txt" | cut -c 1-80)"
  done
done
