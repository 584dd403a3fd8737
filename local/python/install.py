"""Makes the virtual environment DIRECTORY and installs REQUIREMENTS into it: install.py DIRECTORY REQUIREMENTS STAMP HASH.

STAMP is written last and holds HASH: an installation that was interrupted has none and is made anew. On failure the one line on
stderr says why.
"""

import fcntl
import pathlib
import subprocess
import sys

OLDEST = (3, 10)


def run(what, lock, *command):
    # The child holds the lock as well: should this process be killed, nobody else starts before pip is through.
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, pass_fds=[lock.fileno()])
    if done.returncode != 0:
        said = " ".join((done.stderr + " " + done.stdout).split())
        sys.exit(f"{what} failed: {said[:300]}")


def main(directory, requirements, stamp, wanted):
    if sys.version_info < OLDEST:
        sys.exit(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, python3 is {sys.version.split()[0]}")
    stamp = pathlib.Path(stamp)
    pathlib.Path(directory).parent.mkdir(parents=True, exist_ok=True)
    # The operating system gives the lock back however its holder ends.
    with open(f"{directory}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Somebody else may have done it while this one waited for the lock.
        if stamp.exists() and stamp.read_text() == wanted and pathlib.Path(f"{directory}/bin/python").exists():
            return
        run("python3 -m venv", lock, sys.executable, "-I", "-m", "venv", "--clear", directory)
        pip = [f"{directory}/bin/python", "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
        only = ["--no-deps", "--only-binary=:all:", "--require-hashes"]
        run("pip install", lock, *pip, *only, "--no-compile", "--requirement", requirements)
        stamp.write_text(wanted)


main(*sys.argv[1:])
