"""Scores of many classes and clusters equal scikit-learn's, in bounded memory."""

import json
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from pipeline import BIN

# A dense table of 20,000 x 20,000 counts alone would take 3.2 GB.
MEMORY = 1 << 30


def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(folder, program, *words):
    words = [BIN / program, *map(str, words), "--threads", "2"]
    return subprocess.run(
        words, cwd=folder, check=True, capture_output=True, text=True, preexec_fn=bounded
    ).stdout


def structured(rng, n, k, agreement):
    """Labels and assignments of which a share agrees but for the names of the clusters."""
    labels = rng.integers(k, size=n)
    assignments = rng.permutation(k)[
        np.where(rng.random(n) < agreement, labels, rng.integers(k, size=n))
    ]
    return labels, assignments


class LargeTables(unittest.TestCase):
    def scores(self, folder, labels, assignments):
        np.save(folder / "labels.npy", labels.astype("i4"))
        np.save(folder / "train.npy", assignments.astype("i4"))
        run(
            folder,
            "evaluate",
            "--assignments",
            "train.npy",
            "--labels",
            "labels.npy",
            "--out",
            "s.json",
        )
        return json.loads((folder / "s.json").read_text())["splits"]["train"]

    def test_scores_of_many_classes_equal_those_of_the_python_libraries(self):
        from scipy.sparse import csr_array, hstack
        from scipy.sparse.csgraph import min_weight_full_bipartite_matching
        from sklearn import metrics

        rng = np.random.default_rng(3)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for n, k, agreement in [
                (200_000, 6000, 0.0),
                (200_000, 20_000, 0.6),
                (60_000, 3000, 0.2),
                (20_000, 20_000, 1.0),
            ]:
                with self.subTest(n=n, k=k, agreement=agreement):
                    labels, assignments = structured(rng, n, k, agreement)
                    # A few large groups among many small ones.
                    labels[: n // 5] = rng.integers(4, size=n // 5)
                    found = self.scores(folder, labels, assignments)
                    classes, rows = np.unique(labels, return_inverse=True)
                    clusters, columns = np.unique(assignments, return_inverse=True)
                    table = csr_array(
                        (np.ones(n, int), (rows, columns)), shape=(len(classes), len(clusters))
                    )
                    table.sum_duplicates()
                    self.assertEqual(found["nonzero_cells"], table.nnz)
                    cells = np.array(found["contingency_cells"])
                    self.assertTrue(
                        (
                            cells[:, 2]
                            == table[
                                np.searchsorted(classes, cells[:, 0]),
                                np.searchsorted(clusters, cells[:, 1]),
                            ]
                        ).all()
                    )
                    # An extra column for each row lets every row stay unpaired, so all weights
                    # are shifted by 1.
                    alone = csr_array(
                        (np.ones(len(classes), int), (range(len(classes)), range(len(classes))))
                    )
                    wide = hstack([table + table.sign(), alone]).tocsr()
                    pairs = min_weight_full_bipartite_matching(wide, maximize=True)
                    self.assertAlmostEqual(
                        found["acc"], (wide[pairs].sum() - len(classes)) / n, delta=1e-12
                    )
                    for name, score in [
                        ("nmi", metrics.normalized_mutual_info_score),
                        ("ari", metrics.adjusted_rand_score),
                        ("homogeneity", metrics.homogeneity_score),
                        ("completeness", metrics.completeness_score),
                        ("fowlkes_mallows", metrics.fowlkes_mallows_score),
                    ]:
                        self.assertAlmostEqual(
                            found[name], score(labels, assignments), delta=1e-10, msg=name
                        )

    def test_the_adjusted_mutual_information_of_many_classes(self):
        from sklearn.metrics import adjusted_mutual_info_score

        rng = np.random.default_rng(4)
        with tempfile.TemporaryDirectory() as folder:
            # Groups of sizes 1, 2, 3, ...: the most different sizes that so many points allow.
            labels = np.repeat(np.arange(200), np.arange(1, 201))
            for assignments in [
                rng.permutation(labels),
                np.where(rng.random(len(labels)) < 0.5, labels, rng.permutation(labels)),
            ]:
                found = self.scores(Path(folder), labels, assignments)
                self.assertAlmostEqual(
                    found["ami"], adjusted_mutual_info_score(labels, assignments), delta=1e-9
                )

    def test_many_clusters_have_a_consensus(self):
        rng = np.random.default_rng(5)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            n, k = 100_000, 20_000
            labels = rng.integers(k, size=n)
            names = []
            for at in range(3):
                ids = np.where(rng.random(n) < 0.9, labels, rng.integers(k, size=n))
                np.save(folder / f"r{at}.npy", rng.permutation(k)[ids].astype("i4"))
                names.append(f"r{at}.npy")
            run(
                folder,
                "consensus",
                "--quiet",
                "--assignments",
                *names,
                "--out",
                "c.npy",
                "--model",
                "m.npz",
            )
            run(
                folder,
                "consensus",
                "--quiet",
                "--assignments",
                *names,
                "--predict",
                "m.npz",
                "--out",
                "again.npy",
            )
            self.assertEqual((folder / "c.npy").read_bytes(), (folder / "again.npy").read_bytes())
            found = self.scores(folder, labels, np.load(folder / "c.npy"))
            self.assertGreater(found["acc"], 0.9)


if __name__ == "__main__":
    unittest.main()
