# The pipeline: files are targets, and this is the only place that knows where artifacts lie.
#
#   make demo     the whole pipeline on bundled handwritten digits         make help   all targets and variables
#   make all      the same on Fashion-MNIST                                 make test   all tests
#
# Every stage is a command variable, every boundary a file variable, every parameter a variable:
#   make all K=12                                     reruns clustering and scoring, nothing before them
#   make all LATENTS=mine.npy                         clusters your latents; needs no libtorch
#   make all LATENTS=mine.npy TRAIN_LABELS=y.npy      and scores the clusters against your labels
#   make all CLUSTER_KMEANS='.venv/bin/python scripts/standins/cluster_sklearn.py'

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error GNU Make 4.3 or newer is needed, found $(MAKE_VERSION))
endif

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := all
# No .SECONDARY: all rules of the pipeline are explicit, so no file is intermediate, and one that is lost comes back.
.PHONY: FORCE

## Parameters
# The file variables that the user has set, before any of them has a default.
file_variables := TRAIN_IMAGES TEST_IMAGES TRAIN_LABELS TEST_LABELS CLASSES WEIGHTS LATENTS \
    LATENTS_TEST FEATURES FEATURES_TEST MAP DECODED PAGE
given := $(foreach name,$(file_variables),$(if $(filter-out undefined,$(origin $(name))),$(name)))
# Whether the user has named a data set, and a form of the covariances.
dataset_named := $(filter-out undefined,$(origin DATASET))
covariance_named := $(filter-out undefined,$(origin COVARIANCE))

DATASET         ?= fashion-mnist## fashion-mnist, mnist, kmnist, digits or synthetic
COUNT           ?= 6000## training images of DATASET=synthetic
SOURCE          ?=## a folder or URL prefix that fetch-data tries first
SEED            ?= 0## every random choice flows from it
SEEDS           ?= 10## those of make study: how many, from 0 on, or a list
K               ?= 10## number of clusters
THREADS         ?=## all cores where empty; changes no result
NETWORK         ?= dense## dense or conv
HIDDEN          ?= $(hidden_$(NETWORK))## widths of the encoder's hidden layers, or filters of its convolutions
LATENT          ?= 10## width of the code
EPOCHS          ?= $(if $(filter digits,$(DATASET)),50,10)## passes over the images
BATCH           ?= 256## images per training step
LR              ?= 0.001## learning rate
SCHEDULE        ?= constant## of the learning rate: constant, cosine or one-cycle
WEIGHT_DECAY    ?= 0## what each step takes off the weights
CLIP            ?=## greatest length of the gradient; any where empty
PATIENCE        ?=## epochs without a better validation loss that end the training; none where empty
PRECISION       ?= f32## of its products: f32, bf16 or, on CUDA alone, tf32
LOSS            ?= mse## mse or bce
ACTIVATION      ?= relu## relu, elu, gelu, tanh or sigmoid
INIT            ?= keras## first weights as keras or pytorch draws them
NORMALIZE       ?= none## none or l2: what is done to each image first
BRIGHTNESS      ?= 0## train on images made so much brighter or darker
SHIFT           ?= 0## train on images moved by so many pixels
NOISE           ?= 0## train on images of which this share is black
SCALE           ?= 0## train on images enlarged or shrunk by up to this share
BLUR            ?= 0## train on images blurred by up to so many pixels
DEVICE          ?= auto## auto, cpu, cuda or cuda:N
KMEANS_STARTS   ?= 10## starts of k-means, the best is kept
KMEANS_MAX_ITER ?= 350## iterations of k-means
KMEANS_TOL      ?= 1e-10## tolerance of k-means, as scikit-learn's
KMEANS_INIT     ?= k-means++## k-means++ or random
GMM_STARTS      ?= 1## starts of the mixture, the best is kept
GMM_MAX_ITER    ?= 300## iterations of the mixture
GMM_TOL         ?= 1e-5## tolerance of the mixture, as scikit-learn's
GMM_INIT        ?= kmeans## kmeans or random
COVARIANCE      ?= full## full, tied, diag or spherical; of LATENTS of yours wider than 100 diag by default, since full takes minutes there
WAVELET_SCALES  ?=## of scatter; as many as leave 3 x 3 places where empty
WAVELET_ANGLES  ?= 8## of scatter
FEATURE_DIMS    ?= 500## most features of an image that is scattered
DIMS            ?= 10## of the embedding
NEIGHBORS       ?= 20## of a point in its graph, itself counted
MIN_DIST        ?= 0## how near embedded points may come to one another
METRIC          ?= euclidean## euclidean or cosine
GRAPH           ?= union## union or mutual
RUNS            ?= 5## embeddings, each clustered by a mixture, that vote; 2 at least
VOTER_STARTS    ?= 30## starts of each of these mixtures, one is kept
VOTER_KEEP      ?= information## which: likelihood, or information: clear components of about the same size
ROUNDS          ?= 5## rounds of the benches
STEPS           ?= 100## of a training in each round of make bench-train
KILLS           ?= 200## processes that make test-faults kills
DIFFERENTIAL_SECONDS ?=## seconds that test-faults draws new cases for, in place of its short form
DIFFERENTIAL_SEED ?=## seed of the first of these cases
DIFFERENTIAL_CASES ?=## cases of each kind in the short form
DIFFERENTIAL_KINDS ?=## the kinds, joined by commas; all where empty
DIFFERENTIAL_KEEP ?=## a folder for the files of cases with findings
FUZZ            ?= npy npz idx weights json losses## the readers that make fuzz is at
FUZZ_SECONDS    ?= 1800## for each of them
WORK            ?=## their cases, joined by commas; all where empty
FIGURE          ?=## of make figure: runs, samples, losses, reconstructions, map, confusion, sizes or clusters
OUT             ?=## of make figure: FILE.svg or FILE.png
SYSTEM          ?=## of make figure: whose figure it is; the last system's where empty

## Stages (any command with the same flags)
BIN             := target/release## the folder of the programs
CARGO           := cargo## builds the programs
LIBTORCH        ?=## a folder with libtorch; one is installed into the checkout where empty
FETCH_DATA      ?= $(BIN)/fetch-data## images and labels
TRAIN_AE        ?= $(BIN)/train-ae## images to weights
ENCODE          ?= $(BIN)/encode## images and weights to latents
CLUSTER_KMEANS  ?= $(BIN)/cluster-kmeans## points to assignments
CLUSTER_GMM     ?= $(BIN)/cluster-gmm## points to assignments
SCATTER         ?= $(BIN)/scatter## images to features
EMBED_MANIFOLD  ?= $(BIN)/embed-manifold## points to points of few dimensions
CONSENSUS       ?= $(BIN)/consensus## several assignments to one
EVALUATE        ?= $(BIN)/evaluate## assignments and labels to scores
REPORT          ?= $(BIN)/report## everything to a page

## Files (a file of yours replaces the stage that would write it; then no file of DATASET takes part that you do not name)
ARTIFACTS       ?= artifacts## where everything generated goes
DATA            = $(ARTIFACTS)/data
# The files that stages write and others read, under the only names that the rules below know.
own_files = $(addprefix $(DATA)/,train-images.npy test-images.npy train-labels.npy test-labels.npy classes.json) \
    $(ARTIFACTS)/autoencoder/weights.safetensors \
    $(addprefix $(ARTIFACTS)/latents/,train.npy test.npy train-decoded.npy test-decoded.npy) \
    $(addprefix $(ARTIFACTS)/features/,train.npy test.npy) \
    $(foreach run,map $(runs),$(addprefix $(ARTIFACTS)/manifold/$(run)/,train.npy test.npy))
runs := $(shell seq 1 $(RUNS))
# The name of an own file that FILE is, however FILE spells it; nothing where FILE is not one: own FILE
own = $(strip $(foreach file,$(own_files),$(if $(filter $(abspath $(file)),$(abspath $1)),$(file))))
$(foreach name,$(given),$(if $(call own,$($(name))),$(eval override $(name) := $(call own,$($(name))))))
# The variables that name a file of the user's, and those of them that name points.
yours := $(foreach name,$(filter-out PAGE,$(given)),$(if $($(name)),$(if $(call own,$($(name))),,$(name))))
your_points := $(filter TRAIN_IMAGES LATENTS FEATURES,$(yours))
# Whether the points are those of DATASET. Only then do its other files take part without being named, and of them only those
# that no file of the user's would contradict.
bundled := $(if $(your_points),,$(DATASET))
bundled_test := $(if $(filter TEST_IMAGES LATENTS_TEST FEATURES_TEST TRAIN_LABELS,$(yours)),,$(bundled))
bundled_classes := $(if $(filter TRAIN_LABELS TEST_LABELS,$(yours)),,$(bundled))

TRAIN_IMAGES    ?= $(if $(bundled),$(DATA)/train-images.npy)## images that are learned from; none where LATENTS or FEATURES are yours
TEST_IMAGES     ?= $(if $(and $(bundled),$(TRAIN_IMAGES)),$(DATA)/test-images.npy)## images that are not
TRAIN_LABELS    ?= $(if $(and $(bundled),$(TRAIN_IMAGES)),$(DATA)/train-labels.npy)## read by evaluate and report alone; without them there are clusters and no scores
TEST_LABELS     ?= $(if $(and $(bundled_test),$(TRAIN_IMAGES)),$(DATA)/test-labels.npy)## read by evaluate alone
CLASSES         ?= $(if $(and $(bundled_classes),$(TRAIN_IMAGES)),$(DATA)/classes.json)## names of the classes
WEIGHTS         ?= $(ARTIFACTS)/autoencoder/weights.safetensors## the trained network
LATENTS         ?= $(if $(TRAIN_IMAGES),$(ARTIFACTS)/latents/train.npy)## codes of the training images, or any vectors; none where empty
LATENTS_TEST    ?= $(if $(own_latents),$(if $(TEST_IMAGES),$(ARTIFACTS)/latents/test.npy))## of the others
FEATURES        ?= $(if $(filter-out $(own_latents),$(LATENTS)),$(LATENTS),$(if $(TRAIN_IMAGES),$(ARTIFACTS)/features/train.npy))## what is embedded; none where empty
FEATURES_TEST   ?= $(if $(own_features),$(if $(TEST_IMAGES),$(ARTIFACTS)/features/test.npy),$(if $(filter $(LATENTS),$(FEATURES)),$(LATENTS_TEST)))## of the others
MAP             ?= $(if $(FEATURES),$(ARTIFACTS)/manifold/map/train.npy)## where points lie on the page's map; none where empty
DECODED         ?= $(if $(own_latents),$(ARTIFACTS)/latents/$(decoded_split)-decoded.npy)## what the autoencoder makes of images; none where empty
PAGE            ?= $(ARTIFACTS)/report/index.html## the page; none where empty
##

hidden_dense := 1500,1000,500
hidden_conv := 32,64,128
# Whether the stages write them.
own_latents = $(filter $(ARTIFACTS)/latents/train.npy,$(LATENTS))
own_weights = $(filter $(ARTIFACTS)/autoencoder/weights.safetensors,$(WEIGHTS))
own_map = $(filter $(ARTIFACTS)/manifold/map/train.npy,$(MAP))
# Images that it was not trained on are the better test of an autoencoder.
decoded_split = $(if $(TEST_IMAGES),test,train)
decoded_images = $(if $(TEST_IMAGES),$(TEST_IMAGES),$(TRAIN_IMAGES))
own_decoded = $(filter $(ARTIFACTS)/latents/$(decoded_split)-decoded.npy,$(DECODED))
own_features = $(filter $(ARTIFACTS)/features/train.npy,$(FEATURES))

CLUSTERS := $(ARTIFACTS)/clusters
SCORES   := $(ARTIFACTS)/scores
STAMPS   := $(ARTIFACTS)/.stamps
TABLE    := $(SCORES)/table.md

# Published figures to print beside ours, where the scores are of DATASET's images and labels.
reference := $(if $(bundled),$(if $(filter TEST_IMAGES TRAIN_LABELS TEST_LABELS,$(yours)),,$(wildcard crates/programs/evaluate/reference/$(DATASET).json)))

# ------------------------------------------------------------------------------------------ what the user gave

# NAME=VALUE of every documented variable, so that help shows defaults as they come out.
documented := $(shell awk '/^[A-Z_]+ +[?:]=.*\#\#/ { print $$1 }' $(firstword $(MAKEFILE_LIST)))
on_command_line := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
unknown := $(filter-out $(documented),$(on_command_line))
ifneq ($(unknown),)
$(error $(foreach name,$(unknown),$(name)= is no variable of this Makefile ($(shell scripts/make/nearest.sh $(name) $(documented)));) make help lists all)
endif

# These targets neither read nor write artifacts.
apart := help build lint test test-faults test-cuda fuzz python
goals := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out $(apart),$(goals)),)
include mk/check.mk
endif

# ------------------------------------------------------------------------------------------ one make at a time

# Two at once in one folder of artifacts would take the ground from under each other: the second says so and ends. These targets
# write nothing there, or call make for what does; and nothing is written where make only tells what it would do (-n, -q).
short_flags := $(filter-out --%,$(firstword -$(MAKEFLAGS)))
free := $(apart) demo smoke table
dry := $(findstring n,$(short_flags))$(findstring q,$(short_flags))
ifneq ($(and $(filter-out $(free),$(goals)),$(if $(dry),,yes),$(filter-out $(LOCKED_DIR),$(abspath $(ARTIFACTS)))),)

.PHONY: alone $(MAKECMDGOALS)
$(goals): alone ;
alone:
	+@scripts/make/with-lock.sh '$(subst ','\'',$(abspath $(ARTIFACTS)))' $(MAKE) $(MAKECMDGOALS)

else

# ------------------------------------------------------------------------------------------------ targets

.PHONY: all report figure demo study report-recipe build lint test test-faults test-cuda fuzz smoke python bench-peers bench-manifold bench-train table clean distclean help
# The systems whose points there are.
REPORTED := $(if $(TRAIN_IMAGES),pixels-kmeans) $(if $(LATENTS),latents-kmeans latents-gmm)
MANIFOLD := manifold-kmeans manifold-gmm manifold-consensus
SYSTEMS := $(REPORTED) $(if $(FEATURES),$(MANIFOLD))
# Anyone's assignments in the same place are scored by the same rule, but not what our systems left there in a run on other points.
FOREIGN := $(filter-out pixels-kmeans latents-kmeans latents-gmm $(MANIFOLD),$(patsubst $(CLUSTERS)/%/train.npy,%,$(wildcard $(CLUSTERS)/*/train.npy)))
ASSIGNMENTS := $(SYSTEMS:%=$(CLUSTERS)/%/train.npy)

# For what is defined below.
.SECONDEXPANSION:
all: $(if $(TRAIN_LABELS),$(TABLE),$(ASSIGNMENTS)) $(PAGE) ## the report's three systems and three on a manifold, scored, and a page about them

report: $(PAGE) ## the page alone, with what it needs; remakes nothing that was made with other variables

# What make figure and make table show is there already: they run no stage, whatever the variables are.
# The command of the last page without its last two words, --out and the page.
page_recorded = $(call but_two,$(file <$(STAMPS)/page))
but_two = $(wordlist 1,$(words $(wordlist 3,$(words $1),$1)),$1)
figure: | $(filter all report,$(MAKECMDGOALS)) $$(call programs,$$(REPORT)) ## one figure of the last page as a file: make figure FIGURE=map OUT=map.png
	$(page_recorded) --figure $(call quoted,$(FIGURE)) $(if $(SYSTEM),--system $(call quoted,$(SYSTEM))) --out $(call quoted,$(OUT)) $(threads)

report-recipe: $(if $(TRAIN_LABELS),$(REPORTED:%=$(SCORES)/%.md),$(REPORTED:%=$(CLUSTERS)/%/train.npy)) ## the report's three alone
	@$(if $(TRAIN_LABELS),$(EVALUATE) $(REPORTED:%=$(SCORES)/%.json) $(if $(reference),--reference $(reference)))

demo: ## the same on bundled handwritten digits: no download, one to three minutes after the build
	@$(MAKE) all DATASET=digits ARTIFACTS=$(ARTIFACTS)/demo

smoke: ## the same on Fashion-MNIST cut short: one epoch, one start, two embeddings
	@$(MAKE) all ARTIFACTS=$(ARTIFACTS)/smoke EPOCHS=1 KMEANS_STARTS=1 GMM_MAX_ITER=20 RUNS=2 VOTER_STARTS=3

# What no seed changes is made once.
data_variables := TRAIN_IMAGES TEST_IMAGES TRAIN_LABELS TEST_LABELS CLASSES $(if $(own_features),FEATURES FEATURES_TEST)
given_variables := $(filter WEIGHTS LATENTS LATENTS_TEST FEATURES FEATURES_TEST,$(given))
seeds = $(if $(word 2,$(SEEDS)),$(SEEDS),$(shell seq 0 $$(($(SEEDS) - 1))))
study_scores = $(foreach system,$(SYSTEMS),$(seeds:%=$(ARTIFACTS)/study/%/scores/$(system).json))
study: $(foreach name,$(sort $(data_variables) $(given_variables)),$($(name))) ## make all with each of SEEDS, every run's scores, then mean and spread; goes on where it was stopped
	@for seed in $(seeds); do \
	    $(MAKE) all SEED=$$seed ARTIFACTS=$(ARTIFACTS)/study/$$seed PAGE= DECODED= $(foreach name,$(data_variables),$(name)='$($(name))'); \
	done
	$(if $(TRAIN_LABELS),@echo; $(EVALUATE) --each $(study_scores) $(if $(reference),--reference $(reference)))
	@echo; echo 'How alike the runs of a system are, training images:'
	@for system in $(SYSTEMS); do \
	    printf '%-20s' $$system; $(CONSENSUS) --assignments $(seeds:%=$(ARTIFACTS)/study/%/clusters/$$system/train.npy); \
	done
	$(if $(TRAIN_LABELS),@echo; $(REPORT) --title 'All runs of the study' $(study_scores:%=--scores %) \
	    $(if $(reference),--reference $(reference)) --out $(ARTIFACTS)/study/index.html)

table: | $(filter all,$(MAKECMDGOALS)) ## print the last table of scores again
	@cat $(TABLE)

clean: ## remove artifacts
	rm -rf $(addprefix $(ARTIFACTS)/,data autoencoder latents features manifold clusters scores report study demo smoke bench .stamps)

distclean: clean ## remove artifacts, builds, libtorch and the Python environments
	rm -rf target .libtorch .libtorch.* .venv .venv-bench

help: ## this
	@awk -F'## ?' -v values='$(foreach name,$(documented),$(name)=$(strip $($(name)))|)' ' \
	    BEGIN { n = split(values, pair, /\| ?/); for (i = 1; i < n; i++) { at = index(pair[i], "="); \
	        value[substr(pair[i], 1, at - 1)] = substr(pair[i], at + 1) } } \
	    /^## / { printf "\n%s\n", $$2 } \
	    /^[A-Z_]+ +[?:]=.*##/ { split($$1, word, " "); name = word[1]; \
	        printf "  %-15s  %s%s\n", name, $$2, value[name] == "" ? "" : " [" value[name] "]" } \
	    /^[a-z-]+:.*## / { sub(/:.*/, "", $$1); targets = targets sprintf("  make %-11s  %s\n", $$1, $$2) } \
	    END { printf "\nTargets\n%s", targets }' $(firstword $(MAKEFILE_LIST))

# ----------------------------------------------------------------------------------- programs and libtorch

PLAIN_PROGRAMS := $(addprefix $(BIN)/,fetch-data scatter cluster-kmeans cluster-gmm embed-manifold consensus evaluate report)
TORCH_PROGRAMS := $(addprefix $(BIN)/,train-ae encode)
SOURCES := Cargo.toml Cargo.lock .cargo/config.toml \
    $(shell find crates -name tests -prune -o \( -name '*.rs' -o -name Cargo.toml -o -path '*/data/*' -o -path '*/templates/*' \) -type f -print)
TORCH_CRATES := --package autoencoder --package train-ae --package encode
# The programs of ours that a command names, to be built before it runs but never a reason to run it again.
programs = $(filter $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS),$1)

# Brought back if it is lost; a LIBTORCH of yours is only checked, when something is built against it.
libtorch := $(if $(LIBTORCH),,.libtorch/build-version)
.libtorch/build-version:
	@scripts/setup/setup-libtorch.sh .libtorch

build: $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS) ## all programs, and libtorch

# Where all programs will be needed they are built at once: one core is busy with libtorch's bindings (C++, in one piece) while the
# other compiles what does not wait for them. libtorch comes first, so that nothing is compiled for minutes if it cannot be had.
all_at_once := $(or $(filter build test lint,$(MAKECMDGOALS)),$(if $(own_latents),$(call programs,$(ENCODE) $(if $(own_weights),$(TRAIN_AE)))))
$(PLAIN_PROGRAMS) &: $(SOURCES) | $(if $(all_at_once),$(libtorch))
	@scripts/setup/check-deps.sh cargo c++
	@$(if $(all_at_once),scripts/setup/setup-libtorch.sh .libtorch)
	@echo 'building the programs (four to eight minutes on 2 cores the first time, cargo shows how far it is)' >&2
	$(CARGO) build --release --locked $(if $(all_at_once),--workspace)
	@touch $(PLAIN_PROGRAMS)

$(TORCH_PROGRAMS) &: $(SOURCES) | $(PLAIN_PROGRAMS) $(libtorch)
	@scripts/setup/check-deps.sh cargo c++
	@scripts/setup/setup-libtorch.sh .libtorch
	$(CARGO) build --release --locked $(if $(all_at_once),--workspace,$(TORCH_CRATES))
	@touch $(TORCH_PROGRAMS)

python: .venv/ready ## a Python environment with what the stand-ins in scripts/ need
.venv/%: scripts/setup/requirements-%.txt scripts/setup/setup-python.sh
	@scripts/setup/setup-python.sh .venv $<
	@touch $@

lint: ## formatting, lints, which crate may depend on which, and where dependencies come from
	$(CARGO) fmt --check
	@scripts/setup/setup-libtorch.sh .libtorch
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	scripts/checks/check-layering.sh
	python3 scripts/checks/check_supply.py

# One environment, one pip at a time.
.venv/test: | .venv/ready

# Bytes are promised on the CPU alone, so that is where they are tested, on machines with a GPU too.
test test-faults: export CUDA_VISIBLE_DEVICES :=
test: .venv/test $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS) ## all tests; installs PyTorch to compare with (5 GB)
	$(CARGO) test --release --locked --workspace
	.venv/bin/python -m unittest discover --start-directory scripts/tests --verbose

test-faults: .venv/test $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS) ## kills, full disks, several writers, hostile files and names, drawn points beside scikit-learn: some five minutes
	KILLS=$(KILLS) .venv/bin/python -m unittest discover --start-directory scripts/tests --pattern 'faults_*.py' --verbose

test-cuda: .venv/test $(TORCH_PROGRAMS) ## training and encoding on a CUDA device, which it needs, beside the CPU: about a minute
	$(CARGO) test --release --locked --package autoencoder -- --ignored
	.venv/bin/python -m unittest discover --start-directory scripts/tests --pattern 'cuda_*.py' --verbose

fuzz: $(libtorch) ## feed the readers of files what they have not seen yet: half an hour each
	@LIBTORCH=$${LIBTORCH:-$(CURDIR)/.libtorch} scripts/checks/fuzz.sh $(FUZZ_SECONDS) $(FUZZ)

# The peers in an environment of their own, and linfa in a program of its own.
.venv-bench/ready: scripts/setup/requirements-bench.txt scripts/setup/setup-python.sh
	@scripts/setup/setup-python.sh .venv-bench $<
	@touch $@

$(BIN)/examples/linfa_gmm: $(SOURCES) | $(PLAIN_PROGRAMS)
	$(CARGO) build --release --locked --package clustering --examples
	@touch $@

bench-peers: .venv-bench/ready $(PLAIN_PROGRAMS) $(BIN)/examples/linfa_gmm $(TRAIN_IMAGES) $(LATENTS) ## time and memory of the clustering beside its peers: scikit-learn, Intel's extension, faiss, linfa
	@.venv-bench/bin/python scripts/bench/bench_peers.py --images $(TRAIN_IMAGES) --latents $(LATENTS) --bin $(BIN) \
	    --out $(ARTIFACTS)/bench/peers.json --rounds $(ROUNDS) $(if $(WORK),--work '$(WORK)') $(threads)

bench-manifold: .venv-bench/ready $(PLAIN_PROGRAMS) $(TRAIN_IMAGES) $(LATENTS) $(TRAIN_LABELS) ## time and quality of the embedding beside umap-learn
	@.venv-bench/bin/python scripts/bench/bench_manifold.py --images $(TRAIN_IMAGES) --latents $(LATENTS) --labels $(TRAIN_LABELS) --bin $(BIN) \
	    --out $(ARTIFACTS)/bench/manifold.json --rounds $(ROUNDS) $(if $(WORK),--work '$(WORK)') $(threads)

bench-train: .venv/test $(TORCH_PROGRAMS) $(TRAIN_IMAGES) ## time of a training step beside PyTorch's
	@.venv/bin/python scripts/bench/bench_train.py --images $(TRAIN_IMAGES) --bin $(BIN) --out $(ARTIFACTS)/bench/train.json --rounds $(ROUNDS) --steps $(STEPS) \
	    --batch $(BATCH) --precision $(PRECISION) $(if $(filter-out auto,$(DEVICE)),--device $(DEVICE)) $(threads)

include mk/stage.mk
threads := $(if $(THREADS),--threads $(THREADS))

# ------------------------------------------------------------------------------------------------- stages

fetch-data_command = $(FETCH_DATA) --dataset $(DATASET) $(if $(filter-out digits synthetic,$(DATASET)),$(if $(SOURCE),--source $(SOURCE))) \
    $(if $(filter synthetic,$(DATASET)),--count $(COUNT) --seed $(SEED)) --out-dir $(DATA)
fetch-data_threads :=
data_files := $(addprefix $(DATA)/,train-images.npy train-labels.npy test-images.npy test-labels.npy classes.json)
$(eval $(call stage,fetch-data,$(data_files),,$(FETCH_DATA)))

train-ae_command = $(TRAIN_AE) --images $(TRAIN_IMAGES) $(if $(TEST_IMAGES),--validation $(TEST_IMAGES)) \
    --hidden $(HIDDEN) --latent $(LATENT) --epochs $(EPOCHS) --batch $(BATCH) --lr $(LR) --loss $(LOSS) \
    --activation $(ACTIVATION) --init $(INIT) --normalize $(NORMALIZE) --brightness $(BRIGHTNESS) --shift $(SHIFT) --noise $(NOISE) \
    $(if $(filter-out dense,$(NETWORK)),--network $(NETWORK)) $(if $(filter-out 0,$(SCALE)),--scale $(SCALE)) $(if $(filter-out 0,$(BLUR)),--blur $(BLUR)) \
    $(if $(filter-out constant,$(SCHEDULE)),--schedule $(SCHEDULE)) $(if $(filter-out 0,$(WEIGHT_DECAY)),--weight-decay $(WEIGHT_DECAY)) \
    $(if $(CLIP),--clip $(CLIP)) $(if $(PATIENCE),--patience $(PATIENCE)) $(if $(filter-out f32,$(PRECISION)),--precision $(PRECISION)) \
    --seed $(SEED) --device $(DEVICE) --out $(ARTIFACTS)/autoencoder/weights.safetensors
# A training that was stopped goes on where it has the same command and images as now. Otherwise
# train-ae discards its checkpoint, and only once the new command has proved to be a right one.
train-ae_checkpoint := $(ARTIFACTS)/autoencoder/checkpoint.safetensors
checkpoint_flag = $(if $(filter other,$(shell scripts/make/record.sh stopped $(STAMPS)/train-ae \
    $(train-ae_checkpoint) $(call quoted,$(train-ae_command)) $(train-ae_inputs))),--discard-checkpoint,--resume)
train-ae_threads = $(if $(and $(call programs,$(TRAIN_AE)),$(wildcard $(train-ae_checkpoint))),$(checkpoint_flag)) $(threads)
ifneq ($(TRAIN_IMAGES),)
$(eval $(call stage,train-ae,$(addprefix $(ARTIFACTS)/autoencoder/,weights.safetensors losses.csv),$(TRAIN_IMAGES) $(TEST_IMAGES),$(TRAIN_AE)))
endif

# encode SPLIT, IMAGES, what becomes of them when they are decoded, if that is wanted
define encode
encode-$1_command = $$(ENCODE) --images $2 --weights $$(WEIGHTS) --device $$(DEVICE) --out $(ARTIFACTS)/latents/$1.npy $(if $3,--decode $3)
$(call stage,encode-$1,$(ARTIFACTS)/latents/$1.npy $3,$2 $(WEIGHTS),$(ENCODE))
endef
$(if $(TRAIN_IMAGES),$(eval $(call encode,train,$(TRAIN_IMAGES),$(if $(TEST_IMAGES),,$(own_decoded)))))
$(if $(TEST_IMAGES),$(eval $(call encode,test,$(TEST_IMAGES),$(own_decoded))))

kmeans_flags = --k $(K) --starts $(KMEANS_STARTS) --max-iter $(KMEANS_MAX_ITER) --tol $(KMEANS_TOL) \
    --init $(KMEANS_INIT) --seed $(SEED)
# gmm_flags STARTS, COVARIANCE, SEED
gmm_flags = --k $(K) --starts $1 --max-iter $(GMM_MAX_ITER) --tol $(GMM_TOL) \
    --init $(GMM_INIT) --covariance $2 --seed $3
manifold_flags = --dims $(DIMS) --neighbors $(NEIGHBORS) --min-dist $(MIN_DIST) --metric $(METRIC) --graph $(GRAPH)
# A seed of its own for each pair of SEED and run: SEED and the number of the run as digits one after
# the other. From run 10 on the number's length and a 0 follow, or run 11 of seed 0 would be run 1 of
# seed 1. No seed of runs 1 to 9 ends with 0, so none is equal to one of these.
run_seed = $(SEED)$1$(if $(filter-out 1 2 3 4 5 6 7 8 9,$1),$(shell run=$1; echo $${#run})0)
$(foreach run,$(runs),$(eval seed_$(run) := $(call run_seed,$(run))))

# cluster SYSTEM, COMMAND, FLAGS, TRAIN POINTS, TEST POINTS, whether the posterior is wanted: fits on the one, assigns the other to
# the clusters found.
define cluster
$1_dir := $(CLUSTERS)/$1
$1_points := $4
$1_certainty := $(if $6,$(CLUSTERS)/$1/train-posterior.npy)
$1_command = $2 --points $4 $3 --out $$($1_dir)/train.npy --model $$($1_dir)/model.npz $(if $6,--proba $$($1_certainty))
$(call stage,$1,$(addprefix $(CLUSTERS)/$1/,train.npy model.npz $(if $6,train-posterior.npy)),$4,$2)
$(if $5,
$1-test_command = $2 --points $5 --predict $$($1_dir)/model.npz --out $$($1_dir)/test.npy
$(call stage,$1-test,$(CLUSTERS)/$1/test.npy,$5 $(CLUSTERS)/$1/model.npz,$2)
$1_test := $$($1_dir)/test.npy
$1_points_test := $5)
endef
ifneq ($(TRAIN_IMAGES),)
$(eval $(call cluster,pixels-kmeans,$(CLUSTER_KMEANS),$(kmeans_flags),$(TRAIN_IMAGES),$(TEST_IMAGES)))
endif
# Full covariances of wide vectors take minutes. Latents of the user's may be wide; a file tells by its header.
wide := $(if $(filter LATENTS,$(yours)),$(shell [ "$$(scripts/make/npy_width.sh $(LATENTS))" -gt 100 ] && echo yes))
latents_covariance := $(if $(covariance_named),$(COVARIANCE),$(if $(wide),diag,$(COVARIANCE)))
ifneq ($(LATENTS),)
$(eval $(call cluster,latents-kmeans,$(CLUSTER_KMEANS),$(kmeans_flags),$(LATENTS),$(LATENTS_TEST)))
$(eval $(call cluster,latents-gmm,$(CLUSTER_GMM),$(call gmm_flags,$(GMM_STARTS),$(latents_covariance),$(SEED)),$(LATENTS),$(LATENTS_TEST),posterior))
endif

# Images to features, of which those of the test images come from the model of the others.
scatter-train_command = $(SCATTER) --images $(TRAIN_IMAGES) $(if $(WAVELET_SCALES),--scales $(WAVELET_SCALES)) --angles $(WAVELET_ANGLES) --dims $(FEATURE_DIMS) \
    --out $(ARTIFACTS)/features/train.npy --model $(ARTIFACTS)/features/model.npz
scatter-test_command = $(SCATTER) --images $(TEST_IMAGES) --transform $(ARTIFACTS)/features/model.npz --out $(ARTIFACTS)/features/test.npy
ifneq ($(TRAIN_IMAGES),)
$(eval $(call stage,scatter-train,$(addprefix $(ARTIFACTS)/features/,train.npy model.npz),$(TRAIN_IMAGES),$(SCATTER)))
ifneq ($(TEST_IMAGES),)
$(eval $(call stage,scatter-test,$(ARTIFACTS)/features/test.npy,$(TEST_IMAGES) $(ARTIFACTS)/features/model.npz,$(SCATTER)))
endif
endif

ifneq ($(FEATURES),)
# embed RUN: an embedding with a seed of its own, and the places of the test points in it.
define embed
manifold_$1 := $(ARTIFACTS)/manifold/$1
embed-$1_command = $$(EMBED_MANIFOLD) --points $(FEATURES) $(manifold_flags) --seed $(seed_$1) --out $$(manifold_$1)/train.npy \
    $(if $(FEATURES_TEST),--model $$(manifold_$1)/model.npz)
$(call stage,embed-$1,$(addprefix $(ARTIFACTS)/manifold/$1/,train.npy $(if $(FEATURES_TEST),model.npz)),$(FEATURES),$(EMBED_MANIFOLD))
$(if $(FEATURES_TEST),
embed-$1-test_command = $(EMBED_MANIFOLD) --points $(FEATURES_TEST) --transform $$(manifold_$1)/model.npz --out $$(manifold_$1)/test.npy
$(call stage,embed-$1-test,$(ARTIFACTS)/manifold/$1/test.npy,$(FEATURES_TEST) $(ARTIFACTS)/manifold/$1/model.npz,$(EMBED_MANIFOLD)))
endef
$(foreach run,$(runs),$(eval $(call embed,$(run))))

# The same in two dimensions, to be looked at; nothing else depends on it.
embed-map_command = $(EMBED_MANIFOLD) --points $(FEATURES) --dims 2 --neighbors $(NEIGHBORS) --min-dist 0.1 --metric $(METRIC) --graph $(GRAPH) \
    --seed $(SEED) --out $(MAP)
ifneq ($(own_map),)
$(eval $(call stage,embed-map,$(MAP),$(FEATURES),$(EMBED_MANIFOLD)))
endif

# On the first embedding k-means and one mixture, as on the latents; on all of them mixtures that are there to vote.
voters := $(runs:%=manifold-runs/%)
voter_flags = $(call gmm_flags,$(VOTER_STARTS) --keep $(VOTER_KEEP),$(COVARIANCE),$(seed_$1))
manifold_test = $(if $(FEATURES_TEST),$(ARTIFACTS)/manifold/$1/test.npy)
$(eval $(call cluster,manifold-kmeans,$(CLUSTER_KMEANS),$(kmeans_flags),$(ARTIFACTS)/manifold/1/train.npy,$(call manifold_test,1)))
$(eval $(call cluster,manifold-gmm,$(CLUSTER_GMM),$(call gmm_flags,$(GMM_STARTS),$(COVARIANCE),$(SEED)),$(ARTIFACTS)/manifold/1/train.npy,$(call manifold_test,1),posterior))
$(foreach run,$(runs),$(eval $(call cluster,manifold-runs/$(run),$(CLUSTER_GMM),$(call voter_flags,$(run)),$(ARTIFACTS)/manifold/$(run)/train.npy,$(call manifold_test,$(run)))))

# What the voters make of the training points, and of the others by the clusters found there.
consensus_dir := $(CLUSTERS)/manifold-consensus
consensus-train_command = $(CONSENSUS) --assignments $(voters:%=$(CLUSTERS)/%/train.npy) --k $(K) \
    --out $(consensus_dir)/train.npy --agreement $(consensus_dir)/train-agreement.npy --model $(consensus_dir)/model.npz
consensus-test_command = $(CONSENSUS) --assignments $(voters:%=$(CLUSTERS)/%/test.npy) --predict $(consensus_dir)/model.npz \
    --out $(consensus_dir)/test.npy --agreement $(consensus_dir)/test-agreement.npy
$(eval $(call stage,consensus-train,$(addprefix $(consensus_dir)/,train.npy train-agreement.npy model.npz),$(voters:%=$(CLUSTERS)/%/train.npy),$(CONSENSUS)))
ifneq ($(FEATURES_TEST),)
$(eval $(call stage,consensus-test,$(addprefix $(consensus_dir)/,test.npy test-agreement.npy),$(voters:%=$(CLUSTERS)/%/test.npy) $(consensus_dir)/model.npz,$(CONSENSUS)))
endif
manifold-consensus_test := $(if $(FEATURES_TEST),$(CLUSTERS)/manifold-consensus/test.npy)
# Votes have no space of their own: the silhouette is that in the first embedding.
manifold-consensus_points := $(ARTIFACTS)/manifold/1/train.npy
manifold-consensus_certainty := $(CLUSTERS)/manifold-consensus/train-agreement.npy
manifold-consensus_points_test := $(call manifold_test,1)
endif

$(foreach system,$(FOREIGN),$(eval $(system)_test := $(wildcard $(CLUSTERS)/$(system)/test.npy)))

# evaluate SYSTEM
define evaluate
$1_scored_test := $(if $(TEST_LABELS),$($1_test))
$1_splits := $(CLUSTERS)/$1/train.npy $($1_points) $(TRAIN_LABELS) $(if $(TEST_LABELS),$(if $($1_test),$($1_test) $($1_points_test) $(TEST_LABELS)))
evaluate-$1_command = $(EVALUATE) --assignments $(CLUSTERS)/$1/train.npy --labels $(TRAIN_LABELS) $(if $($1_points),--points $($1_points)) \
    $$(if $$($1_scored_test),--assignments $($1_test) --labels $(TEST_LABELS) $(if $($1_points_test),--points $($1_points_test))) \
    $(if $(CLASSES),--classes $(CLASSES)) --out $(SCORES)/$1.json
# The JSON, and beside it the matrices for people, which are written last and so stand for both.
evaluate-$1_stdout := $(SCORES)/$1.md
$(call stage,evaluate-$1,$(SCORES)/$1.md $(SCORES)/$1.json,$$($1_splits) $(CLASSES),$(EVALUATE))
endef
$(if $(TRAIN_LABELS),$(foreach system,$(SYSTEMS) $(FOREIGN),$(eval $(call evaluate,$(system)))))

table_command = $(EVALUATE) $(SYSTEMS:%=$(SCORES)/%.json) $(FOREIGN:%=$(SCORES)/%.json) $(if $(reference),--reference $(reference))
table_threads :=
table_stdout := $(TABLE)
table_last = @echo; cat $(TABLE)
table_silent := @
$(eval $(call stage,table,$(TABLE),$(SYSTEMS:%=$(SCORES)/%.json) $(FOREIGN:%=$(SCORES)/%.json) $(reference),$(EVALUATE)))
$(TABLE): | $(PAGE)

# The page: of each system its assignments and whatever else there is of it.
shown := $(SYSTEMS) $(FOREIGN)
trained := $(if $(own_latents),$(own_weights))
losses := $(if $(trained),$(ARTIFACTS)/autoencoder/losses.csv)
certainties := $(foreach system,$(shown),$($(system)_certainty))
page_of = $(if $(TRAIN_LABELS),--scores $(SCORES)/$1.json) --assignments $1=$(CLUSTERS)/$1/train.npy \
    $(if $($1_points),--points $1=$($1_points)) $(if $($1_certainty),--certainty $1=$($1_certainty))
page_flags = $(foreach system,$(shown),$(call page_of,$(system))) \
    $(if $(TRAIN_LABELS),$(if $(reference),--reference $(reference)) --labels $(TRAIN_LABELS)) $(if $(CLASSES),--classes $(CLASSES)) \
    $(if $(TRAIN_IMAGES),--images $(TRAIN_IMAGES)) $(if $(MAP),--map $(MAP)) $(if $(trained),--weights $(trained) --losses $(losses)) \
    $(if $(DECODED),--originals $(decoded_images) --reconstructions $(DECODED))
page_files := $(certainties) $(losses) $(if $(TRAIN_LABELS),$(shown:%=$(SCORES)/%.json)) $(shown:%=$(CLUSTERS)/%/train.npy) \
    $(foreach system,$(shown),$($(system)_points)) \
    $(TRAIN_IMAGES) $(TRAIN_LABELS) $(CLASSES) $(MAP) $(trained) $(if $(DECODED),$(decoded_images) $(DECODED)) $(reference)
page_command = $(REPORT) $(page_flags) --out $(PAGE)
ifneq ($(PAGE),)
$(eval $(call stage,page,$(PAGE),$(sort $(page_files)),$(REPORT)))
endif

include mk/shown.mk

# One make at a time.
endif
