#!/usr/bin/env bash
# Builds the image of both nodes. Everything in it comes from this checkout, the build machine's JDK
# and Maven; only the base image is pulled. Needs docker and a JDK (17 or newer) with jlink.
#
#   build.sh [--tag NAME] [--base IMAGE] [--jdk DIR] [--libtorch DIR] [--context-only]
#
#   --tag NAME       name of the image (default: ennead:0.1.0; ennead:0.1.0-cuda with --libtorch)
#   --base IMAGE     base image with glibc and libstdc++ (default: the Dockerfile's)
#   --jdk DIR        whose java goes into the image (default: JAVA_HOME, or java's on the PATH)
#   --libtorch DIR   a libtorch 2.7.1 for CUDA 12.8 (cxx11 ABI), unpacked, instead of the CPU's
#   --context-only   only make the build context, deploy/docker/target/context
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
context=$here/target/context
dist=$root/deploy/cli/target/ennead/lib
arch=$(uname -m)
torch=2.7.1
modules=java.desktop,java.logging,java.management,java.naming,java.net.http,java.sql
modules+=,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.unsupported

fail() {
  echo "build: $*" >&2
  exit 1
}

# The only file that a pattern names.
one() {
  if [ $# -ne 1 ] || [ ! -e "$1" ]; then
    fail "$* (expected: one file)"
  fi
  echo "$1"
}

parse() {
  tag="" base="" libtorch="" only_context="" jdk=${JAVA_HOME:-}
  while [ $# -gt 0 ]; do
    case $1 in
      --context-only) only_context=yes ;;
      --tag | --base | --jdk | --libtorch)
        [ $# -ge 2 ] || fail "$1: no value"
        declare -g "${1#--}=$2"
        shift
        ;;
      *) fail "$1: unknown (expected: --tag, --base, --jdk, --libtorch or --context-only)" ;;
    esac
    shift
  done
  [ -n "$jdk" ] || jdk=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
  [ -x "$jdk/bin/jlink" ] || fail "--jdk: no bin/jlink in $jdk (expected: a JDK, 17 or newer)"
  tag=${tag:-ennead:0.1.0${libtorch:+-cuda}}
}

# DJL's JNI library is made for one version of libtorch: another one would end the process.
check_libtorch() {
  [ -z "$libtorch" ] && return
  [ -e "$libtorch/lib/libtorch_cuda.so" ] ||
    fail "--libtorch: no lib/libtorch_cuda.so in $libtorch (expected: libtorch $torch for CUDA 12.8, unpacked)"
  local version
  version=$(cat "$libtorch/build-version" 2> /dev/null || echo unknown)
  [ "$version" = "$torch+cu128" ] ||
    fail "--libtorch: build-version is $version (expected: $torch+cu128)"
}

stage_java() {
  local made=$here/target/jre
  if [ "$(cat "$made.from" 2> /dev/null)" != "$jdk $modules" ]; then
    rm -rf "$made"
    "$jdk/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --output "$made"
    "$made/bin/java" -Xshare:dump > /dev/null # the JDK's own classes, as its archive
    echo "$jdk $modules" > "$made.from"
  fi
  cp -a "$made" "$context/jre"
  cp "$here"/{java,health}.args "$root/LICENSE" "$context"
  local version
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$made/release")
  if [ "$version" -ge 24 ]; then # as in the launcher: later Java versions warn about both
    sed -i '1i --enable-native-access=ALL-UNNAMED\n--sun-misc-unsafe-memory-access=allow' "$context/java.args"
  fi
}

# All jars, but natives only unpacked, and only for this machine's kind.
stage_jars() {
  mkdir "$context/lib" "$unpacked"
  cp -p "$dist"/*.jar "$context/lib"
  rm "$context"/lib/pytorch-native-*.jar
  local jar name
  for jar in "$context"/lib/{pytorch-jni,tokenizers,sentencepiece}-*.jar; do
    name=$(basename "$jar" .jar)
    unpack "$jar" "$unpacked/$name"
    cp -a "$unpacked/$name" "$unpacked/slim"
    find "$unpacked/slim" \( -name '*.so' -o -name '*.dylib' -o -name '*.dll' \) -delete
    "$jdk/bin/jar" --create --no-manifest --file "$jar" -C "$unpacked/slim" .
    rm -r "$unpacked/slim"
  done
}

unpack() {
  mkdir "$2"
  (cd "$2" && "$jdk/bin/jar" --extract --file "$1")
}

# With all jars on its class path a check with TLS takes twice the time.
stage_health() {
  local name path=""
  for name in ennead-proto grpc-api grpc-util guava slf4j-api; do
    path+=:/opt/ennead/lib/$(basename "$(one "$context/lib/$name"-[0-9]*.jar)")
  done
  printf -- '-cp %s\nio.ennead.node.HealthCheck\n' "${path#:}" >> "$context/health.args"
}

# Where DJL looks before it unpacks: a folder per library and version.
stage_natives() {
  local natives=$context/natives flavor=$1 version
  version=$(sed -n 's/^jni_version=[^-]*-//p' "$unpacked"/pytorch-jni-*/jnilib/pytorch.properties)
  install -D "$(one "$unpacked"/pytorch-jni-*/jnilib/"linux-$arch/$flavor"/libdjl_torch.so)" \
    "$natives/pytorch/$torch-$flavor-linux-$arch/$version-libdjl_torch.so"
  version=$(sed -n 's/^version=//p' "$unpacked"/tokenizers-*/native/lib/tokenizers.properties)
  install -D "$(one "$unpacked"/tokenizers-*/native/lib/"linux-$arch"/cpu/libtokenizers.so)" \
    "$natives/tokenizers/$version-cpu-linux-$arch/libtokenizers.so"
  version=$(sed -n 's/^version=//p' "$unpacked"/sentencepiece-*/native/lib/sentencepiece.properties)
  install -D "$(one "$unpacked"/sentencepiece-*/native/lib/"linux-$arch"/libsentencepiece_native.so)" \
    "$natives/sentencepiece/$version/libsentencepiece_native.so"
  unpack "$(one "$dist"/netty-transport-native-epoll-*-linux-"${arch/aarch64/aarch_64}".jar)" "$unpacked/netty"
  unpack "$(one "$dist"/jna-*.jar)" "$unpacked/jna"
  cp "$unpacked"/netty/META-INF/native/*.so "$unpacked/jna/com/sun/jna/linux-${arch/_/-}"/*.so "$natives"
}

# DJL loads every library of the folder, so those that only tests and Python use stay out.
stage_libtorch() {
  mkdir "$context/libtorch"
  if [ -z "$libtorch" ]; then
    unpack "$(one "$dist"/pytorch-native-cpu-*.jar)" "$unpacked/libtorch"
    cp "$unpacked/libtorch/pytorch/cpu/linux-$arch"/*.so* "$context/libtorch"
    return
  fi
  cp -L "$libtorch"/lib/*.so* "$context/libtorch"
  rm -f "$context"/libtorch/lib{torch_python,shm,*_test,nnapi_backend,backend_with_compiler,aoti_custom_ops}*.so
}

parse "$@"
check_libtorch
"$root/ennead" --version > /dev/null # builds what has changed
flavor=cpu
[ -z "$libtorch" ] || flavor=cu128
rm -rf "$context"
mkdir -p "$context"
unpacked=$(mktemp -d)/unpacked
trap 'rm -rf "$(dirname "$unpacked")"' EXIT
stage_java
stage_jars
stage_health
stage_natives "$flavor"
stage_libtorch
cp -a "$root/deploy/models/demo" "$context/demo"
chmod -R go+rX "$context"
[ -z "$only_context" ] || exit 0
docker build --tag "$tag" --file "$here/Dockerfile" ${base:+--build-arg "BASE_IMAGE=$base"} \
  --build-arg "PYTORCH_FLAVOR=$flavor" "$context"
docker image inspect --format "$tag: {{.Size}} bytes" "$tag"
