"""Compares the scores of evaluate, and clusters on embeddings, with scikit-learn's."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN


class AgainstScikitLearn(unittest.TestCase):
    def test_scores_agree_on_random_groupings(self):
        from scipy.optimize import linear_sum_assignment
        from sklearn import metrics

        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for classes, clusters, n, agreement in [
                (10, 10, 60000, 0.5),
                (10, 12, 5000, 0.2),
                (3, 7, 400, 0.9),
                (5, 2, 50, 0),
            ]:
                labels = rng.integers(classes, size=n)
                assignments = np.where(
                    rng.random(n) < agreement, labels % clusters, rng.integers(clusters, size=n)
                )
                np.save(folder / "labels.npy", labels)
                np.save(folder / "train.npy", assignments.astype("i4"))
                subprocess.run(
                    [
                        BIN / "evaluate",
                        "--assignments",
                        folder / "train.npy",
                        "--labels",
                        folder / "labels.npy",
                        "--out",
                        folder / "scores.json",
                    ],
                    check=True,
                    capture_output=True,
                )
                found = json.loads((folder / "scores.json").read_text())["splits"]["train"]
                table = metrics.cluster.contingency_matrix(labels, assignments)
                pairs = linear_sum_assignment(-table)
                expected = {
                    "purity": table.max(axis=0).sum() / n,
                    "acc": table[pairs].sum() / n,
                    "nmi": metrics.normalized_mutual_info_score(labels, assignments),
                    "ami": metrics.adjusted_mutual_info_score(labels, assignments),
                    "ari": metrics.adjusted_rand_score(labels, assignments),
                    "homogeneity": metrics.homogeneity_score(labels, assignments),
                    "completeness": metrics.completeness_score(labels, assignments),
                    "v_measure": metrics.v_measure_score(labels, assignments),
                    "fowlkes_mallows": metrics.fowlkes_mallows_score(labels, assignments),
                }
                for name, value in expected.items():
                    self.assertAlmostEqual(
                        found[name], value, delta=1e-12, msg=f"{name} of {(classes, clusters, n)}"
                    )

    def test_scores_without_labels_agree_on_random_points(self):
        from sklearn import metrics

        rng = np.random.default_rng(1)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for n, d, clusters, spread in [
                (400, 2, 3, 3.0),
                (2000, 20, 12, 1.0),
                (300, 50, 2, 0.0),
                (3000, 5, 40, 0.3),
            ]:
                assignments = rng.integers(clusters, size=n)
                points = (
                    rng.normal(size=(n, d)) + spread * rng.normal(size=(clusters, d))[assignments]
                )
                np.save(folder / "points.npy", points)
                np.save(folder / "train.npy", assignments.astype("i4"))
                subprocess.run(
                    [
                        BIN / "evaluate",
                        "--assignments",
                        folder / "train.npy",
                        "--points",
                        folder / "points.npy",
                        "--out",
                        folder / "scores.json",
                    ],
                    check=True,
                    capture_output=True,
                )
                found = json.loads((folder / "scores.json").read_text())["splits"]["train"][
                    "internal"
                ]
                self.assertEqual(found["silhouette"]["sample"], n)
                for name, value, expected in [
                    (
                        "silhouette",
                        found["silhouette"]["value"],
                        metrics.silhouette_score(points, assignments),
                    ),
                    (
                        "Davies-Bouldin",
                        found["davies_bouldin"],
                        metrics.davies_bouldin_score(points, assignments),
                    ),
                    (
                        "Calinski-Harabasz",
                        found["calinski_harabasz"],
                        metrics.calinski_harabasz_score(points, assignments),
                    ),
                ]:
                    largest = 1e-9 * max(1, abs(expected))
                    self.assertAlmostEqual(
                        value, expected, delta=largest, msg=f"{name} of {(n, d, clusters, spread)}"
                    )


class Umap(unittest.TestCase):
    def test_clusters_do_not_drift_apart(self):
        """Parts of a class stay together, unless the two ends of an edge are pulled differently.

        Their distance would be 4.8 then; umap-learn's is 2.0.
        """
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            subprocess.run(
                [BIN / "fetch-data", "--dataset", "digits", "--out-dir", folder],
                check=True,
                capture_output=True,
            )
            command = [
                BIN / "embed-umap",
                "--points",
                folder / "train-images.npy",
                "--out",
                folder / "embedding.npy",
            ]
            subprocess.run(command, check=True, capture_output=True)
            embedding, labels = (
                np.load(folder / "embedding.npy"),
                np.load(folder / "train-labels.npy"),
            )
            members = [embedding[labels == label] for label in range(10)]
            squared = [((some - some.mean(axis=0)) ** 2).sum(axis=1).mean() for some in members]
            self.assertLess(np.sqrt(np.mean(squared)), 2.6)

if __name__ == "__main__":
    unittest.main()
