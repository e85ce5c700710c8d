# Sourced by ./start and ./test: `set_up WHAT PACKAGE…` makes a virtual environment, $venv, with Rillet
# in it. $variable names it, $needs is how many MB it takes.
# Works with pyenv, with Debian's externally managed Python, where venv lacks ensurepip, and where
# nobody may install Debian's packages.

# Settings for other projects must not come into this one.
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV

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
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n apt-get --version >/dev/null 2>&1 || return 1
        sudo="sudo -n"
    fi
    say "installing $* from Debian's packages"
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >/dev/null 2>&1 ||
        { $sudo apt-get update -qq >/dev/null 2>&1 &&
            DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >/dev/null 2>&1; }
}

# What nobody may install can be unpacked: the files of PACKAGE come below FOLDER.
unpack_debian() {
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 1
    say "unpacking $1 from Debian's packages"
    rm -rf "$2"
    (
        mkdir -p "$2/lists/partial" "$2/cache" && cd "$2" || exit 1
        apt-get download -qq "$1" || {
            set -- "$1" -o "Dir::State::Lists=$2/lists" -o "Dir::Cache=$2/cache"
            apt-get -qq update "$2" "$3" "$4" "$5" && apt-get -qq download "$@"
        }
        dpkg-deb -x "$1"_*.deb .
    ) >/dev/null 2>&1
}

# Whether an environment can be made in this folder: $needs MB of it.
has_place() {
    there=$1
    while [ ! -e "$there" ]; do there=$(dirname "$there"); done
    if [ ! -d "$there" ] || [ ! -w "$there" ]; then
        say "$1 cannot be written. Name a folder that can: $variable=/path/to/folder $0"
        return 1
    fi
    free=$(df -Pk "$there" 2>/dev/null | tail -n 1 | { read -r _ _ _ kilobytes _; echo "$kilobytes"; })
    case $free in "" | *[!0-9]*) return 0 ;; esac
    [ "$free" -ge $((needs * 1024)) ] && return 0
    say "$1 needs $needs MB, and $((free / 1024)) are free. Another place: $variable=/path/to/folder $0"
    return 1
}

# A folder that somebody named for us is not emptied unless it is an environment.
is_ours() {
    case $1 in "$here"/.venv*) return 0 ;; esac
    [ -e "$1/pyvenv.cfg" ] || [ -z "$(ls -A "$1" 2>/dev/null)" ]
}

make_venv() {
    dir=$1
    if [ -x "$dir/bin/python" ] && "$dir/bin/python" -m pip --version >/dev/null 2>&1; then return 0; fi
    python=$(find_python) || return 1
    is_ours "$dir" || {
        say "$dir holds other things than a virtual environment. Name another folder, or empty it"
        return 1
    }
    rm -rf "$dir"
    "$python" -m venv "$dir" >/dev/null 2>&1 && return 0
    # Debian keeps ensurepip in a package of its own.
    rm -rf "$dir"
    install_debian python3-venv && "$python" -m venv "$dir" >/dev/null 2>&1 && return 0
    rm -rf "$dir"
    command -v uv >/dev/null 2>&1 && uv venv --seed -q -p "$python" "$dir" && return 0
    "$python" -m virtualenv -q "$dir" 2>/dev/null && return 0
    "$python" -m venv --without-pip "$dir" >/dev/null 2>&1 && bring_pip "$dir" && return 0
    rm -rf "$dir"
    say "$python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"
    return 1
}

bring_pip() {
    unpack_debian python3-pip-whl "$1/debian" || return 1
    for wheel in "$1"/debian/usr/share/python-wheels/pip-*.whl; do
        "$1/bin/python" "$wheel/pip" install -q --no-index "$wheel" >/dev/null 2>&1 || return 1
    done
    rm -rf "$1/debian"
}

# llama.cpp is built with OpenMP, whose runtime a bare Debian does not have.
need_openmp() {
    case $(uname -s) in Linux) ;; *) return 0 ;; esac
    "$1/bin/python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null && return 0
    install_debian libgomp1 && return 0
    # The engine looks there too, see `engine/child.py`.
    beside=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/xllamacpp.libs
    [ -e "$beside/libgomp.so.1" ] && return 0
    if unpack_debian libgomp1 "$1/debian"; then
        mkdir -p "$beside"
        for file in "$1"/debian/usr/lib/*/libgomp.so.1; do
            cp -L "$file" "$beside/" && rm -rf "$1/debian" && return 0
        done
    fi
    say "The engine needs libgomp.so.1. On Debian or Ubuntu: apt-get install libgomp1"
    return 1
}

pip_install() {
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-user -c requirements/lock.txt "$@"
}

# What an environment was made of. A checkout that was moved and a Python that was replaced need
# another; so does one whose setup was interrupted, which has no such mark.
mark() { printf '%s %s\n' "$here" "$(readlink -f "$venv/bin/python")"; }

is_set_up() {
    [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.installed" 2>/dev/null)" = "$(mark)" ] &&
        [ -z "$(find pyproject.toml requirements -newer "$venv/.installed")" ]
}

# set_up WHAT PACKAGE…: WHAT is for the reader, PACKAGE… for pip.
set_up() {
    is_set_up && return 0
    [ -x "$venv/bin/python" ] || has_place "$venv" || return 1
    say "setting up $1 in $venv (once)"
    shift
    make_venv "$venv" && need_openmp "$venv" || return 1
    if ! pip_install "$@"; then
        say "pip could not install it. That needs the network once, to get packages from PyPI"
        return 1
    fi
    mark >"$venv/.installed"
}
