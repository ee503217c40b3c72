# Lets only one make at a time work in a folder of artifacts.
#
# Two at once would overwrite each other's files: the second prints who works there and ends.

# These write no artifacts themselves, or call a make that takes the lock.
unlocked_targets := $(no_artifacts) demo smoke table
short_flags := $(filter-out --%,$(firstword -$(MAKEFLAGS)))
# With -n and -q make only tells what it would do, so it leaves no lock file behind.
dry_run := $(findstring n,$(short_flags))$(findstring q,$(short_flags))
# with-lock.sh sets LOCKED_DIR for the make that it calls.
needs_lock := $(and $(filter-out $(unlocked_targets),$(goals)),$(if \
    $(dry_run),,yes),$(filter-out $(LOCKED_DIR),$(abspath $(ARTIFACTS))))

ifneq ($(needs_lock),)
.PHONY: with-lock $(MAKECMDGOALS)
$(goals): with-lock ;
with-lock:
	+@scripts/make/with-lock.sh '$(subst ','\'',$(abspath $(ARTIFACTS)))' \
	    $(MAKE) $(MAKECMDGOALS)
endif
