#!/usr/bin/env python3
"""All of ONNX's own tests: an answer is right, or the model is refused by an error that
names what is not supported; no wrong answer, no crash."""
import collections, glob, re
from onnx_peer import *

# What issue "Networks at full strength" asks for: of the tests of these operators alone
# that have float32 inputs, at least so many are right.
ASKED = set("""Gemm MatMul Add Sub Mul Div Conv ConvTranspose Relu Sigmoid Tanh MaxPool AveragePool
GlobalAveragePool GlobalMaxPool BatchNormalization Flatten Reshape Transpose Softmax LogSoftmax
Identity Dropout Constant Pow Neg Abs Sqrt Exp Log Min Max Sum Erf Sin Cos Sign Floor Ceil Round
Reciprocal LeakyRelu PRelu Elu Selu Celu HardSigmoid HardSwish Softplus Softsign Mish Gelu
ThresholdedRelu Clip LpNormalization LRN InstanceNormalization LayerNormalization
GroupNormalization Squeeze Unsqueeze Concat Split Slice Pad Gather GatherElements Expand Tile
Resize Upsample DepthToSpace SpaceToDepth ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd
ReduceL1 ReduceL2 ReduceLogSumExp Cast Shape ConstantOfShape Range Where Equal Less Greater And Or
Not ArgMax TopK""".split())
LEAST = 450


def is_float32(folder, model):
    names = {t.name for t in model.graph.initializer}
    fed = [i for i in model.graph.input if i.name not in names]
    return bool(fed) and fed[0].type.tensor_type.elem_type == TensorProto.FLOAT


def main():
    folders = sorted(glob.glob(CONFORMANCE + "/*/*"))
    folders = [f for f in folders if os.path.exists(f + "/model.onnx")]
    if not folders:
        return skip("ONNX conformance", "no libonnx-testdata")
    counts, asked, wrong, left = collections.Counter(), collections.Counter(), [], []
    why_refused, unnamed = collections.Counter(), []
    for folder in folders:
        name, m = os.path.basename(folder), onnx.load(folder + "/model.onnx")
        try:
            what, why = answer(folder)
        except RuntimeError as e:
            what, why = "wrong", str(e)
        counts[what] += 1
        if {n.op_type for n in m.graph.node} <= ASKED and is_float32(folder, m):
            asked[what] += 1
            if what == "refused":
                left.append(f"{name}: {why.split('m.onnx: ')[-1]}")
        if what == "wrong":
            wrong.append(f"{name}: {why}")
        if what == "refused":
            found = re.search(r"operator (\S+)", why)
            why_refused[found.group(1) if found else "other"] += 1
            if not re.search(r"m\.onnx: \S|randomised", why):
                unnamed.append(name)
    print(f"# of {len(folders)}: {dict(counts)}; of the operators asked for, float32: {dict(asked)}")
    print("# refused of these:", "; ".join(left))
    ok(not wrong, f"{len(folders)} models, {counts['right']} right, {counts['refused']} refused, "
       f"wrong: {wrong}")
    ok(not unnamed, f"each refusal says why: {unnamed}")
    ok(asked["right"] >= LEAST, f"of the operators asked for {asked['right']} right, at least "
       f"{LEAST} wanted")


main()
done()
