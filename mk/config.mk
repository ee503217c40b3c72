# The variables that a user sets, with their defaults, and what follows from them.
#
# make help prints each line `NAME ?= DEFAULT## TEXT` below, and each line `## TEXT` as a heading.
# make refuses every other variable on its command line (mk/help.mk).

# The file variables that the user has set, read before any of them has a default.
file_variables := TRAIN_IMAGES TEST_IMAGES TRAIN_LABELS TEST_LABELS CLASSES WEIGHTS LATENTS \
    LATENTS_TEST FEATURES FEATURES_TEST KNN MAP DECODED PAGE
user_variables := $(foreach name,$(file_variables),$(if \
    $(filter-out undefined,$(origin $(name))),$(name)))
# Whether the user has named a data set.
dataset_named := $(filter-out undefined,$(origin DATASET))

## Your own
IMAGES          ?=## your images: a folder, .zip, .tar, a list of files, or .npy
VECTORS         ?=## vectors: .npy, .npz, .csv, .tsv or .safetensors; of IMAGES where you give both
FOLDERS         ?= no## yes: the first folder of each image is its class, to score with
NAMES           ?=## a CSV with the names of the rows; of IMAGES in files it is written
IMPORT          ?=## more flags of import-images or import-vectors, as '--size 64 --fit crop'
AUTOENCODER     ?= $(if $(own),no,yes)## yes: train one, which needs libtorch; no: leave it out
TILES           ?=## 1: a folder of larger images beside the page, shown while it is there
INTO            ?=## folder that make groups makes, with a folder of your files for each group
LINK            ?= symbolic## how files come into INTO: symbolic, hard or copy

## Parameters
DATASET         ?= fashion-mnist## fashion-mnist, mnist, kmnist, digits or synthetic
COUNT           ?= 6000## training images of DATASET=synthetic
SOURCE          ?=## a folder or URL prefix that fetch-data tries first
SEED            ?= 0## every random choice flows from it
SEEDS           ?= 10## seeds of make study: how many, from 0 on, or a list
K               ?= $(auto_K)## number of clusters; auto, the default of your own: suggest-k says
THREADS         ?=## threads, all cores where empty; changes no result
VERBOSE         ?=## 1 prints commands and all that stages print, in place of a line for each stage
NETWORK         ?= dense## dense or conv
HIDDEN          ?= $(hidden_$(NETWORK))## widths of the hidden layers, or filters of convolutions
LATENT          ?= 10## width of the code
EPOCHS          ?= $(auto_EPOCHS)## passes over the images; chosen by their number where empty
BATCH           ?= 256## images per training step
LR              ?= 0.001## learning rate
SCHEDULE        ?= constant## schedule of the learning rate: constant, cosine or one-cycle
WEIGHT_DECAY    ?= 0## weight decay of each step
CLIP            ?=## greatest norm of the gradient; any where empty
PATIENCE        ?=## epochs without a better validation loss that end training; none where empty
PRECISION       ?= f32## precision of matrix products: f32, bf16 or, on CUDA alone, tf32
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
COVARIANCE      ?= auto## full, tied, diag, spherical, or auto, by the numbers of points
WAVELET_SCALES  ?=## scales of encode-scattering; as many as leave 3 x 3 places where empty
WAVELET_ANGLES  ?= 8## angles of encode-scattering
ENCODER         ?= scattering## what makes features of images: scattering, or onnx with MODEL
MODEL           ?=## a pretrained network for ENCODER=onnx, as F.onnx
ONNX            ?=## more flags of encode-onnx, as '--resize bicubic --mean 0.5 --std 0.5'
FEATURE_DIMS    ?= 500## most features of an image that is scattered
DIMS            ?= 10## dimensions of the embedding
NEIGHBORS       ?= 20## neighbors of a point in its graph, itself counted
MIN_DIST        ?= 0## how near embedded points may come to one another
NEIGHBORS_MODE  ?= exact## exact, or approximate for very many points: most of the nearest, quicker
METRIC          ?= auto## euclidean, cosine, or auto: cosine where all points have length 1
GRAPH           ?= union## union or mutual
RUNS            ?= 5## embeddings, each clustered by a mixture, that vote; 2 at least
VOTER_STARTS    ?= $(if $(filter none,$(VOTER_SEARCH)),30,3)## starts of each of these, one is kept
VOTER_SEARCH    ?= $(auto_VOTER_SEARCH)## how a start goes on from there: none or split-merge
VOTER_KEEP      ?= information## which start: likelihood, or information (clear, even components)
UNCERTAINTY     ?= 10## weight of uncertainty in information
CANDIDATES      ?=## assignments of yours that compete with those of these mixtures
ROUNDS          ?= 5## rounds of the benches
FILES           ?= 100000## images of make bench-import
STEPS           ?= 100## training steps in each round of make bench-train
KILLS           ?= 200## processes that make test-faults kills
DIFFERENTIAL_SECONDS ?=## seconds that test-faults draws cases for, in place of its short form
DIFFERENTIAL_SEED ?=## seed of the first of these cases
DIFFERENTIAL_CASES ?=## cases of each kind in the short form
DIFFERENTIAL_KINDS ?=## the kinds, joined by commas; all where empty
DIFFERENTIAL_KEEP ?=## a folder for the files of cases with findings
FUZZ            ?= npy npz models idx weights json losses images vectors onnx## what to fuzz
FUZZ_SECONDS    ?= 1800## seconds of make fuzz for each reader
CASES           ?=## cases of the benches, joined by commas; all where empty
FIGURE          ?=## runs, samples, losses, reconstructions, map, confusion, sizes or clusters
OUT             ?=## file of make figure: FILE.svg, FILE.png or FILE.pdf
SYSTEM          ?=## system of make figure; the last one where empty

## Stages (any command with the same flags)
BIN               := target/release## the folder of the programs
CARGO             := cargo## builds the programs
LIBTORCH          ?=## a folder with libtorch; one is installed into the checkout where empty
FETCH_DATA        ?= $(BIN)/fetch-data## images and labels
TRAIN_AE          ?= $(BIN)/train-ae## images to weights
ENCODE            ?= $(BIN)/encode## images and weights to latents
CLUSTER_KMEANS    ?= $(BIN)/cluster-kmeans## points to assignments
CLUSTER_GMM       ?= $(BIN)/cluster-gmm## points to assignments
ENCODE_ONNX       ?= $(BIN)/encode-onnx## images and a pretrained network to features
ENCODE_SCATTERING ?= $(BIN)/encode-scattering## images to features
EMBED_UMAP        ?= $(BIN)/embed-umap## points to points of few dimensions
FIND_DUPLICATES   ?= $(BIN)/find-duplicates## points and neighbors to groups of near duplicates
FIND_OUTLIERS     ?= $(BIN)/find-outliers## points and neighbors to those least like any other
SUGGEST_K         ?= $(BIN)/suggest-k## several embeddings to a number of clusters
JUDGE             ?= $(BIN)/judge## clusterings and neighbors to a verdict without labels
SELECT_CLUSTERING ?= $(BIN)/select-clustering## several assignments to the best on all embeddings
CONSENSUS         ?= $(BIN)/consensus## several assignments to one
EVALUATE          ?= $(BIN)/evaluate## assignments and labels to scores
REPORT            ?= $(BIN)/report## everything to a page
IMPORT_IMAGES     ?= $(BIN)/import-images## image files to an array with names
IMPORT_VECTORS    ?= $(BIN)/import-vectors## tables and archives to an array with names
EXPORT_CLUSTERS   ?= $(BIN)/export-clusters## assignments and names to a table, or to folders

## Files (yours replace the stages that write them; then name each file of DATASET that takes part)
ARTIFACTS       ?= artifacts## where everything generated goes; artifacts/mine with your own
TRAIN_IMAGES    ?= $(auto_TRAIN_IMAGES)## images to learn from; none if you give LATENTS or FEATURES
TEST_IMAGES     ?= $(auto_TEST_IMAGES)## images that are not learned from
TRAIN_LABELS    ?= $(auto_TRAIN_LABELS)## for evaluate and report alone; no scores where empty
TEST_LABELS     ?= $(auto_TEST_LABELS)## for evaluate alone
CLASSES         ?= $(auto_CLASSES)## names of the classes
WEIGHTS         ?= $(weights_file)## the trained network
LATENTS         ?= $(auto_LATENTS)## codes of the training images, or any vectors; none where empty
LATENTS_TEST    ?= $(auto_LATENTS_TEST)## codes of the test images
FEATURES        ?= $(auto_FEATURES)## points to embed; none where empty
FEATURES_TEST   ?= $(auto_FEATURES_TEST)## test points to place in the embedding
KNN             ?= $(auto_KNN)## nearest neighbors of these points; each embedding's own where empty
MAP             ?= $(auto_MAP)## places of the points on the page's map; none where empty
DECODED         ?= $(auto_DECODED)## images rebuilt by the autoencoder; none where empty
PAGE            ?= $(ARTIFACTS)/report/index.html## the page; none where empty
PREFIX          ?= $(ARTIFACTS)/man## where make man writes share/man and shell completions

hidden_dense := 1500,1000,500
hidden_conv := 32,64,128

# ------------------------------------------------------------------- where stages write
DATA = $(ARTIFACTS)/data
CLUSTERS = $(ARTIFACTS)/clusters
SCORES = $(ARTIFACTS)/scores
STAMPS = $(ARTIFACTS)/.stamps
TABLE = $(SCORES)/table.md
LOGS = $(ARTIFACTS)/logs
GROUPS_TABLE = $(ARTIFACTS)/clusters.csv

# The folder of larger images, which make figure leaves out of the command (mk/show.mk).
tiles = $(if $(filter-out 0 no,$(TILES)),$(dir $(PAGE))tiles)

runs := $(shell seq 1 $(RUNS))
weights_file = $(ARTIFACTS)/autoencoder/weights.safetensors
latents_file = $(ARTIFACTS)/latents/train.npy
encoded = $(ARTIFACTS)/$(ENCODER)
features_file = $(encoded)/train.npy
knn_file = $(ARTIFACTS)/umap/neighbors.npz
map_file = $(ARTIFACTS)/umap/map/train.npy
data_files = $(addprefix $(DATA)/,\
    train-images.npy train-labels.npy test-images.npy test-labels.npy classes.json)
# Images that it was not trained on are the better test of an autoencoder.
decoded_split = $(if $(TEST_IMAGES),test,train)
decoded_images = $(if $(TEST_IMAGES),$(TEST_IMAGES),$(TRAIN_IMAGES))
decoded_file = $(ARTIFACTS)/latents/$(decoded_split)-decoded.npy

# ---------------------------------------------------------- which files are the user's
# The files that stages write and others read, as the rules spell them.
default_files = $(data_files) $(weights_file) \
    $(addprefix $(ARTIFACTS)/latents/,train.npy test.npy train-decoded.npy test-decoded.npy) \
    $(addprefix $(encoded)/,train.npy test.npy) $(knn_file) \
    $(foreach run,map $(runs),$(addprefix $(ARTIFACTS)/umap/$(run)/,train.npy test.npy))
# default_file FILE: the default file that FILE is, however it is spelled; empty if it is none.
default_file = $(strip $(foreach file,$(default_files),$(if \
    $(filter $(abspath $(file)),$(abspath $1)),$(file))))
$(foreach name,$(user_variables),$(if $(call default_file,$($(name))),$(eval \
    override $(name) := $(call default_file,$($(name))))))
# The variables that name a file of the user's, and those among them that name points.
user_files := $(foreach name,$(filter-out PAGE,$(user_variables)),$(if $($(name)),$(if \
    $(call default_file,$($(name))),,$(name))))
user_points := $(filter TRAIN_IMAGES LATENTS FEATURES,$(user_files))

# DATASET where the points are its own. Only then do its other files take part without being
# named, and only those that no file of the user's would contradict.
bundled := $(if $(user_points),,$(DATASET))
bundled_test := $(if $(filter \
    TEST_IMAGES LATENTS_TEST FEATURES_TEST TRAIN_LABELS,$(user_files)),,$(bundled))
bundled_classes := $(if $(filter TRAIN_LABELS TEST_LABELS,$(user_files)),,$(bundled))

# ------------------------------------------- defaults that depend on what the user named
# A number of clusters is suggested where the points are a user's and there are embeddings of them.
auto_K = $(if $(own),$(if $(FEATURES),auto,10),10)
auto_EPOCHS = $(if $(bundled),$(if $(filter digits,$(DATASET)),50,10))
auto_TRAIN_IMAGES = $(if $(bundled),$(DATA)/train-images.npy)
auto_TEST_IMAGES = $(if $(and $(bundled),$(TRAIN_IMAGES)),$(DATA)/test-images.npy)
auto_TRAIN_LABELS = $(if $(and $(bundled),$(TRAIN_IMAGES)),$(DATA)/train-labels.npy)
auto_TEST_LABELS = $(if $(and $(bundled_test),$(TRAIN_IMAGES)),$(DATA)/test-labels.npy)
auto_CLASSES = $(if $(and $(bundled_classes),$(TRAIN_IMAGES)),$(DATA)/classes.json)
auto_LATENTS = $(if $(filter yes,$(AUTOENCODER)),$(if $(TRAIN_IMAGES),$(latents_file)))
auto_LATENTS_TEST = $(if $(default_latents),$(if $(TEST_IMAGES),$(ARTIFACTS)/latents/test.npy))
# Latents of the user's are embedded themselves; those of the autoencoder are not.
auto_FEATURES = $(if $(filter-out $(default_latents),$(LATENTS)),$(LATENTS),$(if \
    $(TRAIN_IMAGES),$(features_file)))
auto_FEATURES_TEST = $(if $(default_features),$(if \
    $(TEST_IMAGES),$(encoded)/test.npy),$(if \
    $(filter $(LATENTS),$(FEATURES)),$(LATENTS_TEST)))
# A program of the user's that fits mixtures need not know the search.
auto_VOTER_SEARCH = $(if $(call programs,$(CLUSTER_GMM)),split-merge,none)
# A program of the user's that embeds need not know of a file of neighbors.
auto_KNN = $(if $(FEATURES),$(if $(call programs,$(EMBED_UMAP)),$(knn_file)))
auto_MAP = $(if $(FEATURES),$(map_file))
auto_DECODED = $(if $(default_latents),$(decoded_file))

# Each of these files where a stage is to write it; empty where it is the user's or left out.
default_weights = $(filter $(weights_file),$(WEIGHTS))
default_latents = $(filter $(latents_file),$(LATENTS))
default_features = $(filter $(features_file),$(FEATURES))
default_knn = $(filter $(knn_file),$(KNN))
default_map = $(filter $(map_file),$(MAP))
default_decoded = $(filter $(decoded_file),$(DECODED))

# Published figures to print beside ours, where the scores are of DATASET's images and labels.
reference := $(if $(bundled),$(if \
    $(filter TEST_IMAGES TRAIN_LABELS TEST_LABELS,$(user_files)),,$(wildcard \
    crates/programs/evaluate/reference/$(DATASET).json)))
