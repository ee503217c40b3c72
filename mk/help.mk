# Prints the variables and targets, and refuses variables that do not exist.

# The documented variables are those of mk/config.mk, the targets those of the Makefile.
documented := $(shell awk '/^[A-Z_]+ +[?:]=.*\#\#/ { print $$1 }' mk/config.mk)

on_command_line := $(foreach name,$(.VARIABLES),$(if \
    $(filter command,$(origin $(name))),$(name)))
unknown := $(filter-out $(documented),$(on_command_line))
ifneq ($(unknown),)
$(error $(foreach name,$(unknown),$(name)= is no variable of this Makefile ($(shell \
    scripts/make/nearest.sh $(name) $(documented)));) make help lists all)
endif

# Variables are printed as NAME TEXT [VALUE], with the values that this make would use.
help:
	@awk -F'## ?' -v values='$(foreach name,$(documented),$(name)=$(strip $($(name)))|)' ' \
	    BEGIN { \
	        n = split(values, pair, /\| ?/); \
	        for (i = 1; i < n; i++) { \
	            at = index(pair[i], "="); \
	            value[substr(pair[i], 1, at - 1)] = substr(pair[i], at + 1) \
	        } \
	    } \
	    FILENAME ~ /config/ && /^## / { printf "\n%s\n", $$2 } \
	    /^[A-Z_]+ +[?:]=.*##/ { \
	        split($$1, word, " "); name = word[1]; \
	        default_value = value[name] == "" ? "" : " [" value[name] "]"; \
	        printf "  %-15s  %s%s\n", name, $$2, default_value \
	    } \
	    /^[a-z-]+:.*## / { \
	        sub(/:.*/, "", $$1); \
	        targets = targets sprintf("  make %-11s  %s\n", $$1, $$2) \
	    } \
	    END { printf "\nTargets\n%s", targets }' mk/config.mk Makefile
