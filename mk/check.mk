# Refuses, in one line and before anything runs, what the rules could not do or would do wrongly.

goals := $(or $(MAKECMDGOALS),all)
# These targets neither read nor write artifacts, so nothing of this concerns them.
no_artifacts := help build man lint test test-faults test-cuda fuzz python

ifneq ($(filter-out $(no_artifacts),$(goals)),)

# make and the shell would split names at these characters and at spaces.
comma := ,
special := : ; * ? [ ] ( ) < > | & ' " ` % ~ { } = \# $$ $(comma) \\

# The characters of $1 that no name may have, "a space" among them.
unusable = $(if $(word 2,$1),a space) $(foreach character,$(special),$(findstring $(character),$1))
# check_name WHAT, NAME
check_name = $(if $(strip $(call unusable,$2)),$(error $1 has $(strip $(call unusable,$2)) in its \
    name, which make cannot handle: $2; use a name without, or a symbolic link with such a name))

$(if $(word 2,$(CURDIR)),$(error this checkout has a space in its path, which make cannot handle: \
    $(CURDIR); move it, or work in another checkout))
$(if $(filter-out / -%,$(firstword $(ARTIFACTS))),,$(error ARTIFACTS=$(ARTIFACTS) is not a folder \
    of its own: name one such as artifacts/mine))
named := ARTIFACTS IMAGES VECTORS NAMES INTO MODEL $(user_variables)
$(foreach name,$(named),$(if $(filter file,$(origin $(name))),,$(call \
    check_name,$(name),$(value $(name)))))

ifneq ($(filter-out clean distclean table groups,$(goals)),)
$(foreach name,IMAGES VECTORS NAMES,$(if $($(name)),$(if $(wildcard $($(name)))$(filter \
    $(IMPORTED)/%,$($(name))),,$(error $(name)=$($(name)): there is no such file or folder))))
endif

ifneq ($(filter-out clean distclean table groups assign,$(goals)),)

$(if $(filter yes,$(FOLDERS)),$(if $(imported_images),,$(error FOLDERS=yes takes the classes from \
    the folders of image files: name them with IMAGES)))

# Files of the user's that are neither there nor below ARTIFACTS, where a rule may make them.
$(foreach name,$(user_files),$(if $(wildcard $($(name)))$(filter \
    $(abspath $(ARTIFACTS))/%,$(abspath $($(name)))),,$(error \
    $(name)=$($(name)): there is no such file)))

# A file beside the points of DATASET has as many rows, or classes, only if the user names DATASET.
companions := $(filter-out TRAIN_IMAGES LATENTS FEATURES WEIGHTS,$(user_files))
companion := $(firstword $(companions))
$(if $(and $(bundled),$(companion)),$(if $(dataset_named),,$(error \
    $(companion)=$($(companion)) is a file of yours, but the points are those of DATASET: name \
    yours with TRAIN_IMAGES, LATENTS or FEATURES; if the file belongs to $(DATASET), set \
    DATASET=$(DATASET))))

$(if $(filter-out scattering onnx,$(ENCODER)),$(error \
    ENCODER=$(ENCODER): expected scattering or onnx))
$(if $(filter onnx,$(ENCODER)),$(if $(wildcard $(MODEL)),,$(error ENCODER=onnx needs a pretrained \
    network: name it with MODEL=F.onnx; docs/pretrained.md says how to come by one)),$(if \
    $(MODEL)$(ONNX),$(error MODEL and ONNX are for ENCODER=onnx)))
$(if $(filter auto,$(K)),$(if $(FEATURES),,$(error K=auto compares clusters of embeddings, \
    and there is none: give K a number, or points to embed with FEATURES)))
$(if $(TRAIN_IMAGES)$(LATENTS)$(FEATURES),,$(error there are no points: name TRAIN_IMAGES, LATENTS \
    or FEATURES))
$(if $(and $(DECODED),$(if $(decoded_images),,none)),$(error DECODED=$(DECODED) needs the images \
    that it was made of: name them with TEST_IMAGES or TRAIN_IMAGES))
$(if $(filter TEST_LABELS,$(user_files)),$(if $(and $(TRAIN_LABELS),$(or \
    $(TEST_IMAGES),$(LATENTS_TEST),$(FEATURES_TEST))),,$(error TEST_LABELS=$(TEST_LABELS) needs \
    TRAIN_LABELS and the points that it labels: name TEST_IMAGES, LATENTS_TEST or FEATURES_TEST)))

# Benchmarks compare programs on images, on their latents and, of the embedding, against labels;
# those of growth and neighbors draw their points.
bench_needs := \
    $(if $(filter bench-%,$(filter-out bench-growth bench-neighbors,$(goals))),TRAIN_IMAGES) \
    $(if $(filter bench-peers bench-umap,$(goals)),LATENTS) \
    $(if $(filter bench-umap,$(goals)),TRAIN_LABELS)
$(foreach name,$(bench_needs),$(if $($(name)),,$(error \
    make $(filter bench-%,$(goals)) needs $(name)=)))

# Only the make that the user called prints this, not those that it calls.
ifeq ($(MAKELEVEL),0)
$(if $(and $(dataset_named),$(user_points)),$(shell echo 'make: the points are those of \
    $(foreach name,$(user_points),$(name)=$($(name))): of the files of DATASET=$(DATASET) only \
    those that you name take part' >&2))
endif

endif

ifneq ($(assign),)
$(if $(ensemble_runs),,$(error there are no groups in $(ARTIFACTS) to assign to: run make all with \
    IMAGES or VECTORS first, or name its folder with ARTIFACTS))
$(if $(own),,$(error make assign needs new images, IMAGES=, or new vectors, VECTORS=))
$(if $(of_images),$(if $(IMAGES),,$(error the groups in $(ARTIFACTS) are of images: name new ones \
    with IMAGES)),$(if $(VECTORS),,$(error the groups in $(ARTIFACTS) are of vectors: name new \
    ones with VECTORS)))
endif

ifneq ($(filter groups,$(goals)),)
$(if $(INTO),,$(error make groups needs INTO=, a folder to make))
$(if $(wildcard $(STAMPS)/export),,$(error there are no groups of yours in $(ARTIFACTS): run make \
    all with IMAGES first, or name its folder with ARTIFACTS))
endif

ifneq ($(tiles),)
$(if $(and $(PAGE),$(TRAIN_IMAGES)),,$(error TILES=$(TILES) makes a folder of images beside the \
    page: it needs a PAGE, and IMAGES or TRAIN_IMAGES))
endif

ifneq ($(filter figure,$(goals)),)
$(if $(and $(FIGURE),$(OUT)),,$(error make figure needs FIGURE=, one of runs, samples, losses, \
    reconstructions, map, confusion, sizes and clusters, and OUT=, FILE.svg, FILE.png or FILE.pdf; \
    SYSTEM= where it is not the last))
endif

# make figure and make table run no stage, so what they show has to be there.
$(if $(filter-out figure,$(goals)),,$(if $(wildcard $(STAMPS)/page),,$(error there is no page in \
    $(ARTIFACTS) to take a figure of: run make all or make report first)))
$(if $(filter-out table,$(goals)),,$(if $(wildcard $(TABLE)),,$(error there is no table of scores \
    in $(ARTIFACTS): run make all with TRAIN_LABELS first)))

endif
