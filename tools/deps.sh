#!/bin/sh
# Installs the Debian packages that are missing.  With --tests also what only tests use.
set -e
build="gcc libc6-dev make meson ninja-build pkg-config protobuf-c-compiler libprotobuf-c-dev
libonnx-dev libdnnl-dev libjansson-dev zlib1g-dev libzip-dev libpng-dev libjpeg-dev nettle-dev
libboost-context-dev libnlopt-dev scdoc dataset-fashion-mnist"
tests="clang libclang-rt-14-dev libfuzzer-14-dev valgrind python3 python3-numpy python3-onnx
python3-torch python3-sklearn python3-scipy python3-jsonschema python3-venv python3-pil chromium
libonnx-testdata liblinear-tools libsvm-tools mandoc"
want=$build
[ "$1" = --tests ] && want="$build $tests"
missing=
for p in $want; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
root=
[ "$(id -u)" = 0 ] || root=sudo
$root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
