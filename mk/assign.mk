# make assign: new images or vectors get the groups of an earlier make all, by the models it saved.
#
# Everything is written to ARTIFACTS/assign. What make all wrote is read, and stays as it is.

ifneq ($(assign),)
new_images := $(if $(imported_images),$(ASSIGNED)/images.npy,$(IMAGES))
new_vectors := $(if $(imported_vectors),$(ASSIGNED)/vectors.npy,$(VECTORS))
new_points := $(if $(of_images),$(ASSIGNED)/features.npy,$(new_vectors))
new_names := $(or $(NAMES),$(if $(imported_images)$(imported_vectors),$(ASSIGNED)/names.csv))

ifneq ($(imported_images),)
assign-import_command = $(IMPORT_IMAGES) --from $(IMAGES) --like $(IMPORTED)/images.npy \
    --out $(new_images) --names $(ASSIGNED)/names.csv --skipped $(ASSIGNED)/skipped.csv
$(eval $(call stage,assign-import,$(new_images) $(addprefix $(ASSIGNED)/,names.csv skipped.csv),\
    $(images_source) $(IMPORTED)/images.npy,$(IMPORT_IMAGES)))
endif
ifneq ($(imported_vectors),)
assign-import_command = $(IMPORT_VECTORS) --from $(VECTORS) --out $(new_vectors) \
    --names $(ASSIGNED)/names.csv $(IMPORT)
$(eval $(call stage,assign-import,$(new_vectors) $(ASSIGNED)/names.csv,$(VECTORS),\
    $(IMPORT_VECTORS)))
endif
ifneq ($(call of_encoder,onnx),)
# The network and its flags are those of that make all.
onnx_flags := $(shell sed 's/.* --model /--model /' $(call of_encoder,onnx))
assign-features_command = $(ENCODE_ONNX) --images $(new_images) --out $(new_points) $(onnx_flags)
$(eval $(call stage,assign-features,$(new_points),$(new_images) $(word 2,$(onnx_flags)),\
    $(ENCODE_ONNX)))
else ifneq ($(of_images),)
assign-features_command = $(ENCODE_SCATTERING) --images $(new_images) --transform $(scattering) \
    --out $(new_points)
$(eval $(call stage,assign-features,$(new_points),$(new_images) $(scattering),\
    $(ENCODE_SCATTERING)))
endif

# assign_run RUN: the new points in an embedding, and in the mixture on it. The neighbors that they
# have among the points of the first embedding tell whether they are like anything seen.
new_neighbors := $(ASSIGNED)/neighbors.npz
define assign_run
assign-embed-$1_command = $(EMBED_UMAP) --points $(new_points) \
    --transform $(embedding_model) --out $(ASSIGNED)/umap/$1.npy \
    $(if $(filter $1,$(firstword $(ensemble_runs))),--neighbors-out $(new_neighbors))
$(call stage,assign-embed-$1,$(ASSIGNED)/umap/$1.npy $(if \
    $(filter $1,$(firstword $(ensemble_runs))),$(new_neighbors)),$(new_points) \
    $(embedding_model),$(EMBED_UMAP))
assign-selected-$1_command = $(gmm) --points $(ASSIGNED)/umap/$1.npy \
    --predict $(call selected,$1,model.npz) --out $(ASSIGNED)/selected/$1.npy
$(call stage,assign-selected-$1,$(ASSIGNED)/selected/$1.npy,$(ASSIGNED)/umap/$1.npy $(call \
    selected,$1,model.npz),$(gmm))
endef
$(foreach run,$(ensemble_runs),$(eval $(call assign_run,$(run))))

new_votes := $(ensemble_runs:%=$(ASSIGNED)/selected/%.npy)
new_assignments := $(addprefix $(ASSIGNED)/,assignments.npy agreement.npy)
assign-consensus_command = $(CONSENSUS) --assignments $(new_votes) \
    --predict $(consensus_dir)/model.npz --out $(ASSIGNED)/assignments.npy \
    --agreement $(ASSIGNED)/agreement.npy
$(eval $(call stage,assign-consensus,$(new_assignments),$(new_votes) \
    $(consensus_dir)/model.npz,$(CONSENSUS)))

# The margin of a new point is that among the clusters of the points seen.
seen_points := $(call embedding,$(firstword $(ensemble_runs)))
seen := $(consensus_dir)/train.npy $(seen_points) $(wildcard $(knn_file))
assign-export_command = $(EXPORT_CLUSTERS) --assignments $(ASSIGNED)/assignments.npy \
    $(if $(new_names),--names $(new_names)) --certainty $(ASSIGNED)/agreement.npy \
    --points $(ASSIGNED)/umap/$(firstword $(ensemble_runs)).npy \
    --seen-assignments $(consensus_dir)/train.npy --seen-points $(seen_points) \
    $(if $(wildcard $(knn_file)),--neighbors $(new_neighbors) --seen-neighbors $(knn_file)) \
    --out $(ASSIGNED)/clusters.csv
$(eval $(call stage,assign-export,$(ASSIGNED)/clusters.csv,$(new_assignments) $(new_names) \
    $(ASSIGNED)/umap/$(firstword $(ensemble_runs)).npy $(new_neighbors) $(seen),$(EXPORT_CLUSTERS)))
assign-export_last := @echo; echo 'the group of each: $(ASSIGNED)/clusters.csv'
assign: $(ASSIGNED)/clusters.csv
endif
