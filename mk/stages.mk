# The commands of the stages: NAME_command and what else mk/stage.mk says of a stage NAME.

# ------------------------------------------------------------ what is the user's to arrays
folders := $(filter yes,$(FOLDERS))
imported_images_files = $(addprefix $(IMPORTED)/,images.npy names.csv skipped.csv $(if \
    $(folders),labels.npy classes.json))
import-images_command = $(IMPORT_IMAGES) --from $(IMAGES) --out $(IMPORTED)/images.npy \
    --names $(IMPORTED)/names.csv --skipped $(IMPORTED)/skipped.csv $(if $(folders),--labels \
    folders --labels-out $(IMPORTED)/labels.npy --classes $(IMPORTED)/classes.json) \
    $(or $(IMPORT),$(if $(filter onnx,$(ENCODER)),--size 224 --fit crop --color rgb))
# The names of images and vectors in one run are those of the images.
vectors_names = $(if $(imported_images),,$(IMPORTED)/names.csv)
imported_vectors_files = $(IMPORTED)/vectors.npy $(vectors_names)
import-vectors_command = $(IMPORT_VECTORS) --from $(VECTORS) --out $(IMPORTED)/vectors.npy \
    $(if $(vectors_names),--names $(vectors_names) $(IMPORT))

# ------------------------------------------------------------------ images to latents
fetch-data_command = $(FETCH_DATA) --dataset $(DATASET) $(if \
    $(filter-out digits synthetic,$(DATASET)),$(if $(SOURCE),--source $(SOURCE))) \
    $(if $(filter synthetic,$(DATASET)),--count $(COUNT) --seed $(SEED)) --out-dir $(DATA)
fetch-data_threads :=

network_files := $(addprefix $(ARTIFACTS)/autoencoder/,weights.safetensors losses.csv)
# flag_unless DEFAULT, FLAG, VALUE: a flag that is given only where it is not the program's default.
flag_unless = $(if $(filter-out $1,$3),$2 $3)
train-ae_command = $(TRAIN_AE) --images $(TRAIN_IMAGES) \
    $(if $(TEST_IMAGES),--validation $(TEST_IMAGES)) --hidden $(HIDDEN) --latent $(LATENT) \
    $(if $(EPOCHS),--epochs $(EPOCHS)) --batch $(BATCH) --lr $(LR) --loss $(LOSS) \
    --activation $(ACTIVATION) \
    --init $(INIT) --normalize $(NORMALIZE) --brightness $(BRIGHTNESS) --shift $(SHIFT) \
    --noise $(NOISE) $(call flag_unless,dense,--network,$(NETWORK)) \
    $(call flag_unless,0,--scale,$(SCALE)) $(call flag_unless,0,--blur,$(BLUR)) \
    $(call flag_unless,constant,--schedule,$(SCHEDULE)) \
    $(call flag_unless,0,--weight-decay,$(WEIGHT_DECAY)) \
    $(if $(CLIP),--clip $(CLIP)) $(if $(PATIENCE),--patience $(PATIENCE)) \
    $(call flag_unless,f32,--precision,$(PRECISION)) \
    --seed $(SEED) --device $(DEVICE) --out $(weights_file)
# A training that was stopped goes on where it has the same command and images as now. Otherwise
# train-ae discards its checkpoint, and only once the new command has proved to be a right one.
train-ae_checkpoint := $(ARTIFACTS)/autoencoder/checkpoint.safetensors
checkpoint_flag = $(if $(filter other,$(shell scripts/make/record.sh stopped $(STAMPS)/train-ae \
    $(train-ae_checkpoint) $(call quoted,$(train-ae_command)) \
    $(train-ae_inputs))),--discard-checkpoint,--resume)
train-ae_threads = $(if $(and $(call programs,$(TRAIN_AE)),$(wildcard \
    $(train-ae_checkpoint))),$(checkpoint_flag)) $(threads)

# Images are decoded again in the one split that the page shows.
decoded_of = $(if $(filter $1,$(decoded_split)),$(default_decoded))
encode = $(ENCODE) --images $2 --weights $(WEIGHTS) --device $(DEVICE) \
    --out $(ARTIFACTS)/latents/$1.npy $(if $(call decoded_of,$1),--decode $(call decoded_of,$1))
codes_train = $(latents_file) $(call decoded_of,train)
codes_test = $(ARTIFACTS)/latents/test.npy $(call decoded_of,test)
encode-train_command = $(call encode,train,$(TRAIN_IMAGES))
encode-test_command = $(call encode,test,$(TEST_IMAGES))

# ---------------------------------------------------------------- images to features
scattering = $(ARTIFACTS)/scattering/model.npz
encode-scattering-train_command = $(ENCODE_SCATTERING) --images $(TRAIN_IMAGES) \
    $(if $(WAVELET_SCALES),--scales $(WAVELET_SCALES)) --angles $(WAVELET_ANGLES) \
    --dims $(FEATURE_DIMS) --out $(features_file) --model $(scattering)
features_test = $(encoded)/test.npy
# The test images are projected by the model of the training images.
encode-scattering-test_command = $(ENCODE_SCATTERING) --images $(TEST_IMAGES) \
    --transform $(scattering) --out $(features_test)

# encode_onnx IMAGES, FEATURES: the model comes after them, so that make assign finds it.
encode_onnx = $(ENCODE_ONNX) --images $1 --out $2 --model $(MODEL) $(ONNX)
encode-onnx-train_command = $(call encode_onnx,$(TRAIN_IMAGES),$(features_file))
encode-onnx-test_command = $(call encode_onnx,$(TEST_IMAGES),$(features_test))

# -------------------------------------------------------------- points to assignments
# The number of clusters: the user's, or what suggest-k wrote, which every stage that takes it then
# reads. The command of such a stage is not known before that file is there, so $$ defers it.
suggestion := $(if $(filter auto,$(K)),$(CLUSTERS)/umap-k.txt)
groups = $(if $(suggestion),$(file <$(suggestion)),$(K))
suggest-k_command = $(SUGGEST_K) $(embeddings:%=--points %) --covariance $(COVARIANCE) \
    --uncertainty-weight $(UNCERTAINTY) --seed $(SEED) --out $(CLUSTERS)/umap-k.csv \
    --suggestion $(suggestion)

kmeans = $(CLUSTER_KMEANS)
gmm = $(CLUSTER_GMM)
kmeans_flags = --k $$(groups) --starts $(KMEANS_STARTS) --max-iter $(KMEANS_MAX_ITER) \
    --tol $(KMEANS_TOL) --init $(KMEANS_INIT) --seed $(SEED)
# gmm_flags STARTS, SEED
gmm_flags = --k $$(groups) --starts $1 --max-iter $(GMM_MAX_ITER) --tol $(GMM_TOL) \
    --init $(GMM_INIT) --covariance $(COVARIANCE) --seed $2
latents_gmm_flags = $(call gmm_flags,$(GMM_STARTS),$(SEED))

# cluster SYSTEM, COMMAND, FLAGS, TRAINING POINTS, TEST POINTS, RESPONSIBILITIES: two stages, one
# that fits clusters to the training points and one that assigns the test points to them. The
# responsibilities are written if the last argument is not empty.
cluster_outputs = $(addprefix $(CLUSTERS)/$1/,train.npy model.npz \
    $(if $2,train-responsibilities.npy))
define cluster
$1_dir := $(CLUSTERS)/$1
$1_points := $4
$1_certainty := $(if $6,$(CLUSTERS)/$1/train-responsibilities.npy)
$1_command = $2 --points $4 $3 --out $$($1_dir)/train.npy --model $$($1_dir)/model.npz \
    $(if $6,--proba $$($1_certainty))
$(call stage,$1,$(call cluster_outputs,$1,$6),$4 $(suggestion),$2)
$(if $5,
$1-test_command = $2 --points $5 --predict $$($1_dir)/model.npz --out $$($1_dir)/test.npy
$(call stage,$1-test,$(CLUSTERS)/$1/test.npy,$5 $(CLUSTERS)/$1/model.npz,$2)
$1_test := $$($1_dir)/test.npy
$1_points_test := $5)
endef

# ------------------------------------------------- features to embeddings and one vote
umap_flags = --dims $(DIMS) --neighbors $(NEIGHBORS) --min-dist $(MIN_DIST) \
    --metric $(METRIC) --graph $(GRAPH)
# A seed of its own for each pair of SEED and run: SEED and the number of the run as digits one
# after the other. From run 10 on the number's length and a 0 follow, or run 11 of seed 0 would be
# run 1 of seed 1. No seed of runs 1 to 9 ends with 0, so none is equal to one of these.
run_seed = $(SEED)$1$(if $(filter-out 1 2 3 4 5 6 7 8 9,$1),$(shell run=$1; echo $${#run})0)
$(foreach run,$(runs),$(eval seed_$(run) := $(call run_seed,$(run))))

# The neighbors are the same for every seed, so they are found once.
neighbors_command = $(EMBED_UMAP) --points $(FEATURES) --neighbors $(NEIGHBORS) --metric $(METRIC) \
    $(if $(filter-out exact,$(NEIGHBORS_MODE)),--neighbors-mode $(NEIGHBORS_MODE)) \
    --neighbors-out $(KNN)
neighbors_flag = $(if $(KNN),--neighbors-in $(KNN))

# So are those of the test points among them: the first run writes them.
knn_test = $(if $(call programs,$(EMBED_UMAP)),$(ARTIFACTS)/umap/test-neighbors.npz)
if_first = $(if $(filter 1,$1),$2,$3)
test_neighbors_flag = $(if $(knn_test),$(call \
    if_first,$1,--neighbors-out,--neighbors-in) $(knn_test))

# embed RUN: an embedding with a seed of its own, and the places of the test points in it.
embedding = $(ARTIFACTS)/umap/$1/train.npy
embedding_test = $(if $(FEATURES_TEST),$(ARTIFACTS)/umap/$1/test.npy)
# Models serve test points, and new ones later (make assign).
embedding_model = $(if $(FEATURES_TEST)$(own),$(ARTIFACTS)/umap/$1/model.npz)
define embed
embed-$1_command = $(EMBED_UMAP) --points $(FEATURES) $(umap_flags) $(neighbors_flag) \
    --seed $(seed_$1) --out $(embedding) $(if $(embedding_model),--model $(embedding_model))
$(call stage,embed-$1,$(strip $(embedding) $(embedding_model)),$(FEATURES) \
    $(KNN),$(EMBED_UMAP))
$(if $(FEATURES_TEST),
embed-$1-test_command = $(EMBED_UMAP) --points $(FEATURES_TEST) \
    --transform $(embedding_model) --out $(embedding_test) $(test_neighbors_flag)
$(call stage,embed-$1-test,$(embedding_test) $(call if_first,$1,$(knn_test),),$(FEATURES_TEST) \
    $(embedding_model) $(call if_first,$1,,$(knn_test)),$(EMBED_UMAP)))
endef

first_run = $(call embedding,1)
first_run_test = $(call embedding_test,1)

# The map has two dimensions, to be looked at; nothing but the page depends on it.
embed-map_command = $(EMBED_UMAP) --points $(FEATURES) --dims 2 --neighbors $(NEIGHBORS) \
    --min-dist 0.1 --metric $(METRIC) --graph $(GRAPH) $(neighbors_flag) --seed $(SEED) \
    --out $(MAP)

# A mixture of each embedding, all of them candidates for every embedding.
ensemble := $(runs:%=umap-runs/%)
found = $(ensemble:%=$(CLUSTERS)/%/train.npy) $(CANDIDATES)
# criterion KEEP
criterion = --keep $1 $(if $(filter information,$1),--uncertainty-weight $(UNCERTAINTY))
# ensemble_flags RUN
ensemble_flags = $(call gmm_flags,$(VOTER_STARTS),$(seed_$1)) \
    $(if $(filter-out none,$(VOTER_SEARCH)),--search $(VOTER_SEARCH)) \
    $(call criterion,$(VOTER_KEEP))
# cluster_run RUN: the mixture that is found on an embedding.
cluster_run = $(call cluster,umap-runs/$1,$(gmm),$(call ensemble_flags,$1),$(embedding))
first_gmm_flags = $(call gmm_flags,$(GMM_STARTS),$(SEED))

# The candidate that is best on all embeddings, as a mixture on each, which vote.
selected = $(CLUSTERS)/umap-selected/$1/$2
selected_train = $(foreach run,$(runs),$(call selected,$(run),train.npy))
selected_test = $(foreach run,$(runs),$(call selected,$(run),test.npy))
selected_models = $(foreach run,$(runs),$(call selected,$(run),model.npz))
candidates := $(CLUSTERS)/umap-candidates.csv
embeddings = $(foreach run,$(runs),$(call embedding,$(run)))
select-clustering_command = $(SELECT_CLUSTERING) $(embeddings:%=--points %) --candidates $(found) \
    --covariance $(COVARIANCE) --max-iter $(GMM_MAX_ITER) --tol $(GMM_TOL) \
    $(call criterion,$(VOTER_KEEP)) $(selected_train:%=--out %) $(selected_models:%=--model %) \
    --table $(candidates)
selected_files = $(selected_train) $(selected_models) $(candidates)
# select_test RUN: the test points in the mixture on an embedding.
define select_test
selected-$1-test_command = $(gmm) --points $(embedding_test) \
    --predict $(call selected,$1,model.npz) --out $(call selected,$1,test.npy)
$(call stage,selected-$1-test,$(call selected,$1,test.npy),$(embedding_test) $(call \
    selected,$1,model.npz),$(gmm))
endef

consensus_dir := $(CLUSTERS)/umap-consensus
consensus_train = $(addprefix $(consensus_dir)/,train.npy train-agreement.npy model.npz)
consensus_test = $(addprefix $(consensus_dir)/,test.npy test-agreement.npy)
consensus_test_inputs = $(selected_test) $(consensus_dir)/model.npz
consensus-train_command = $(CONSENSUS) --assignments $(selected_train) --k $(groups) \
    --out $(consensus_dir)/train.npy --agreement $(consensus_dir)/train-agreement.npy \
    --model $(consensus_dir)/model.npz
consensus-test_command = $(CONSENSUS) --assignments $(selected_test) \
    --predict $(consensus_dir)/model.npz --out $(consensus_dir)/test.npy \
    --agreement $(consensus_dir)/test-agreement.npy
# A vote has no space of its own: its silhouette is that in the first embedding.
ifneq ($(FEATURES),)
umap-consensus_test := $(if $(FEATURES_TEST),$(consensus_dir)/test.npy)
umap-consensus_points := $(first_run)
umap-consensus_points_test := $(first_run_test)
umap-consensus_certainty := $(consensus_dir)/train-agreement.npy
endif

# ------------------------------------------------ assignments to a table of files or vectors
exported = $(if $(own),$(if $(FEATURES),$(GROUPS_TABLE)))
export_inputs = $(consensus_dir)/train.npy $(consensus_dir)/train-agreement.npy $(first_run) \
    $(NAMES)
export_command = $(EXPORT_CLUSTERS) --assignments $(consensus_dir)/train.npy \
    $(if $(NAMES),--names $(NAMES)) --certainty $(consensus_dir)/train-agreement.npy \
    --points $(first_run) --out $(GROUPS_TABLE)

# ------------------------------------------------------- what stands out, found from neighbors
duplicates = $(if $(exported),$(ARTIFACTS)/duplicates.csv)
outliers = $(if $(exported),$(ARTIFACTS)/outliers.csv)
unusual = $(duplicates) $(outliers)
tables = $(exported) $(unusual)
find_flags = --points $(FEATURES) $(neighbors_flag) $(if $(NAMES),--names $(NAMES))
find_inputs = $(FEATURES) $(KNN) $(NAMES)
find-duplicates_command = $(FIND_DUPLICATES) $(find_flags) --out $(duplicates)
find-outliers_command = $(FIND_OUTLIERS) $(find_flags) --out $(outliers)

# ----------------------------------------- clusterings to a verdict, which no label takes part in
verdict := $(if $(FEATURES),$(ARTIFACTS)/verdict.md)
verdict_groups := $(ARTIFACTS)/verdict-groups.csv
# The vote comes first: of clusterings that are as good, the first is taken.
judged = $(filter umap-consensus,$(shown)) $(filter-out umap-consensus,$(shown))
judged_files = $(judged:%=$(CLUSTERS)/%/train.npy)
ensemble_files = $(ensemble:%=$(CLUSTERS)/%/train.npy)
judge_command = $(JUDGE) $(foreach system,$(judged),--assignments \
    $(system)=$(CLUSTERS)/$(system)/train.npy) --points $(FEATURES) $(neighbors_flag) \
    $(ensemble_files:%=--runs %) --k $(groups) --out $(verdict) --groups $(verdict_groups)
judge_inputs = $(FEATURES) $(KNN) $(judged_files) $(ensemble_files) $(suggestion)

# ------------------------------------------------------------ assignments to scores
reference_flag = $(if $(reference),--reference $(reference))
$(foreach system,$(EXTERNAL),$(eval \
    $(system)_test := $(wildcard $(CLUSTERS)/$(system)/test.npy)))

# evaluate SYSTEM: its scores as JSON, and beside it the tables for people, which are written last
# and so stand for both.
evaluate_outputs = $(SCORES)/$1.md $(SCORES)/$1.json
evaluate_inputs = $(CLUSTERS)/$1/train.npy $($1_points) $(TRAIN_LABELS) $(if \
    $(TEST_LABELS),$(if $($1_test),$($1_test) $($1_points_test) $(TEST_LABELS)))
evaluate_test = --assignments $($1_test) --labels $(TEST_LABELS) $(if \
    $($1_points_test),--points $($1_points_test))
define evaluate
evaluate-$1_command = $(EVALUATE) --assignments $(CLUSTERS)/$1/train.npy \
    --labels $(TRAIN_LABELS) $(if $($1_points),--points $($1_points)) \
    $(if $(TEST_LABELS),$(if $($1_test),$(evaluate_test))) \
    $(if $(CLASSES),--classes $(CLASSES)) --out $(SCORES)/$1.json
evaluate-$1_stdout := $(SCORES)/$1.md
$(call stage,evaluate-$1,$(evaluate_outputs),$(evaluate_inputs) $(CLASSES),$(EVALUATE))
endef

# What make all and make report-recipe are for: scores where there are labels, else assignments.
results = $(if $(TRAIN_LABELS),$(TABLE),$(SYSTEMS:%=$(CLUSTERS)/%/train.npy))
recipe_results = $(if \
    $(TRAIN_LABELS),$(RECIPE_SYSTEMS:%=$(SCORES)/%.md),$(RECIPE_SYSTEMS:%=$(CLUSTERS)/%/train.npy))
report-recipe: $(recipe_results)
	@$(if $(TRAIN_LABELS),$(EVALUATE) $(RECIPE_SYSTEMS:%=$(SCORES)/%.json) $(reference_flag))

scored = $(SYSTEMS:%=$(SCORES)/%.json) $(EXTERNAL:%=$(SCORES)/%.json)
table_command = $(EVALUATE) $(scored) $(reference_flag)
table_threads :=
table_stdout := $(TABLE)
table_last = @echo; cat $(TABLE); echo; $(answer)
table_silent := yes

# ------------------------------------------------------------- everything to a page
shown := $(SYSTEMS) $(EXTERNAL)
trained := $(if $(default_latents),$(default_weights))
losses := $(if $(trained),$(ARTIFACTS)/autoencoder/losses.csv)
# page_of SYSTEM
page_of = $(if $(TRAIN_LABELS),--scores $(SCORES)/$1.json) \
    --assignments $1=$(CLUSTERS)/$1/train.npy \
    $(if $($1_points),--points $1=$($1_points)) $(if $($1_certainty),--certainty $1=$($1_certainty))
# What is found in data of the user's: names, near duplicates, outliers, numbers of groups.
scored_k = $(if $(exported),$(if $(suggestion),$(CLUSTERS)/umap-k.csv))
page_names = $(if $(own),$(NAMES))
page_tables = $(if $(page_names),--names $(page_names)) $(if $(duplicates),--duplicates \
    $(duplicates) --outliers $(outliers)) $(if $(scored_k),--suggestion $(scored_k))
page_flags = $(foreach system,$(shown),$(call page_of,$(system))) $(if \
    $(TRAIN_LABELS),$(reference_flag) --labels $(TRAIN_LABELS)) \
    $(if $(CLASSES),--classes $(CLASSES)) $(if $(TRAIN_IMAGES),--images $(TRAIN_IMAGES)) \
    $(page_tables) \
    $(if $(MAP),--map $(MAP)) $(if $(trained),--weights $(trained) --losses $(losses)) \
    $(if $(DECODED),--originals $(decoded_images) --reconstructions $(DECODED))
page_inputs_of = $($1_certainty) $($1_points) $(CLUSTERS)/$1/train.npy \
    $(if $(TRAIN_LABELS),$(SCORES)/$1.json)
page_files = $(foreach system,$(shown),$(call page_inputs_of,$(system))) \
    $(TRAIN_IMAGES) $(TRAIN_LABELS) $(CLASSES) $(MAP) $(trained) $(losses) $(reference) \
    $(page_names) $(unusual) $(scored_k) \
    $(if $(DECODED),$(decoded_images) $(DECODED))
page_command = $(REPORT) $(page_flags) $(tiles:%=--tiles %) --out $(PAGE)

# The last lines on the screen: the table of scores, if there are labels, and where things are.
answer = $(if $(verdict),sed -n 's/^- //p' $(verdict);) \
    $(if $(suggestion),sed -n '/^suggested/p; /^structure/p' $(LOGS)/suggest-k.log;) \
    $(if $(exported),echo "near duplicates: $$(tail -n 1 $(LOGS)/find-duplicates.log)"; \
    echo 'the least like any other: $(outliers)'; \
    echo 'the group of each: $(GROUPS_TABLE)';) \
    $(if $(verdict),echo 'the evidence: $(verdict)';) \
    $(if $(PAGE),echo 'the page: $(PAGE)')
page_last = $(if $(TRAIN_LABELS),,@echo; $(if $(exported),tail -n 1 $(LOGS)/export.log;) $(answer))
