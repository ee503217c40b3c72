# What IMAGES and VECTORS of the user's stand for: file variables of mk/config.mk.
#
# An .npy is taken as it is. Anything else is imported into ARTIFACTS/import first. For make assign
# they are new ones, and take part in no stage of the pipeline (mk/assign.mk).

# Not every shell puts the home folder in the place of ~ after a variable.
$(foreach name,IMAGES VECTORS NAMES INTO MODEL,$(if $(filter ~/%,$($(name))),$(eval \
    override $(name) := $(patsubst ~/%,$(HOME)/%,$($(name))))))

own := $(strip $(IMAGES)$(VECTORS))
assign := $(filter assign,$(MAKECMDGOALS))
ifneq ($(own)$(filter assign groups,$(MAKECMDGOALS)),)
ARTIFACTS ?= artifacts/mine
endif

IMPORTED = $(ARTIFACTS)/import
ASSIGNED = $(ARTIFACTS)/assign
imported_images := $(if $(filter-out %.npy,$(IMAGES)),$(IMAGES))
imported_vectors := $(if $(filter-out %.npy,$(VECTORS)),$(VECTORS))
ifneq ($(assign),)
override TRAIN_IMAGES :=
override LATENTS :=
override FEATURES :=
else
ifneq ($(IMAGES),)
TRAIN_IMAGES ?= $(if $(imported_images),$(IMPORTED)/images.npy,$(IMAGES))
endif
ifneq ($(VECTORS),)
LATENTS ?= $(if $(imported_vectors),$(IMPORTED)/vectors.npy,$(VECTORS))
endif
ifneq ($(imported_images)$(imported_vectors),)
NAMES ?= $(IMPORTED)/names.csv
endif
ifeq ($(FOLDERS),yes)
TRAIN_LABELS ?= $(IMPORTED)/labels.npy
CLASSES ?= $(IMPORTED)/classes.json
endif
endif

# of_import SOURCE, LISTING: the file that changes when SOURCE does. For a folder it is a list of
# the files in it, written anew only if they have changed.
of_import = $(if $(wildcard $1/.),$(shell scripts/make/listing.sh $1 $2),$1)

# For make assign: the runs that voted, by the record of that make all, whatever RUNS is now; and
# whether that make all embedded features of images, or vectors.
voted = $(ARTIFACTS)/clusters/umap-selected
ensemble_runs = $(if $(assign),$(patsubst $(voted)/%/train.npy,%,$(filter $(voted)/%,$(file \
    <$(ARTIFACTS)/.stamps/consensus-train))))
of_images = $(or $(call of_encoder,scattering),$(call of_encoder,onnx))
# of_encoder ENCODER: the record of its stage, if that make all embedded its features.
of_encoder = $(if $(findstring $(ARTIFACTS)/$1/train.npy,$(file \
    <$(ARTIFACTS)/.stamps/embed-1)),$(ARTIFACTS)/.stamps/encode-$1-train)
