# Builds the programs, and installs libtorch and the Python environments into the checkout.

PLAIN_PROGRAMS := $(addprefix $(BIN)/,fetch-data encode-onnx encode-pca encode-scattering \
    embed-umap cluster-kmeans cluster-gmm cluster-hdbscan suggest-k select-clustering consensus \
    evaluate report import-images import-vectors export-clusters find-duplicates find-outliers \
    judge)
TORCH_PROGRAMS := $(addprefix $(BIN)/,train-ae encode)
TORCH_CRATES := --package autoencoder --package train-ae --package encode
SOURCES := Cargo.toml Cargo.lock .cargo/config.toml \
    $(shell find crates -name tests -prune -o \( -name '*.rs' -o -name Cargo.toml \
        -o -path '*/data/*' -o -path '*/templates/*' \) -type f -print)
# programs COMMAND: our programs in a command. They are built before it runs, but a new build is no
# reason to run it again.
programs = $(filter $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS),$1)

# Installed again if it is lost. A LIBTORCH of yours is only checked, when something is built.
libtorch := $(if $(LIBTORCH),,.libtorch/build-version)
.libtorch/build-version:
	@scripts/setup/setup-libtorch.sh .libtorch

build: $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS)

# Where all programs will be needed they are built at once: one core is busy with libtorch's
# bindings (C++, in one piece) while the other compiles what does not wait for them. libtorch comes
# first, so that nothing is compiled for minutes if it cannot be had.
all_at_once := $(or $(filter build man test lint,$(MAKECMDGOALS)),$(if $(default_latents),$(call \
    programs,$(ENCODE) $(if $(default_weights),$(TRAIN_AE)))))
$(PLAIN_PROGRAMS) &: $(SOURCES) | $(if $(all_at_once),$(libtorch))
	@scripts/setup/check-deps.sh cargo c++
	@$(if $(all_at_once),scripts/setup/setup-libtorch.sh .libtorch)
	@echo 'building the programs (four to eight minutes on 2 cores the first time,' \
	    'cargo shows how far it is)' >&2
	$(CARGO) build --release --locked $(if $(all_at_once),--workspace)
	@touch $(PLAIN_PROGRAMS)

$(TORCH_PROGRAMS) &: $(SOURCES) | $(PLAIN_PROGRAMS) $(libtorch)
	@scripts/setup/check-deps.sh cargo c++
	@scripts/setup/setup-libtorch.sh .libtorch
	$(CARGO) build --release --locked $(if $(all_at_once),--workspace,$(TORCH_CRATES))
	@touch $(TORCH_PROGRAMS)

python: .venv/ready
.venv/%: scripts/setup/requirements-%.txt scripts/setup/setup-python.sh
	@scripts/setup/setup-python.sh .venv $<
	@touch $@
# One environment, one pip at a time.
.venv/test: | .venv/ready

# The peers of the benches, in an environment of their own.
.venv-bench/ready: scripts/setup/requirements-bench.txt scripts/setup/setup-python.sh
	@scripts/setup/setup-python.sh .venv-bench $<
	@touch $@
