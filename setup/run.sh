#!/bin/sh
# Find a Python 3.11 and run one of the set-up scripts with it: sh setup/run.sh main.py sim
# PYTHON=/path/to/python3.11 names one that is not on the path.
here=$(dirname "$0")
script=$1
shift
for python in "$PYTHON" python3.11 python3 "$here/../.venv/bin/python" /usr/bin/python3.11 /usr/local/bin/python3.11 \
    "$HOME"/.pyenv/versions/3.11*/bin/python3; do
    if [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        exec "$python" "$here/$script" "$@"
    fi
done
cat >&2 <<'TEXT'
set-up stopped: no Python 3.11 was found (the simulation's physics has wheels for no later one)
  what to do, any one of these, then run the same make command again:
    Debian 12:     apt-get install python3.11 python3.11-venv python3.11-dev
    Ubuntu 22.04:  apt-get install python3.11 python3.11-venv python3.11-dev   (from "universe")
    elsewhere:     pyenv install 3.11, or uv python install 3.11
  and where it is not on the path:  make demo PYTHON=/path/to/python3.11
TEXT
exit 1
