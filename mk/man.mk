# Writes man pages and shell completions of all programs, where man and shells look for them below
# PREFIX.

man_dir = $(PREFIX)/share/man/man1
bash_dir = $(PREFIX)/share/bash-completion/completions
zsh_dir = $(PREFIX)/share/zsh/site-functions
fish_dir = $(PREFIX)/share/fish/vendor_completions.d

man: $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS)
	@mkdir -p '$(man_dir)' '$(bash_dir)' '$(zsh_dir)' '$(fish_dir)'
	@for program in $(PLAIN_PROGRAMS) $(TORCH_PROGRAMS); do \
	    name=$${program##*/}; \
	    $$program --generate man >'$(man_dir)'/$$name.1; \
	    $$program --generate bash >'$(bash_dir)'/$$name; \
	    $$program --generate zsh >'$(zsh_dir)'/_$$name; \
	    $$program --generate fish >'$(fish_dir)'/$$name.fish; \
	done
	@echo 'man pages and shell completions are in $(PREFIX)/share' >&2
