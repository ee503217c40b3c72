# How a stage is run, and when it runs again.
#
# A stage runs again if its command has changed, if a file that it read or wrote is no longer the
# file of its last run, or if a stage that makes one of its inputs runs. Times are not compared with
# one another: a clock may have been ahead, and a file may be replaced by an older one. So inputs
# are order-only prerequisites, and what has to run is found before anything runs. STAMPS/NAME holds
# the command of the last run that succeeded, STAMPS/NAME.files the files (scripts/make/record.sh).
# All rules are explicit, so no file is intermediate, and one that is lost comes back.

quoted = '$(subst ','\'',$1)'
same = $(and $(findstring x$(strip $1)x,x$(strip $2)x),$(findstring x$(strip $2)x,x$(strip $1)x))
recorded = $(wildcard $(STAMPS)/$1.files)
same_command = $(call same,$(file <$(STAMPS)/$1),$($1_command))

# Stages of which a file has changed since they ran.
changed := $(shell scripts/make/record.sh changed $(STAMPS))
# FORCE if stage $1 has to run.
rerun = $(if $(and $(call recorded,$1),$(call same_command,$1)),$(if $(strip \
    $(filter $1,$(changed)) $(foreach file,$($1_inputs),$(rerun_$(maker_$(file))))),FORCE),FORCE)

run_stage := scripts/make/run.sh $(if $(filter-out 0 no,$(VERBOSE)),--verbose)
threads := $(if $(THREADS),--threads $(THREADS))

# stage NAME, OUTPUTS, INPUTS, PROGRAM: the rule that runs $(NAME_command). The first output is the
# one that the program writes last. The others may be older, or lost: the record tells.
#   NAME_threads  what follows the command without being part of the record; $(threads) by default
#   NAME_stdout   the output that takes the command's stdout
#   NAME_last     a line of the recipe after all others
#   NAME_silent   not empty where no line is to tell of the stage
#   NAME_checkpoint  what the command leaves when it is stopped, to go on from there
# What the program prints goes to LOGS/NAME.log (scripts/make/run.sh).
# All outputs are precious: when a stage fails or is stopped make would remove them, however old and
# good. A stage leaves nothing half written to remove.
stages :=
define stage
stages += $1
$1_inputs := $3
$1_outputs := $2
$(foreach file,$2,$(eval maker_$(file) := $1))
rerun_$1 := $$(call rerun,$1)
.PRECIOUS: $2
$2 &: $$(rerun_$1) | $3 $(call programs,$4)
	@scripts/make/record.sh begin $(if $($1_checkpoint),--checkpoint $($1_checkpoint)) \
	    $(STAMPS)/$1 $$(call quoted,$$($1_command)) $$($1_inputs)
	$$(if $$($1_stdout),@mkdir -p $$(dir $$($1_stdout)))
	@$$(if $$($1_silent),,$(run_stage) $$(if $$($1_stdout),--keep-stdout) $1 $(LOGS)/$1.log )$$(strip \
	    $$($1_command) $$(call threads_of,$1))$$(if $$($1_stdout), > $$($1_stdout).new)
	$$(if $$($1_stdout),@mv $$($1_stdout).new $$($1_stdout))
	@scripts/make/record.sh end $(STAMPS)/$1 $$($1_outputs)
	$$($1_last)
endef
threads_of = $(if $(filter undefined,$(origin $1_threads)),$(threads),$($1_threads))
