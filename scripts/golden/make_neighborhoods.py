#!/usr/bin/env python3
"""Writes what scikit-learn and networkx compute, for the tests of the crate neighborhoods.

    python scripts/golden/make_neighborhoods.py

Writes local_outlier_factor.json and modularity.json into
crates/libraries/neighborhoods/tests/golden. Each names the version that made it. Factors are
`-negative_outlier_factor_` of `LocalOutlierFactor` with the algorithm brute. Modularity, and the
assortativity of groups, are those of networkx, of the graph that links each point with its
neighbors, twice where they are neighbors of each other. The conductance is the least of all cuts
along the second eigenvector of the normalized links, which numpy finds in full. Points are rounded
to multiples of 1/1024, which single precision holds.
"""

import json
from pathlib import Path

import networkx
import numpy as np
import sklearn
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

GOLDEN = Path(__file__).parents[2] / "crates/libraries/neighborhoods/tests/golden"
LEAST_SHARE = 0.05


def drawn(seed, n, d):
    return np.random.default_rng(seed).standard_normal((n, d))


def clusters():
    """Two clusters of unequal density, and three points of neither."""
    far = np.array([[9.0, 9.0, 9.0], [-7.0, 3.0, 0.0], [1.5, 1.5, 1.5]])
    return np.concatenate([drawn(1, 60, 3), 0.1 * drawn(2, 60, 3) + 3, far])


def case(name, points, n_neighbors, metric="euclidean"):
    points = np.round(points * 1024) / 1024
    model = LocalOutlierFactor(n_neighbors=n_neighbors, metric=metric, algorithm="brute")
    factors = -model.fit(points).negative_outlier_factor_
    return {
        "name": name,
        "metric": metric,
        "n_neighbors": n_neighbors,
        "n": points.shape[0],
        "d": points.shape[1],
        "points": points.ravel().tolist(),
        "factors": factors.tolist(),
    }


def link_weights(points, k):
    """Returns the symmetric matrix of links with k neighbors, the point itself not among them."""
    nearest = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
    links = np.zeros((len(points), len(points)))
    links[np.repeat(np.arange(len(points)), k), nearest.ravel()] = 1
    return links + links.T


def least_conductance(links):
    """Returns the least conductance along the second eigenvector, and the lesser share of links."""
    degrees = links.sum(0)
    scale = np.sqrt(degrees)
    vectors = np.linalg.eigh(links / np.outer(scale, scale))[1]
    order = np.argsort(vectors[:, -2] / scale)
    found = []
    for cut in range(1, len(order)):
        left, right = order[:cut], order[cut:]
        lesser = min(degrees[left].sum(), degrees[right].sum())
        if lesser >= LEAST_SHARE * degrees.sum():
            found.append((links[np.ix_(left, right)].sum() / lesser, lesser / degrees.sum()))
    return min(found)


def graph_case(name, points, k, groups):
    points = np.round(points * 1024) / 1024
    links = link_weights(points, k)
    graph = networkx.from_numpy_array(
        links.astype(int), parallel_edges=True, create_using=networkx.MultiGraph
    )
    sets = [set(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)]
    networkx.set_node_attributes(graph, dict(enumerate(groups.tolist())), "group")
    conductance, share = least_conductance(links)
    return {
        "name": name,
        "n_neighbors": k,
        "n": points.shape[0],
        "d": points.shape[1],
        "points": points.ravel().tolist(),
        "groups": groups.tolist(),
        "modularity": networkx.community.modularity(graph, sets),
        "assortativity": networkx.attribute_assortativity_coefficient(graph, "group"),
        "conductance": conductance,
        "share": share,
    }


def write_modularity():
    near = np.concatenate([drawn(5, 40, 3), drawn(6, 50, 3) + [2.5, 0, 0]])
    halves = (np.arange(90) >= 40).astype(int)
    cases = [
        graph_case("two near clusters", near, 8, halves),
        graph_case("random groups", near, 8, np.random.default_rng(7).integers(0, 5, 90)),
        graph_case("one cluster in three", drawn(8, 70, 2), 6, np.arange(70) % 3),
    ]
    found = {"networkx": networkx.__version__, "cases": cases}
    (GOLDEN / "modularity.json").write_text(json.dumps(found) + "\n")


def main():
    write_modularity()
    cases = [
        case("normal", drawn(0, 80, 5), 10),
        case("two densities", clusters(), 19),
        case("two densities, few neighbors", clusters(), 5),
        case("all others", drawn(3, 20, 2), 19),
        case("directions", drawn(4, 80, 6) + 0.5, 10, "cosine"),
    ]
    found = {"scikit-learn": sklearn.__version__, "cases": cases}
    (GOLDEN / "local_outlier_factor.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
