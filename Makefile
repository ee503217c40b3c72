# The pipeline: which files are made from which, in which order.
#
#   make demo     the whole pipeline on bundled handwritten digits
#   make all      the same on Fashion-MNIST
#   make help     all targets and variables
#   make test     all tests
#
# Every stage is a command variable, every parameter a variable, and so are most files:
#   make all K=12                                     reruns clustering, scoring and the page
#   make all LATENTS=mine.npy                         clusters your latents; needs no libtorch
#   make all LATENTS=mine.npy TRAIN_LABELS=y.npy      and scores the clusters by your labels
#   make all CLUSTER_KMEANS='.venv/bin/python scripts/standins/cluster_sklearn.py'

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error GNU Make 4.3 or newer is needed, found $(MAKE_VERSION))
endif
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := all
.PHONY: FORCE all assign groups report figure report-recipe demo smoke study table clean distclean \
    help build python man lint test test-faults test-cuda fuzz bench-peers bench-umap \
    bench-neighbors bench-import bench-growth bench-train

include mk/own.mk # what IMAGES and VECTORS stand for
include mk/config.mk # variables and their defaults
include mk/help.mk # make help, and the refusal of unknown variables
include mk/check.mk # refusals of what the rules could not do
include mk/lock.mk # one make at a time in a folder of artifacts
ifeq ($(needs_lock),)

# ----------------------------------------------------------------------------------- systems
# The systems that there are points for. Assignments of other programs in the same folder are
# scored too, but not what our own systems left there in a run on other points.
# Pixels are no match for a pretrained network, and of its size they take longest.
pixels := $(if $(filter onnx,$(ENCODER)),,$(TRAIN_IMAGES))
RECIPE_SYSTEMS := $(if $(pixels),pixels-kmeans) $(if $(LATENTS),latents-kmeans latents-gmm)
UMAP_SYSTEMS := umap-kmeans umap-gmm umap-consensus
SYSTEMS := $(RECIPE_SYSTEMS) $(if $(FEATURES),$(UMAP_SYSTEMS))
EXTERNAL := $(filter-out pixels-kmeans latents-kmeans latents-gmm $(UMAP_SYSTEMS),\
    $(patsubst $(CLUSTERS)/%/train.npy,%,$(wildcard $(CLUSTERS)/*/train.npy)))

# What the folder of images holds now, before the stages are found that have to run again.
images_source := $(if $(imported_images),$(call of_import,$(IMAGES),\
    $(if $(assign),$(ASSIGNED),$(IMPORTED))/listing.txt))

include mk/toolchain.mk # programs, libtorch and Python
include mk/stage.mk # the macro of a stage: how it is run, and when it runs again
include mk/stages.mk # the command of each stage

# ---------------------------------------------------------------------------------- pipeline
# stage NAME, OUTPUTS, INPUTS, PROGRAM: mk/stage.mk runs NAME_command, which is in mk/stages.mk.
# cluster SYSTEM, COMMAND, FLAGS, POINTS, TEST POINTS: a stage that fits and one that predicts.

$(eval $(call stage,fetch-data,$(data_files),,$(FETCH_DATA)))
ifeq ($(assign),)
ifneq ($(imported_images),)
$(eval $(call stage,import-images,$(imported_images_files),$(images_source),$(IMPORT_IMAGES)))
endif
ifneq ($(imported_vectors),)
$(eval $(call stage,import-vectors,$(imported_vectors_files),$(VECTORS),$(IMPORT_VECTORS)))
endif
endif

# Images to codes, by an autoencoder.
ifneq ($(TRAIN_IMAGES),)
$(eval $(call stage,train-ae,$(network_files),$(TRAIN_IMAGES) $(TEST_IMAGES),$(TRAIN_AE)))
$(eval $(call stage,encode-train,$(codes_train),$(TRAIN_IMAGES) $(WEIGHTS),$(ENCODE)))
endif
ifneq ($(TEST_IMAGES),)
$(eval $(call stage,encode-test,$(codes_test),$(TEST_IMAGES) $(WEIGHTS),$(ENCODE)))
endif

# Images and codes to clusters.
ifneq ($(TRAIN_IMAGES),)
$(eval $(call cluster,pixels-kmeans,$(kmeans),$(kmeans_flags),$(TRAIN_IMAGES),$(TEST_IMAGES)))
endif
ifneq ($(LATENTS),)
$(eval $(call cluster,latents-kmeans,$(kmeans),$(kmeans_flags),$(LATENTS),$(LATENTS_TEST)))
$(eval $(call cluster,latents-gmm,$(gmm),$(latents_gmm_flags),$(LATENTS),$(LATENTS_TEST),proba))
endif

# Images to features, by a scattering transform or by a pretrained network.
ifneq ($(TRAIN_IMAGES),)
ifeq ($(ENCODER),onnx)
$(eval $(call stage,encode-onnx-train,$(features_file),$(TRAIN_IMAGES) $(MODEL),$(ENCODE_ONNX)))
ifneq ($(TEST_IMAGES),)
$(eval $(call stage,encode-onnx-test,$(features_test),$(TEST_IMAGES) $(MODEL),$(ENCODE_ONNX)))
endif
else
$(eval $(call stage,encode-scattering-train,$(features_file) $(scattering),$(TRAIN_IMAGES),\
    $(ENCODE_SCATTERING)))
ifneq ($(TEST_IMAGES),)
$(eval $(call stage,encode-scattering-test,$(features_test),$(TEST_IMAGES) $(scattering),\
    $(ENCODE_SCATTERING)))
endif
endif
endif

# Features to embeddings, an embedding to clusters, the best clusters of all embeddings to one vote.
ifneq ($(FEATURES),)
ifneq ($(default_knn),)
$(eval $(call stage,neighbors,$(KNN),$(FEATURES),$(EMBED_UMAP)))
endif
$(foreach run,$(runs),$(eval $(call embed,$(run))))
ifneq ($(default_map),)
$(eval $(call stage,embed-map,$(MAP),$(FEATURES) $(KNN),$(EMBED_UMAP)))
endif
ifneq ($(suggestion),)
$(eval $(call stage,suggest-k,$(CLUSTERS)/umap-k.csv $(suggestion),$(embeddings),\
    $(SUGGEST_K)))
endif
$(eval $(call cluster,umap-kmeans,$(kmeans),$(kmeans_flags),$(first_run),$(first_run_test)))
$(eval $(call cluster,umap-gmm,$(gmm),$(first_gmm_flags),$(first_run),$(first_run_test),proba))
$(foreach run,$(runs),$(eval $(call cluster_run,$(run))))
$(eval $(call stage,select-clustering,$(selected_files),$(embeddings) $(found),\
    $(SELECT_CLUSTERING)))
$(eval $(call stage,consensus-train,$(consensus_train),$(selected_train) $(suggestion),\
    $(CONSENSUS)))
ifneq ($(FEATURES_TEST),)
$(foreach run,$(runs),$(eval $(call select_test,$(run))))
$(eval $(call stage,consensus-test,$(consensus_test),$(consensus_test_inputs),$(CONSENSUS)))
endif
endif

# Clusters and names to a table of your files or vectors.
ifneq ($(exported),)
$(eval $(call stage,export,$(GROUPS_TABLE),$(export_inputs),$(EXPORT_CLUSTERS)))
$(eval $(call stage,find-duplicates,$(duplicates),$(find_inputs),$(FIND_DUPLICATES)))
$(eval $(call stage,find-outliers,$(outliers),$(find_inputs),$(FIND_OUTLIERS)))
$(PAGE) $(TABLE): | $(GROUPS_TABLE) $(unusual)
endif

# All clusterings to a verdict.
ifneq ($(verdict),)
$(eval $(call stage,judge,$(verdict) $(verdict_groups),$(judge_inputs),$(JUDGE)))
$(PAGE) $(TABLE): | $(verdict)
endif

# Clusters and labels to scores, and everything to a page.
ifneq ($(TRAIN_LABELS),)
$(foreach system,$(SYSTEMS) $(EXTERNAL),$(eval $(call evaluate,$(system))))
endif
$(eval $(call stage,table,$(TABLE),$(scored) $(reference),$(EVALUATE)))
ifneq ($(PAGE),)
$(eval $(call stage,page,$(PAGE) $(tiles),$(sort $(page_files)),$(REPORT)))
endif
# The table is printed last.
$(TABLE): | $(PAGE)

# ----------------------------------------------------------------------------------- targets
# In the order of make help, which prints what follows ##. Those without a recipe here have it in
# the file of mk/ that is about them.
all: $(results) $(tables) $(verdict) $(PAGE) ## all systems, a verdict and a page
report: $(PAGE) ## the page alone, with what it needs; remakes nothing made with other variables
figure: ## one figure of the last page as a file: make figure FIGURE=map OUT=map.png
assign: ## new IMAGES or VECTORS get the groups of an earlier make all, by the models it saved
groups: ## a folder with links to your files for each group: make groups INTO=sorted
report-recipe: ## Tella's three systems alone, without the embeddings
demo: ## the same on bundled handwritten digits: no download, one to three minutes after the build
	@$(MAKE) all DATASET=digits ARTIFACTS=$(ARTIFACTS)/demo
smoke: ## the same on Fashion-MNIST cut short: one epoch, one start, two embeddings
	@$(MAKE) all ARTIFACTS=$(ARTIFACTS)/smoke EPOCHS=1 KMEANS_STARTS=1 GMM_MAX_ITER=20 RUNS=2 \
	    VOTER_STARTS=1
study: ## make all with each of SEEDS, then mean and spread; goes on where it was stopped
table: ## print the last table of scores again
clean: ## remove artifacts
	rm -rf $(addprefix $(ARTIFACTS)/,data import autoencoder latents scattering onnx umap clusters \
	    clusters.csv clusters.csv.json duplicates.csv duplicates.csv.json outliers.csv \
    outliers.csv.json verdict.md verdict.md.json verdict-groups.csv \
    verdict-groups.csv.json scores report assign logs study demo smoke mine bench man \
	    .stamps)
distclean: clean ## remove artifacts, builds, libtorch and the Python environments
	rm -rf target .libtorch .libtorch.* .venv .venv-bench
help: ## this
build: ## all programs, and libtorch
python: ## a Python environment with what the stand-ins in scripts/ need
man: ## man pages and shell completions of all programs, into PREFIX/share
lint: ## formatting, lints, which crate may depend on which, and where dependencies come from
test: ## all tests; installs PyTorch to compare with (5 GB)
test-faults: ## kills, full disks, hostile files, cases beside scikit-learn: some five minutes
test-cuda: ## training and encoding on a CUDA device, which it needs, beside the CPU: a minute
fuzz: ## feed the readers of files what they have not seen yet: half an hour each
bench-peers: ## time and memory of the clustering beside scikit-learn, Intel's, faiss and linfa
bench-umap: ## time and quality of the embedding beside umap-learn
bench-neighbors: ## exact and approximate nearest neighbors beside faiss, PyNNDescent and usearch
bench-import: ## time and memory of importing JPEG files beside Pillow
bench-growth: ## how time and memory of the clustering grow, beside scikit-learn
bench-train: ## time of a training step beside PyTorch's

include mk/assign.mk # new images and vectors to the same groups
include mk/show.mk # make report, figure, table and groups
include mk/study.mk # the pipeline with several seeds
include mk/tests.mk # lints, tests and fuzzing
include mk/man.mk # man pages and shell completions
include mk/bench.mk # benches beside other tools
endif
