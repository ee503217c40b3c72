# Runs the whole pipeline with several seeds, and compares the runs.

# What no seed changes is made once, in ARTIFACTS, and given to every run.
data_variables := TRAIN_IMAGES TEST_IMAGES TRAIN_LABELS TEST_LABELS CLASSES \
    $(if $(default_features),FEATURES FEATURES_TEST) \
    $(if $(or $(default_features),$(filter LATENTS FEATURES,$(user_files))),KNN)
data_given = $(foreach name,$(data_variables),$(name)='$($(name))')
seed_variables := $(filter WEIGHTS LATENTS LATENTS_TEST FEATURES FEATURES_TEST,$(user_variables))
shared_files = $(foreach name,$(sort $(data_variables) $(seed_variables)),$($(name)))

seeds = $(if $(word 2,$(SEEDS)),$(SEEDS),$(shell seq 0 $$(($(SEEDS) - 1))))
study_scores = $(foreach system,$(SYSTEMS),$(seeds:%=$(ARTIFACTS)/study/%/scores/$(system).json))

study: $(shared_files)
	@for seed in $(seeds); do \
	    $(MAKE) all SEED=$$seed ARTIFACTS=$(ARTIFACTS)/study/$$seed PAGE= DECODED= $(data_given); \
	done
	$(if $(TRAIN_LABELS),@echo; $(EVALUATE) --each $(study_scores) $(reference_flag))
	@scripts/make/criteria.py $(seeds:%=$(ARTIFACTS)/study/%)
	@echo; echo 'How alike the runs of a system are, training images:'
	@for system in $(SYSTEMS); do \
	    printf '%-20s' $$system; \
	    $(CONSENSUS) --assignments $(seeds:%=$(ARTIFACTS)/study/%/clusters/$$system/train.npy); \
	done
	$(if $(TRAIN_LABELS),@echo; $(REPORT) --title 'All runs of the study' \
	    $(study_scores:%=--scores %) $(reference_flag) --out $(ARTIFACTS)/study/index.html)
