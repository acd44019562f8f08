#!/usr/bin/env python3
"""Operators of arithmetic, activations, reductions and normalizations, one a model, against
ONNX Runtime over shapes, attributes and opsets, and against ONNX's conformance tests."""
import warnings

from onnx_peer import *

i64 = lambda *v: np.array(v, dtype=np.int64)
f32 = lambda *v: np.array(v if len(v) > 1 else v[0], dtype=np.float32)
cases = []  # (name, model, shape, low, high)
WANTED = set("Abs Ceil Celu Clip Cos CumSum Elu Erf Exp Floor Gelu HardSigmoid HardSwish LeakyRelu Log "
             "GroupNormalization InstanceNormalization LRN LayerNormalization LpNormalization "
             "MeanVarianceNormalization RMSNormalization "
             "Max Mean Min Mish Neg PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum "
             "ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum "
             "ReduceSumSquare Round Selu Sign Sin Softplus Softsign Sqrt Sum Swish "
             "ThresholdedRelu".split())
KNOWN = WANTED | set("Gemm MatMul Add Sub Mul Div Conv Relu Sigmoid Tanh Flatten Reshape "
                     "Transpose Softmax LogSoftmax Identity Constant".split())


def one(op, shape=(3, 5), constants=(), inputs=("x",), opset=13, low=-3, high=3, **attributes):
    """A model of the one node, and a Neg after it so that nothing is taken off its end."""
    model = graph([node(op, *inputs, out="z", **attributes), node("Neg", "z")], shape,
                  constants, opset)
    cases.append((f"{op}, opset {opset}, {attributes or ''} "
                  f"{ {k: v.tolist() for k, v in dict(constants).items()} or ''}".rstrip(),
                  model, shape, low, high))


def arithmetic():
    one("Abs")
    one("Exp")
    one("Sqrt", low=0)
    one("Neg")
    one("LeakyRelu")
    one("LeakyRelu", alpha=.25, opset=16)
    one("Clip", opset=7)
    one("Clip", opset=7, min=-.5)
    one("Clip", opset=7, min=-.5, max=1.)
    one("Clip", constants={"a": f32(-.5), "b": f32(1.)}, inputs=("x", "a", "b"))
    one("Clip", constants={"b": f32(1.)}, inputs=("x", "", "b"))
    one("Clip", constants={"a": f32(0.)}, inputs=("x", "a"), opset=11)
    one("Clip", constants={"a": f32(1.), "b": f32(-1.)}, inputs=("x", "a", "b"))
    for p in (0, .5, 1, 2, 3, -1, 2.5):
        one("Pow", constants={"p": f32(p)}, inputs=("x", "p"), low=.1)
    one("Pow", constants={"p": f32(2.)}, inputs=("x", "p"))
    one("Pow", constants={"p": i64(3)}, inputs=("x", "p"))
    one("Pow", constants={"p": f32(1, 2, 3, 4, 5)}, inputs=("x", "p"), opset=7)
    one("Pow", constants={"p": f32(.5, 2, 3, 4, 5)}, inputs=("p", "x"))


    for op in "Log Reciprocal".split():
        one(op, low=.1)
    for op in "Erf Sin Cos Sign Floor Ceil Elu Selu HardSigmoid Softplus Softsign".split():
        one(op)
    one("Round", low=-5, high=5)
    one("HardSwish", low=-5, high=5, opset=14)
    one("Celu", alpha=2.)
    one("Elu", alpha=.5)
    one("Selu", alpha=1.5, gamma=2.)
    one("HardSigmoid", alpha=.3, beta=.4)
    one("ThresholdedRelu", alpha=.5)
    one("Mish", opset=18, low=-30, high=30)
    one("Gelu", opset=20)
    one("Gelu", opset=20, approximate="tanh")
    one("Swish", opset=24)
    one("Swish", opset=24, alpha=1.7)
    for slope in (weights(3, 1, 1), weights(1), weights(4, 5)):
        one("PRelu", (3, 4, 5), {"s": slope}, ("x", "s"))


def variadic():
    for op in "Max Min Sum Mean".split():
        one(op, (3, 4), {"a": weights(4), "b": weights(3, 1)}, ("a", "x", "b"))
        one(op, (1, 4), {"a": weights(3, 1)}, ("x", "a"))
        one(op, (3, 4), {"a": weights(1, 1, 4)}, ("x", "a"), opset=8)
        one(op, (3, 4))
        cases.append((f"{op} of three activations", graph(
            [node("Neg", "x", out="a"), node("ReduceMax", "x", out="b", axes=[2]),
             node(op, "x", "b", "a", out="c"), node("Neg", "c")], (3, 4)), (3, 4), -2, 2))


def normalizations():
    for p in (1, 2):
        for axis in (1, -1, 2):
            one("LpNormalization", (3, 4, 5), p=p, axis=axis)
    one("LRN", (5, 4, 3), size=3)
    one("LRN", (5, 4, 3), size=5, alpha=.5, beta=.6, bias=2.)
    c = {"s": weights(4), "b": weights(4)}
    one("InstanceNormalization", (4, 3, 5), c, ("x", "s", "b"))
    one("InstanceNormalization", (4, 6), c, ("x", "s", "b"), epsilon=1e-2)
    one("GroupNormalization", (4, 3, 5), c, ("x", "s", "b"), opset=21, num_groups=2)
    one("GroupNormalization", (4, 3, 5), {"s": weights(2), "b": weights(2)}, ("x", "s", "b"),
        opset=18, num_groups=2)
    for axis, shape in ((-1, (5,)), (2, (4, 5)), (1, (3, 4, 5))):
        c = {"s": weights(*shape), "b": weights(*shape)}
        one("LayerNormalization", (3, 4, 5), c, ("x", "s", "b"), opset=17, axis=axis)
        one("LayerNormalization", (3, 4, 5), c, ("x", "s"), opset=17, axis=axis, epsilon=.1)
        one("RMSNormalization", (3, 4, 5), c, ("x", "s"), opset=23, axis=axis)
    one("MeanVarianceNormalization", (3, 4, 5), axes=[1, 3])
    for axis in (1, 2, -1):
        one("CumSum", (3, 4), {"a": np.int64(axis)}, ("x", "a"))
        one("CumSum", (3, 4), {"a": i64(axis)}, ("x", "a"), exclusive=1, reverse=1)
    for op in ("Softmax", "LogSoftmax"):
        for opset in (7, 12, 13):
            for axis in (1, 2, -1):
                one(op, (3, 4), opset=opset, axis=axis)


def exported():
    """What PyTorch makes of a network of convolutions, normalizations and attention: scores
    and the gradient of their sum."""
    try:
        import io, torch
        from torch import nn
        from torch.nn import functional as F
    except ImportError:
        return skip("exported networks", "no PyTorch")

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.group, self.instance = (
                nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True))
            self.slope, self.layer = nn.PReLU(8), nn.LayerNorm(8)
            self.attention, self.mix, self.last = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 5)

        def forward(self, x):
            x = F.silu(self.group(self.conv(x)))
            x = F.max_pool2d(F.hardswish(self.slope(self.instance(x))), 2)
            t = x.flatten(2).transpose(1, 2)
            q, k, v = self.attention(t).chunk(3, 2)
            t = t + torch.softmax(q @ k.transpose(1, 2) / 8 ** .5, -1) @ v
            t = F.gelu(self.mix(self.layer(t)))
            t = F.normalize(t, dim=-1) + F.mish(t) + F.elu(t) + F.softplus(t)
            t = torch.cat([t.mean(1), t.amax(1), torch.logsumexp(t, 1)], 1)[:, 4:20:2]
            return self.last(F.relu6(t))

    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = Net().eval()
    x = np.random.default_rng(0).uniform(0, 1, (4, 3, 8, 8)).astype(np.float32)
    moving = torch.tensor(x[:1], requires_grad=True)
    net(moving).sum().backward()
    for opset in (11, 13, 15, 17):
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(net, torch.zeros(1, 3, 8, 8), file, opset_version=opset)
        path = save(file.getvalue())
        compare(f"PyTorch, opset {opset}", None, x, net(torch.tensor(x)).detach().numpy(), path)
        got, error = gull.ask("gradient:f64", path, x[:1])
        ok(error is None and far(got, moving.grad.numpy()) < 1e-5,
           f"PyTorch, opset {opset}: gradient: {error or far(got, moving.grad.numpy())}")


def halves():
    """Values that round to even."""
    x = np.arange(-4.5, 5)[None].astype(np.float32)
    got, error = gull.ask("ref", save(graph([node("Round", "x", out="z"), node("Neg", "z")],
                                            (10,))), x)
    ok(error is None and (-got == np.round(x[0])).all(), f"halves to the even side: {error or got}")


def reductions():
    for op in "Max Min Mean Sum L1 L2 LogSum LogSumExp Prod SumSquare".split():
        since, op = 13 if op == "Sum" else 18, "Reduce" + op
        low = .1 if op == "ReduceLogSum" else -2
        for axes in ([1], [-1], [1, 3], [2, 3], [-3, -1], [1, 2, 3], [3, 1]):
            for keep in (0, 1):
                one(op, (3, 4, 5), opset=11, axes=axes, keepdims=keep, low=low)
                one(op, (3, 4, 5), {"axes": i64(*axes)}, ("x", "axes"), opset=since,
                    keepdims=keep, low=low)
        one(op, (3, 4, 5), opset=since, noop_with_empty_axes=1, low=low)


def against_runtime():
    for name, model, shape, low, high in cases:
        if onnxruntime is None:
            skip(name, "no ONNX Runtime")
            continue
        x = np.random.default_rng(3).uniform(low, high, (3,) + shape).astype(np.float32)
        compare(name, model, x, runtime(model, x))


def refusals():
    def refused(name, model, *words):
        x, error = gull.ask("ref", save(model), None)
        ok(error and all(k in error for k in words), f"refused: {name}: {error}")
    for op in ("ReduceMax", "ReduceMean"):
        refused(f"{op} over no axis", graph([node(op, "x", axes=[7])], (3, 4)), "axis 7")
    refused("a Clip that moves", graph([node("Neg", "x", out="z"), node("Clip", "x", "z")],
                                       (3,)), "min is not a constant")


arithmetic()
variadic()
reductions()
normalizations()
against_runtime()
exported()
halves()
refusals()
conformance(KNOWN, 30, WANTED)
done()
