#!/usr/bin/env bash
# Builds and runs the JMH benchmarks; arguments are JMH's (-h lists them): a regular expression of names, -prof gc, -rf json ...
#
#   deploy/benchmarks/run.sh                    all of them, about seven minutes
#   deploy/benchmarks/run.sh CodecBenchmark     one class
#   deploy/benchmarks/run.sh -f 1 -wi 1 -i 1    a quick look
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
target=$home/deploy/benchmarks/target
(cd "$home" && mvn -q -B -Dstyle.color=never -Dmaven.test.skip=true -Dspotless.check.skip=true -Denforcer.skip=true \
  -pl deploy/benchmarks -am package) >&2
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -cp "$target/classes:$(cat "$target/classpath")" org.openjdk.jmh.Main "$@"
