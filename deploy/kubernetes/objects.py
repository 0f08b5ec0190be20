"""Checks that rendered objects fit each other, and that nodes understand the settings in them.

Usage: objects.py ENNEAD FILE, where ENNEAD is the launcher. Exits with 1 at the first thing that does not fit.
"""

import os
import re
import subprocess
import sys

import yaml

WORKLOADS = ("Deployment", "StatefulSet")


def fail(message):
    sys.exit(f"verify: {os.path.basename(sys.argv[2])}: {message}")


def named(objects, kind):
    return {o["metadata"]["name"]: o for o in objects if o["kind"] == kind}


def environment(container, pod, maps):
    """What the container gets, in Kubernetes' order: maps first, then its own, which may use those before it."""
    found = {}
    for source in container.get("envFrom", []):
        name = source["configMapRef"]["name"]
        if name not in maps:
            fail(f"no ConfigMap {name}")
        found.update(maps[name]["data"])
    for variable in container.get("env", []):
        value = variable.get("value")
        if value is None:
            value = pod  # the only field that nodes ask for
            if variable["valueFrom"]["fieldRef"]["fieldPath"] != "metadata.name":
                fail(f"{variable['name']}: not the pod's name")
        found[variable["name"]] = re.sub(r"\$\((\w+)\)", lambda m: found[m.group(1)], value)
    return found


def settings(launcher, node, variables):
    """The node's settings as its own reader takes them from these variables, and no others."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ENNEAD_") and k != "JDK_JAVA_OPTIONS"}
    done = subprocess.run(
        [launcher, "config", "print", node], env={**kept, **variables}, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{node}: {done.stderr.strip()}")
    return yaml.safe_load(done.stdout)


def check_probes(pod, container, given):
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    expected = {"grpc": given["port"], "admin": given["admin-port"]}
    if "http-port" in given:
        expected["http"] = given["http-port"]
    if ports != expected:
        fail(f"ports {ports} (expected: those of the settings)")
    scheme = "HTTPS" if given["tls-cert"] else "HTTP"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        get = container[probe]["httpGet"]
        if get["scheme"] != scheme or get["port"] != "admin" or get["path"] not in ("/livez", "/readyz"):
            fail(f"{probe}: {get}")
    if scheme == "HTTPS" and given["tls-ca"] and given["tls-clients"] != "optional":
        fail("the kubelet has no certificate")
    if pod.get("enableServiceLinks", True):
        fail("variables of Services would be taken for settings")


def check_mounts(pod, container, given):
    volumes = {v["name"] for v in pod["volumes"]}
    mounts = {m["mountPath"] for m in container["volumeMounts"] if m["name"] in volumes}
    if len(mounts) != len(container["volumeMounts"]):
        fail("a mount without its volume")
    for key in ("model", "tls-cert", "tls-key", "tls-ca", "api-keys"):
        path = given[key]
        if path and not any(path == m or path.startswith(m + "/") for m in mounts):
            fail(f"{key}: {path} is not mounted")


def check_workload(launcher, workload, maps):
    spec = workload["spec"]["template"]["spec"]
    container = spec["containers"][0]
    node = container["args"][0]
    given = settings(launcher, node, environment(container, workload["metadata"]["name"] + "-0", maps))
    check_probes(spec, container, given)
    check_mounts(spec, container, given)
    return given


def check_peers(objects, router, expert):
    """Routers look for expert nodes under the StatefulSet's Service, which has all of them, also while they load."""
    (pods,) = named(objects, "StatefulSet").values()
    service = pods["spec"]["serviceName"]
    spec = named(objects, "Service").get(service, {}).get("spec", {})
    if spec.get("clusterIP") != "None" or not spec.get("publishNotReadyAddresses"):
        fail(f"Service {service}: {spec} (expected: headless, with addresses that are not ready)")
    expected = [f"dns:///{service}.ennead.svc:{expert['port']}"]
    if router["expert-nodes"] != expected:
        fail(f"expert-nodes: {router['expert-nodes']} (expected: {expected})")


def check_selectors(objects):
    labels = [o["spec"]["template"]["metadata"]["labels"] for o in objects if o["kind"] in WORKLOADS]
    for o in objects:
        selector = {
            "Service": lambda s: s["selector"],
            "PodDisruptionBudget": lambda s: s["selector"]["matchLabels"],
            "NetworkPolicy": lambda s: s["podSelector"]["matchLabels"],
        }.get(o["kind"])
        if selector and sum(selector(o["spec"]).items() <= one.items() for one in labels) != 1:
            fail(f"{o['kind']} {o['metadata']['name']}: selects not exactly one workload")
        if o["kind"] == "HorizontalPodAutoscaler":
            target = o["spec"]["scaleTargetRef"]
            if target["name"] not in named(objects, target["kind"]):
                fail(f"scales {target['name']}, which is not there")


def main():
    launcher, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        objects = [o for o in yaml.safe_load_all(file) if o]
    maps = named(objects, "ConfigMap")
    given = {}
    for workload in (o for o in objects if o["kind"] in WORKLOADS):
        given[workload["kind"]] = check_workload(launcher, workload, maps)
    check_peers(objects, given["Deployment"], given["StatefulSet"])
    check_selectors(objects)
    print(f"{os.path.basename(path)}: {len(objects)} objects fit")


if __name__ == "__main__":
    main()
