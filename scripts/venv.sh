# Sourced by ./start and ./test: `make_venv DIR` makes a virtual environment with pip in it.
# Works with pyenv, with Debian's externally managed Python, and where venv lacks ensurepip.

say() { printf '%s\n' "rillet: $*" >&2; }

find_python() {
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return 0
        fi
    done
    say "Python 3.11 or newer is needed and was not found."
    say "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: PYTHON=/path/to/python3 $0"
    return 1
}

# apt-get as root or through sudo, if that needs no password; fails where there is no apt.
install_debian() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo -n"; fi
    say "installing $* from Debian's packages"
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >/dev/null 2>&1 ||
        { $sudo apt-get update -qq >/dev/null 2>&1 &&
            DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >/dev/null 2>&1; }
}

make_venv() {
    dir=$1
    if [ -x "$dir/bin/python" ] && "$dir/bin/python" -m pip --version >/dev/null 2>&1; then return 0; fi
    python=$(find_python) || return 1
    rm -rf "$dir"
    if ! "$python" -m venv "$dir" >/dev/null 2>&1; then
        # Debian keeps ensurepip in a package of its own.
        rm -rf "$dir"
        if ! { install_debian python3-venv && "$python" -m venv "$dir" >/dev/null 2>&1; }; then
            rm -rf "$dir"
            if command -v uv >/dev/null 2>&1 && uv venv --seed -q -p "$python" "$dir"; then return 0; fi
            if "$python" -m virtualenv -q "$dir" 2>/dev/null; then return 0; fi
            say "$python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"
            return 1
        fi
    fi
}

# llama.cpp is built with OpenMP, whose runtime a bare Debian does not have.
need_openmp() {
    case $(uname -s) in Linux) ;; *) return 0 ;; esac
    "$1" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null && return 0
    install_debian libgomp1 && return 0
    say "The engine needs libgomp.so.1. On Debian or Ubuntu: apt-get install libgomp1"
    return 1
}

pip_install() {
    dir=$1
    shift
    "$dir/bin/python" -m pip install -q --disable-pip-version-check "$@"
}
