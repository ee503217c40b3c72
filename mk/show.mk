# Shows what is there: make figure, table and groups run no stage, make report replaces nothing.
#
# make report runs the stages that the page needs, but none that would replace what other
# variables made: otherwise a forgotten variable would cost a training of hours.

recorded_otherwise = $(and $(call recorded,$1),$(if $(call same_command,$1),,otherwise))
otherwise = $(strip $(foreach name,$(filter-out page table evaluate-%,$(stages)),$(if $(call \
    recorded_otherwise,$(name)),$(name))))
# Variables on the command line that change what stages do.
stage_variables := $(filter-out \
    ARTIFACTS THREADS VERBOSE BIN CARGO LIBTORCH REPORT PAGE FIGURE OUT SYSTEM,$(on_command_line))

ifeq ($(filter-out report figure table,$(goals)),)
$(if $(or $(filter report,$(goals)),$(stage_variables)),$(if $(otherwise),$(error what is in \
    $(ARTIFACTS) was made with other variables than these ($(otherwise)), and make $(goals) \
    replaces none of it: give the variables of that run, or run make all to make everything with \
    these)))
endif

# The command of the last page without its last words: --tiles and their folder, --out and the page.
page_recorded = $(call without_tiles,$(call but_two,$(file <$(STAMPS)/page)))
without_tiles = $(if $(filter --tiles,$(word $(words $(wordlist 2,$(words $1),$1)),$1)),$(call \
    but_two,$1),$1)
but_two = $(wordlist 1,$(words $(wordlist 3,$(words $1),$1)),$1)
figure: | $(filter all report,$(MAKECMDGOALS)) $(call programs,$(REPORT))
	$(page_recorded) --figure $(call quoted,$(FIGURE)) $(if \
	    $(SYSTEM),--system $(call quoted,$(SYSTEM))) --out $(call quoted,$(OUT)) $(threads)

table: | $(filter all,$(MAKECMDGOALS))
	@cat $(TABLE)

# The command of the table of groups, to which it adds the folder; that the table is written again
# changes nothing in it.
groups_images = $(wildcard $(IMPORTED)/images.npy)
groups: $(call programs,$(EXPORT_CLUSTERS))
	@$(strip $(file <$(STAMPS)/export)) --into $(INTO) --link $(LINK) $(if \
	    $(groups_images),--images $(groups_images)) $(threads)
