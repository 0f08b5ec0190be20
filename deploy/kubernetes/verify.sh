#!/usr/bin/env bash
# Renders the Kustomize overlays and the Helm chart, and checks every object: against Kubernetes' schemas,
# against each other (objects.py), and every node's settings by the node's own reader of settings.
#
#   verify.sh [--quick]    with the tools that are there; without --quick builds helm with Go (minutes)
#
# What a missing tool keeps from being checked is told in lines that begin with SKIP.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$here/target
rendered=$work/rendered
kubernetes=1.34

fail() {
  echo "verify: $*" >&2
  exit 1
}

skip() {
  echo "SKIP: $*"
}

find_helm() {
  helm=$(command -v helm || echo "$work/bin/helm")
  [ ! -x "$helm" ] || return 0
  if [ "${quick:-}" ] || ! command -v go > /dev/null; then
    return 1
  fi
  GOBIN=$work/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0 > "$work/helm-build.log" 2>&1 ||
    fail "helm is not built: $(tail -n 1 "$work/helm-build.log")"
}

# Schemas of every version, and PyYAML, in a Python environment of their own.
find_validator() {
  python=$work/venv/bin/python
  [ ! -x "$work/venv/bin/kubernetes-validate" ] || return 0
  python3 -m venv "$work/venv" 2> /dev/null &&
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0 2> "$work/pip.log"
}

render_overlays() {
  local overlay
  for overlay in base overlays/trial overlays/production; do
    kubectl kustomize "$here/$overlay" > "$rendered/kustomize-$(basename "$overlay").yaml" || fail "kustomize $overlay"
  done
}

template() {
  local name=$1
  shift
  "$helm" template ennead "$here/helm/ennead" --namespace ennead --kube-version "$kubernetes.0" "$@" \
    > "$rendered/helm-$name.yaml" 2> "$work/helm.log" || fail "helm template $name: $(tail -n 5 "$work/helm.log")"
}

# Values that the schema must refuse.
refused() {
  if "$helm" template ennead "$here/helm/ennead" --kube-version "$kubernetes.0" --set "$1" > /dev/null 2>&1; then
    fail "helm: --set $1 is rendered (expected: refused by values.schema.json)"
  fi
}

render_chart() {
  "$helm" lint --strict "$here/helm/ennead" > "$work/lint.log" 2>&1 || fail "helm lint: $(cat "$work/lint.log")"
  template default
  template trial --set tls.enabled=false,router.replicas=1,expert.parts=4,networkPolicy.enabled=false
  template all --set gpu.enabled=true,expert.copies=2,settings.threads=4,model.path=mixtral,apiKeys.secret=keys \
    --set tls.certManager.enabled=true,autoscaling.enabled=true \
    --set monitoring.serviceMonitor.enabled=true,monitoring.prometheusRule.enabled=true,monitoring.dashboards.enabled=true
  refused ruter.replicas=1
  refused router.replicas=0
  refused image.tag=latest
  refused expert.parts=eight
}

quick=""
[ "${1:-}" != --quick ] || quick=yes
rm -rf "$rendered"
mkdir -p "$rendered"
if command -v kubectl > /dev/null; then
  render_overlays
else
  skip "no kubectl: the Kustomize overlays are not rendered"
fi
if find_helm; then
  render_chart
else
  skip "no helm: the chart is not rendered (verify.sh without --quick builds helm, with Go)"
fi
ls "$rendered"/*.yaml > /dev/null 2>&1 || exit 0
if ! find_validator; then
  skip "no Python with kubernetes-validate: the rendered objects are not checked"
  exit 0
fi
for file in "$rendered"/*.yaml; do
  "$work/venv/bin/kubernetes-validate" --strict --quiet --no-warn -k "$kubernetes" "$file" ||
    fail "$(basename "$file"): not what Kubernetes $kubernetes takes"
  "$python" "$here/objects.py" "$root/ennead" "$file"
done
