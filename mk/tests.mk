# Lints and tests.

UNITTEST = .venv/bin/python -m unittest discover --start-directory scripts/tests

lint:
	$(CARGO) fmt --check
	@scripts/setup/setup-libtorch.sh .libtorch
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --release --locked --package clustering --no-default-features --all-targets \
	    -- -D warnings
	$(CARGO) clippy --release --locked --package import-vectors --features parquet --all-targets \
	    -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --release --locked --workspace --no-deps --quiet
	scripts/checks/check-layering.sh
	python3 scripts/checks/check_supply.py
	python3 scripts/checks/check_words.py
	python3 scripts/checks/check_files.py
	@scripts/checks/check-types.sh

# Only the CPU promises equal bytes, so tests run there even on machines with a GPU.
test test-faults: export CUDA_VISIBLE_DEVICES :=
test: .venv/test $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS)
	$(CARGO) test --release --locked --workspace
	$(CARGO) test --release --locked --package import-vectors --features parquet
	$(UNITTEST) --verbose

test-faults: .venv/test $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS)
	KILLS=$(KILLS) $(UNITTEST) --pattern 'faults_*.py' --verbose

test-cuda: .venv/test $(TORCH_PROGRAMS)
	$(CARGO) test --release --locked --package autoencoder -- --ignored
	$(UNITTEST) --pattern 'cuda_*.py' --verbose

fuzz: $(libtorch)
	@LIBTORCH=$${LIBTORCH:-$(CURDIR)/.libtorch} scripts/checks/fuzz.sh $(FUZZ_SECONDS) $(FUZZ)
