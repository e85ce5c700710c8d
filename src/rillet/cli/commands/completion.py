"""`rillet completion SHELL`: a script that completes commands, flags and names of models."""

from argparse import Namespace

from rillet.cli import exits, screen
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser

USAGE = "bash | zsh | fish"
EXAMPLES = """
  rillet completion bash > ~/.local/share/bash-completion/completions/rillet
  rillet completion zsh > ~/.zfunc/_rillet       in a folder of $fpath
  rillet completion fish > ~/.config/fish/completions/rillet.fish
  source <(rillet completion bash)               for this shell alone
"""
# It runs in bash 3.2, which macOS has: no mapfile, no index from behind. Candidates have no blanks.
# Colons and equals signs end words for bash: what stands before the last is not offered again.
_BASH = r"""# bash completion for rillet
_rillet() {
    local line=${COMP_LINE:0:COMP_POINT} words cur found
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[${#words[@]}-1]}
    found=($(rillet __complete "${words[@]:1}" 2>/dev/null))
    local before=""
    local breaks=${COMP_WORDBREAKS//[^:=]/}
    [[ -n $breaks && $cur == *[$breaks]* ]] && before=${cur%"${cur##*[$breaks]}"}
    COMPREPLY=()
    local each
    for each in "${found[@]}"; do
        [[ $each == "$cur"* ]] && COMPREPLY+=("${each#"$before"}")
    done
}
complete -o default -F _rillet rillet
"""
_ZSH = r"""#compdef rillet
_rillet() {
    local -a found
    found=("${(@f)$(rillet __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( $#found )); then
        compadd -a found
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_rillet" ]; then
    _rillet "$@"
else
    compdef _rillet rillet
fi
"""
_FISH = r"""# fish completion for rillet
function __rillet_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (rillet __complete $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c rillet -f -a '(__rillet_complete)'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def arguments(parser: Parser) -> None:
    parser.add_argument("shell", nargs="?", default="", help="bash, zsh or fish")


def run(args: Namespace) -> int:
    if args.shell not in SHELLS:
        raise UsageError("for which shell?\nHow it goes: rillet completion bash|zsh|fish")
    screen.output().write(SHELLS[args.shell])
    return exits.COMPLETE
