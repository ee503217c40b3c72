"""Features of images by a small convolutional network trained without labels (SimCLR).

    .venv/bin/python scripts/bench/encode_contrastive.py --images images.npy --out features.npy
    .venv/bin/python scripts/bench/encode_contrastive.py --images images.npy \\
        --join scattering.npy --out features.npy

Two random views of each image, moved, enlarged and of another brightness (and, with --mirror,
every second one turned around), are to have codes more alike than those of other images (Chen et
al., ICML 2020, equation 1). What is written
is the layer before the projection, each row of unit length; --join appends it to features of
another program, each row of which is brought to unit length as well. It exists for the row "a
contrastive encoder" of docs/experiments.md and is no stage of the pipeline.
"""

import argparse
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 512
TEMPERATURE = 0.2
WIDTH = 128


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", required=True, help="images, u8, shape (n, height, width)")
    parser.add_argument("--join", help="features to append the codes to, shape (n, d)")
    parser.add_argument("--out", required=True, help="where to write the features, f32")
    parser.add_argument(
        "--seconds", type=float, default=1200, help="processor time to train (default 1200)"
    )
    parser.add_argument("--mirror", action="store_true", help="mirror every second view")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def encoder():
    """28 x 28 pixels or so to 128 values."""
    layers, width = [], 1
    for filters, stride in [(16, 2), (32, 1), (64, 2), (128, 2)]:
        layers += [
            nn.Conv2d(width, filters, 3, stride, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
        ]
        width = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(512, WIDTH))


def views(images, mirror):
    """A random view of each image: (b, 1, h, w) in and out; mirror turns half of them around."""
    count = len(images)
    scale = torch.empty(count).uniform_(0.6, 1.0)
    stretch = torch.empty(count).uniform_(0.85, 1.15)
    side = torch.where(torch.rand(count) < 0.5, -1.0, 1.0) if mirror else 1.0
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = scale * stretch * side
    theta[:, 1, 1] = scale / stretch
    room = 1 - scale
    theta[:, 0, 2] = room * torch.empty(count).uniform_(-1, 1)
    theta[:, 1, 2] = room * torch.empty(count).uniform_(-1, 1)
    grid = F.affine_grid(theta, images.shape, align_corners=False)
    seen = F.grid_sample(images, grid, align_corners=False)
    gain = torch.empty(count, 1, 1, 1).uniform_(0.6, 1.4)
    power = torch.empty(count, 1, 1, 1).uniform_(0.7, 1.4)
    return (seen.clamp(0, 1) ** power * gain).clamp(0, 1)


def loss_of(codes):
    """NT-Xent of 2b codes, of which i and b + i are views of one image."""
    codes = F.normalize(codes, dim=1)
    alike = codes @ codes.T / TEMPERATURE
    alike.fill_diagonal_(float("-inf"))
    half = len(codes) // 2
    other = torch.arange(len(codes)).roll(half)
    return F.cross_entropy(alike, other)


def train(images, seconds, mirror, seed):
    torch.manual_seed(seed)
    network = encoder().to(memory_format=torch.channels_last)
    head = nn.Sequential(nn.Linear(WIDTH, 256), nn.ReLU(), nn.Linear(256, 64))
    weights = [*network.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3, weight_decay=1e-4)
    begin, steps = time.process_time(), 0
    while (passed := (time.process_time() - begin) / seconds) < 1:
        optimizer.param_groups[0]["lr"] = 1e-3 * 0.5 * (1 + np.cos(np.pi * passed))
        batch = images[torch.randint(len(images), (BATCH,))]
        both = torch.cat([views(batch, mirror), views(batch, mirror)])
        both = both.to(memory_format=torch.channels_last)
        loss = loss_of(head(network(both)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        steps += 1
        if steps % 100 == 0:
            print(f"{steps} steps, {passed:.0%} of the time, loss {loss.item():.3f}", flush=True)
    print(f"{steps} steps of {BATCH} images, {steps * BATCH / len(images):.1f} epochs")
    return network.eval()


def main():
    args = parse()
    images = torch.from_numpy(np.load(args.images)).unsqueeze(1).float() / 255
    network = train(images, args.seconds, args.mirror, args.seed)
    with torch.no_grad():
        codes = torch.cat([F.normalize(network(part), dim=1) for part in images.split(2000)])
    features = codes.numpy()
    if args.join:
        others = np.load(args.join)
        others = others / np.maximum(np.linalg.norm(others, axis=1, keepdims=True), 1e-12)
        features = np.hstack([others, features]).astype(np.float32)
    np.save(args.out, features)


if __name__ == "__main__":
    main()
