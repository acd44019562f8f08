#!/usr/bin/env python3
"""Networks as PyTorch's exporter writes them, with a batch of any size, against PyTorch's
own scores and input gradients."""
import io, warnings
from onnx_peer import *

try:
    import torch
    from torch import nn
    import torch.nn.functional as F
except ImportError:
    print("1..0 # SKIP no PyTorch")
    sys.exit(0)
warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(3)


class Function(nn.Module):
    def __init__(self, f, *parts):
        super().__init__()
        self.f, self.parts = f, nn.ModuleList(parts)

    def forward(self, x):
        return self.f(x, *self.parts)


def check(name, model, shape, opset=13, dynamic=True, gradient=True):
    model = model.eval()
    x = torch.rand((3,) + shape) * 2 - 1
    for m in model.modules():  # statistics that differ from 0 and 1
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
            m.running_mean.uniform_(-.3, .3), m.running_var.uniform_(.5, 2)
    f = io.BytesIO()
    axes = {"x": {0: "n"}, "y": {0: "n"}} if dynamic else None
    try:
        torch.onnx.export(model, x[:1], f, opset_version=opset, input_names=["x"],
                          output_names=["y"], dynamic_axes=axes)
    except Exception as e:
        return skip(name, f"this PyTorch does not export it: {type(e).__name__}")
    path = save(f.getvalue(), "torch")
    free = x.clone().requires_grad_()
    y = torch.cat([model(free[i:i + 1]) for i in range(3)])
    got, error = gull.ask("onednn", path, x.numpy())
    if error:
        return ok(False, f"{name}: {error}")
    ok(far(got, y.detach().numpy()) < 1e-4, f"{name}: {far(got, y.detach().numpy()):.1e}")
    if gradient:
        y.sum().backward()
        got, error = gull.ask("gradient:onednn", path, x.numpy())
        off = np.inf if error else far(got, free.grad.numpy())
        ok(off < 1e-3, f"{name}, gradient: {error or format(off, '.1e')}")


class Attention(nn.Module):
    """Words of 8 numbers, two heads, as transformers are written."""
    def __init__(self):
        super().__init__()
        self.qkv, self.out, self.norm = nn.Linear(8, 24), nn.Linear(8, 8), nn.LayerNorm(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (z.view(b, t, 2, c // 2).transpose(1, 2) for z in (q, k, v))
        a = (q @ k.transpose(-2, -1) / (c // 2) ** .5).softmax(-1)
        x = x + self.out((a @ v).transpose(1, 2).reshape(b, t, c))
        return self.head(x.mean(1))


class Shuffle(nn.Module):
    """Channels split, convolved and shuffled (ShuffleNet)."""
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.BatchNorm2d(4),
                               nn.Conv2d(4, 4, 1), nn.ReLU())
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        one, two = x.chunk(2, 1)
        x = torch.cat((one, self.a(two)), 1)
        n, c, h, w = x.size()
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)
        return self.head(x.mean([2, 3]))


def networks():
    for opset in (9, 13, 16):
        check(f"view(size(0), -1), opset {opset}", Function(
            lambda x, w: w(x.view(x.size(0), -1)), nn.Linear(24, 4)), (2, 3, 4), opset)
        check(f"reshape by parts, opset {opset}", Function(
            lambda x, w: w(x.reshape(x.shape[0], x.shape[1] * x.shape[2] // 2, 2).flatten(1)),
            nn.Linear(24, 4)), (6, 4), opset)
        check(f"slices, opset {opset}", Function(
            lambda x, w, step=1 if opset < 10 else 2: w(x[:, 1:, :-1:step].flatten(1)),
            nn.Linear(12 if opset < 10 else 6, 4)), (3, 7), opset)
    check("dense blocks", Function(
        lambda x, a, b, w: w(F.adaptive_avg_pool2d(torch.cat([x, a(x), F.relu(b(
            torch.cat([x, a(x)], 1)))], 1), 1).flatten(1)),
        nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(5, 4, 3, padding=1), nn.Linear(9, 3)), (2, 6, 6))
    check("ShuffleNet's block", Shuffle(), (8, 5, 5))
    check("self-attention", Attention(), (6, 8))
    check("self-attention, fixed batch", Attention(), (6, 8), dynamic=False)
    check("squeeze and excite", Function(
        lambda x, c, a, b, w: w((c(x) * torch.sigmoid(b(F.relu(a(
            F.adaptive_avg_pool2d(c(x), 1)))))).flatten(1)),
        nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1),
        nn.Linear(100, 3)), (2, 5, 5))
    for mode in ("constant", "reflect", "replicate"):
        check(f"padding, {mode}", Function(
            lambda x, c, mode=mode: c(F.pad(x, (2, 1, 0, 1), mode=mode)).flatten(1),
            nn.Conv2d(2, 3, 3)), (2, 4, 5))
    check("pixel shuffle and back", Function(
        lambda x, c: (F.pixel_unshuffle(F.pixel_shuffle(c(x), 2), 2) ** 2).flatten(1)[:, :9],
        nn.Conv2d(2, 8, 1)), (2, 3, 3))
    check("a mask", Function(lambda x, w: w(torch.where(x > .2, x * x, -x)), nn.Linear(6, 3)), (6,))
    check("triangular attention mask", Function(
        lambda x, w: w((x @ x.transpose(1, 2)).masked_fill(
            torch.triu(torch.ones(4, 4), 1).bool(), -9.).softmax(-1).flatten(1)),
        nn.Linear(16, 3)), (4, 5))
    check("the best two", Function(lambda x, w: w(x.topk(2, dim=1)[0].flatten(1)),
                                   nn.Linear(8, 3)), (5, 4))
    check("the greatest and where it is", Function(
        lambda x, w: w(x.max(2)[0] + .1 * x.max(2)[1].float()), nn.Linear(3, 2)), (3, 4))
    check("split, stack, unbind", Function(
        lambda x, w: w(torch.stack([p * k for k, p in enumerate(x.split([1, 2, 1], 1)[1].unbind(1),
                                                                1)], 1).flatten(1)),
        nn.Linear(6, 3)), (4, 3))
    check("places from arange", Function(
        lambda x, w: w(x + torch.arange(x.shape[1]).float().sin()), nn.Linear(5, 3)), (5,))
    check("rolled and flipped", Function(
        lambda x, w: w((x.roll(1, 2) * x.flip(1)).flatten(1)), nn.Linear(12, 3)), (3, 4))
    check("index_select and gather", Function(
        lambda x, w: w(x[:, torch.tensor([2, 0, 0])].flatten(1)), nn.Linear(12, 3)), (3, 4))
    check("expand and repeat", Function(
        lambda x, w: w((x.unsqueeze(2).expand(-1, -1, 3) * x.unsqueeze(1).repeat(1, 3, 1))
                       .flatten(1)), nn.Linear(9, 3)), (3,))
    check("normalised by hand", Function(
        lambda x, w: w((x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) +
                                                        1e-3).sqrt()), nn.Linear(6, 3)), (6,))
    check("group norm", Function(lambda x, c, n: F.gelu(n(c(x))).flatten(1)[:, :7],
                                 nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4)), (2, 5, 5), 14)
    check("recurrent by hand", Function(
        lambda x, a, b: torch.tanh(a(x[:, 2]) + b(torch.tanh(a(x[:, 1]) + b(torch.tanh(
            a(x[:, 0])))))), nn.Linear(4, 3), nn.Linear(3, 3)), (3, 4))
    check("upsampled and added", Function(
        lambda x, c, w: w((F.interpolate(c(x), scale_factor=2, mode="nearest") + x).flatten(1)),
        nn.Conv2d(2, 2, 2, stride=2), nn.Linear(32, 3)), (2, 4, 4))


networks()
done()
