"""Expectation maximization of Gaussian mixtures in f64, step by step as scikit-learn has it, with
weights of points."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

KINDS = ["full", "tied", "diag", "spherical"]


@dataclass
class Mixture:
    """Weights (k,), means (k, d) and covariances in the shape of their kind, as scikit-learn has
    them."""

    kind: str
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def full(self):
        """Covariances (k, d, d)."""
        (k, d), given = self.means.shape, self.covariances
        return {
            "full": lambda: given,
            "tied": lambda: np.repeat(given[None], k, axis=0),
            "diag": lambda: np.array([np.diag(row) for row in given]),
            "spherical": lambda: np.array([value * np.eye(d) for value in given]),
        }[self.kind]()

    def log_densities(self, points):
        """Weighted log densities (n, k) of each component, and squared Mahalanobis distances (n,
        k)."""
        n, d = points.shape
        found, squares = np.empty((n, len(self.means))), np.empty((n, len(self.means)))
        for j, covariance in enumerate(self.full()):
            factor = np.linalg.cholesky(covariance)
            squares[:, j] = (
                solve_triangular(factor, (points - self.means[j]).T, lower=True) ** 2
            ).sum(axis=0)
            found[:, j] = (
                np.log(self.weights[j])
                - 0.5 * (d * np.log(2 * np.pi) + squares[:, j])
                - np.log(np.diag(factor)).sum()
            )
        return found, squares

    def parameters(self):
        k, d = self.means.shape
        of = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d, "spherical": k}
        return of[self.kind] + k * d + k - 1

    def precisions(self):
        """As scikit-learn takes them for a start."""
        inverse = np.linalg.inv if self.kind in ("full", "tied") else np.reciprocal
        return inverse(self.covariances)


def maximize(points, shares, masses, kind, regularization):
    """The M step: the mixture of `shares` (n, k) of the points, whose masses are (n,)."""
    d = points.shape[1]
    weighted = shares * masses[:, None]
    sizes = weighted.sum(axis=0)
    means = weighted.T @ points / sizes[:, None]
    full = np.array(
        [
            (weighted[:, j, None] * (points - mean)).T @ (points - mean) / sizes[j]
            for j, mean in enumerate(means)
        ]
    )
    diagonals = np.einsum("kii->ki", full)
    covariances = {
        "full": lambda: full + regularization * np.eye(d),
        "tied": lambda: (
            np.einsum("kij,k->ij", full, sizes) / sizes.sum() + regularization * np.eye(d)
        ),
        "diag": lambda: diagonals + regularization,
        "spherical": lambda: diagonals.mean(axis=1) + regularization,
    }[kind]()
    return Mixture(kind, sizes / sizes.sum(), means, covariances), sizes


def iterate(points, masses, mixture, most, regularization):
    """`most` iterations; returns the mixture and the smallest size and the largest squared
    Mahalanobis distance on the way."""
    smallest, farthest = np.inf, 0.0
    for _ in range(most):
        logs, squares = mixture.log_densities(points)
        shares = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        # Of those components alone that a point might belong to.
        farthest = max(farthest, squares[shares > 1e-12].max())
        mixture, sizes = maximize(points, shares, masses, mixture.kind, regularization)
        smallest = min(smallest, sizes.min() / masses.mean())
    return mixture, smallest, farthest
