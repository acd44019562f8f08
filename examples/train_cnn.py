#!/usr/bin/env python3
"""A small convolutional network on Fashion-MNIST, exported as ONNX.

Fast adversarial training (one gradient step from a random start: Wong, Rice and Kolter
2020, "Fast is better than free", section 4) against Linf changes, plus a term that keeps
interval bounds small (Gowal et al. 2018, "On the Effectiveness of Interval Bound
Propagation", section 3), so that attacks and proofs meet at distances that one can see.
About two minutes on one core.  Needs Debian's python3-torch and dataset-fashion-mnist."""
import os

import torch
from torch import nn
from torch.nn import functional as F

import fashion

EPOCHS, BATCH, BOUND_ROWS = 4, 200, 50
EPS_ATTACK, EPS_BOUND, BOUND_SHARE = 0.03, 0.01, 0.15


def network():
    return nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1),
                         nn.ReLU(), nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(),
                         nn.Linear(64, 10))


def pgd(net, x, y, eps, steps):
    low, high = (x - eps).clamp(0, 1), (x + eps).clamp(0, 1)
    z = low + (high - low) * torch.rand_like(x)
    for _ in range(steps):
        z.requires_grad_()
        g, = torch.autograd.grad(F.cross_entropy(net(z), y), z)
        z = torch.min(torch.max(z.detach() + 1.25 * eps * steps ** -0.5 * g.sign(), low), high)
    return z


def worst_logits(net, x, y, eps):
    """Interval bounds: the label's lowest logit against the others' highest."""
    low, high = (x - eps).clamp(0, 1), (x + eps).clamp(0, 1)
    for layer in net:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            middle, radius = (low + high) / 2, (high - low) / 2
            middle = layer(middle)
            if isinstance(layer, nn.Conv2d):
                radius = F.conv2d(radius, layer.weight.abs(), None, layer.stride,
                                  layer.padding)
            else:
                radius = F.linear(radius, layer.weight.abs())
            low, high = middle - radius, middle + radius
        else:
            low, high = layer(low), layer(high)
    return torch.where(F.one_hot(y, 10).bool(), low, high)


def train(net, x, y):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-6)
    batches = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, EPOCHS * batches)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x))
        for i in range(batches):
            ramp = min(1, (epoch + i / batches) / (EPOCHS / 2))
            rows = order[i * BATCH:(i + 1) * BATCH]
            u, v = x[rows], y[rows]
            attacked = F.cross_entropy(net(pgd(net, u, v, ramp * EPS_ATTACK, 1)), v)
            bounded = F.cross_entropy(
                worst_logits(net, u[:BOUND_ROWS], v[:BOUND_ROWS], ramp * EPS_BOUND),
                v[:BOUND_ROWS])
            loss = (1 - BOUND_SHARE) * attacked + BOUND_SHARE * bounded
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)


def accuracy(scores, y):
    return (scores.argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)  # one order of sums: the same weights each time
    net = network()
    x, y = (torch.from_numpy(a) for a in fashion.load("train"))
    train(net, x.view(-1, 1, 28, 28), y)
    x, y = (torch.from_numpy(a) for a in fashion.load("t10k"))
    x = x.view(-1, 1, 28, 28)
    with torch.no_grad():
        print(f"cnn: test accuracy {accuracy(net(x), y):.4f}")
    u, v = x[:1000], y[:1000]
    for eps in (0.01, 0.02, 0.03, 0.05, 0.1):
        attacked = net(pgd(net, u, v, eps, 20))
        bounded = worst_logits(net, u, v, eps)
        print(f"eps {eps}: right under attack {accuracy(attacked, v):.3f}, "
              f"proved by intervals {accuracy(bounded, v):.3f}")
    torch.onnx.export(net, x[:1], os.path.join(fashion.MODELS, "cnn.onnx"), opset_version=13,
                      input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}})


if __name__ == "__main__":
    main()
