"""The parts of bench_peers.py: the files it runs on, a run of a peer, tables, and tools' names."""

OURS, OURS_NEAR, LINFA = "ours", "ours, to 0.1 %", "linfa"
SKLEARN, SKLEARN_F32, INTEL = "scikit-learn", "scikit-learn, f32", "Intel"
FAISS, FAISS_NEAR = "faiss", "faiss, to 0.1 %"

# In the order of a round.
TOOLS = {
    "kmeans": [OURS, OURS_NEAR, SKLEARN, INTEL, FAISS, FAISS_NEAR],
    "gmm": [OURS, SKLEARN, SKLEARN_F32, INTEL, LINFA],
}
