"""Drawn cases for `faults_differential.py`: what the programs make of random files, beside
scikit-learn, umap-learn and numpy.

One module a program or two. Each has functions of a `Case` (`case.py`), which draw inputs, run
programs and compare; the list of them, with how many cases of each the short form has, is in
`kinds.py`."""
