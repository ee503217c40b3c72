# Keeps make report, figure and table from remaking, or seeming to remake, what is there.
#
# make report runs the stages that the page needs, but none that would replace what other variables
# made: a training of hours would be lost to a variable that was not repeated.

recorded_otherwise = $(and $(call recorded,$1),$(if $(call same_command,$1),,otherwise))
otherwise = $(strip $(foreach name,$(filter-out page table evaluate-%,$(stages)),$(if $(call \
    recorded_otherwise,$(name)),$(name))))
# Variables on the command line that say what stages do.
told := $(filter-out ARTIFACTS THREADS BIN CARGO LIBTORCH REPORT PAGE FIGURE OUT SYSTEM,$(on_command_line))

ifeq ($(filter-out report figure table,$(goals)),)
$(if $(or $(filter report,$(goals)),$(told)),$(if $(otherwise),$(error what is in $(ARTIFACTS) was made \
    with other variables than these ($(otherwise)), and make $(goals) replaces none of it: give the \
    variables of that run, or run make all to make everything with these)))
endif
