#!/bin/sh
# demo.sh BUILD: audits three models of one data set (Fashion-MNIST, Debian's dataset-fashion-mnist):
# a softmax regression, a boosted-tree ensemble and a convolutional network.
set -e
build=$1
models=$(dirname "$0")/models
data=/usr/share/datasets/fashion-mnist
images=$data/t10k-images-idx3-ubyte.gz labels=$data/t10k-labels-idx1-ubyte.gz
[ -f "$images" ] || {
    echo "demo: $images is missing: apt-get install dataset-fashion-mnist" >&2
    exit 3
}
mkdir -p "$build/demo"
"$build/cli/gull" audit "$models/softmax.onnx" "$models/trees.json" "$models/cnn.onnx" \
    --class-names "T-shirt,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot" \
    --data "$images,$labels" --rows 0:200 --range 0,1 --norm linf --eps 0.01,0.02,0.05,0.1 \
    --json "$build/demo/result.json" -o "$build/demo/report.html"
