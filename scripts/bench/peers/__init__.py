"""What bench_peers.py is made of: the files it runs on, one run of a peer, the tables. Here: the tools' names."""

OURS, OURS_NEAR, LINFA = "ours", "ours, to 0.1 %", "linfa"
SKLEARN, SKLEARN_F32, INTEL = "scikit-learn", "scikit-learn, f32", "Intel"
FAISS, FAISS_NEAR = "faiss", "faiss, to 0.1 %"

# In the order of a round.
TOOLS = {
    "kmeans": [OURS, OURS_NEAR, SKLEARN, INTEL, FAISS, FAISS_NEAR],
    "gmm": [OURS, SKLEARN, SKLEARN_F32, INTEL, LINFA],
}
