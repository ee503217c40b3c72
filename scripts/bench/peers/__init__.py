"""The parts of bench_peers.py: the files it runs on, a run of a peer, tables, and tools' names."""

OURS, OURS_NEAR, LINFA = "ours", "ours, to 0.1 %", "linfa"
SKLEARN, SKLEARN_F32, INTEL = "scikit-learn", "scikit-learn, f32", "Intel"
FAISS, FAISS_NEAR = "faiss", "faiss, to 0.1 %"
SUPER_KMEANS, PRODUCT = "faiss SuperKMeans", "OpenBLAS, product alone"

# In the order of a round.
TOOLS = {
    "kmeans": [OURS, OURS_NEAR, SKLEARN, INTEL, FAISS, FAISS_NEAR],
    # The same number of iterations for all, with the fastest algorithm of each tool.
    "iterations": [OURS, SKLEARN, INTEL, FAISS, SUPER_KMEANS, PRODUCT],
    "seeding": [OURS, SKLEARN, INTEL, FAISS],
    "predict": [OURS, SKLEARN, FAISS],
    "minibatch": [OURS, SKLEARN],
    "covariance": [OURS, SKLEARN, SKLEARN_F32],
    "gmm": [OURS, SKLEARN, SKLEARN_F32, INTEL, LINFA],
}
