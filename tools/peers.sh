#!/bin/sh
# Prints the path of a Python that has the peers gull is compared with (ONNX Runtime, XGBoost,
# foolbox, fra31's AutoAttack, ART, torchattacks), making it in build-peers/ when PyPI can be reached; prints nothing otherwise.
cd "$(dirname "$0")/.." || exit 1
python=${GULL_PEERS:-$PWD/build-peers/bin/python}
has() { "$1" -c 'import onnxruntime, xgboost, foolbox, pyautoattack, art, torchattacks' 2>/dev/null; }
if [ -z "$GULL_PEERS" ] && ! has "$python"; then
    /usr/bin/python3 -m venv --system-site-packages build-peers >&2 &&
        build-peers/bin/pip install -q --no-deps --disable-pip-version-check onnxruntime \
            xgboost foolbox eagerpy gitpython gitdb smmap flatbuffers \
            pyautoattack adversarial-robustness-toolbox torchattacks tqdm packaging >&2
fi
has "$python" && echo "$python"
exit 0
