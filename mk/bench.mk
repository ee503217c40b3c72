# Compares the programs with other tools, in time, memory and quality.

bench_flags = --bin $(BIN) --out $(ARTIFACTS)/bench/$1.json --rounds $(ROUNDS)
bench_cases = $(if $(CASES),--cases '$(CASES)') $(threads)

# linfa is timed within a program of its own.
$(BIN)/examples/linfa_gmm: $(SOURCES) | $(PLAIN_PROGRAMS)
	$(CARGO) build --release --locked --package clustering --examples
	@touch $@

bench-peers: .venv-bench/ready $(PLAIN_PROGRAMS) $(BIN)/examples/linfa_gmm $(TRAIN_IMAGES) \
    $(LATENTS)
	@.venv-bench/bin/python scripts/bench/bench_peers.py --images $(TRAIN_IMAGES) \
	    --latents $(LATENTS) $(call bench_flags,peers) $(bench_cases)

bench-import: .venv/test $(call programs,$(IMPORT_IMAGES))
	@.venv/bin/python scripts/bench/bench_import.py --bin $(IMPORT_IMAGES) --files $(FILES) \
	    --rounds $(ROUNDS)

bench-umap: .venv-bench/ready $(PLAIN_PROGRAMS) $(TRAIN_IMAGES) $(LATENTS) $(TRAIN_LABELS)
	@.venv-bench/bin/python scripts/bench/bench_umap.py --images $(TRAIN_IMAGES) \
	    --latents $(LATENTS) --labels $(TRAIN_LABELS) $(call bench_flags,umap) $(bench_cases)

bench-growth: .venv-bench/ready $(PLAIN_PROGRAMS)
	@.venv-bench/bin/python scripts/bench/bench_growth.py $(call bench_flags,growth) \
	    --plot $(ARTIFACTS)/bench/growth.svg $(threads)

bench-neighbors: .venv-bench/ready $(PLAIN_PROGRAMS)
	@.venv-bench/bin/python scripts/bench/bench_neighbors.py $(call bench_flags,neighbors) \
	    $(bench_cases)

bench-train: .venv/test $(TORCH_PROGRAMS) $(TRAIN_IMAGES)
	@.venv/bin/python scripts/bench/bench_train.py --images $(TRAIN_IMAGES) \
	    $(call bench_flags,train) --steps $(STEPS) --batch $(BATCH) --precision $(PRECISION) \
	    $(if $(filter-out auto,$(DEVICE)),--device $(DEVICE)) $(threads)
