#!/bin/sh
# demo.sh BUILD: audits three models of one data set (Fashion-MNIST, Debian's dataset-fashion-mnist):
# a softmax regression, a boosted-tree ensemble and a convolutional network.  FASHION_MNIST names
# another folder that has the same files.
set -e
build=${1:?usage: examples/demo.sh BUILD}
models=$(dirname "$0")/models
data=${FASHION_MNIST:-/usr/share/datasets/fashion-mnist}
images=$data/t10k-images-idx3-ubyte.gz labels=$data/t10k-labels-idx1-ubyte.gz
for file in "$images" "$labels" "$build/cli/gull"; do
    [ -f "$file" ] && continue
    echo "demo: $file is missing: $([ "$file" = "$build/cli/gull" ] && echo "build it first: make" ||
        echo "install Debian's package with  apt-get install dataset-fashion-mnist")" >&2
    exit 3
done
mkdir -p "$build/demo"
"$build/cli/gull" audit "$models/softmax.onnx" "$models/trees.json" "$models/cnn.onnx" \
    --data "$images,$labels" --rows 0:200 --range 0,1 --norm linf --eps 0.01,0.02,0.05,0.1 \
    --class-names T-shirt,trouser,pullover,dress,coat,sandal,shirt,sneaker,bag,boot \
    --json "$build/demo/result.json" -o "$build/demo/report.html"
echo "
look at $(cd "$build/demo" && pwd)/report.html"
