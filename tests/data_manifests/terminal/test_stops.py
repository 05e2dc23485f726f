"""Signals: the first unwinds, the second ends at once, and after the end none changes anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bgfg.data_manifests.terminal.stops import STOPPED
from tests.support.project import ROOT

TOLD = f"Error: {STOPPED}\n"
PROGRAM = """
import os, signal, threading, time
from bgfg import cli
def send(number): os.kill(os.getpid(), number)
def work(*_, **__):
    {work}
cli.command_group.main = work
cli.main()
"""


def ended(work: str, *after: str) -> tuple[int, str, str]:
    """Run a command that does `work`; return its exit code and what it printed."""
    code = PROGRAM.format(work=work) + "\n".join(after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=25)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_after_the_work_change_nothing(number: str) -> None:
    late = (
        f"send(signal.{number})",
        # While Python waits for threads, and when it has given its signals back.
        f"threading.Thread(target=lambda: (time.sleep(0.2), send(signal.{number}))).start()",
        "class Last:",
        f"    def __del__(self, send=send): send(signal.{number}); print('taken down', flush=True)",
        "last = Last()",
    )
    assert ended("print('whole', flush=True)", *late) == (0, "whole\ntaken down\n", "")


def test_signals_after_a_failure_leave_its_exit_code() -> None:
    work = (
        "import atexit; atexit.register(send, signal.SIGINT)\n"
        "    threading.Timer(0.2, send, (signal.SIGINT,)).start()\n"
        "    raise cli.Problem('wrong', exit_code=2)"
    )
    assert ended(work) == (2, "", "Error: wrong\n")


def test_the_first_unwinds() -> None:
    work = "try: send(signal.SIGINT); time.sleep(9)\n    finally: print('tidied', flush=True)"
    assert ended(work) == (130, "tidied\n", TOLD)


def test_the_second_ends_a_stop_that_hangs() -> None:
    work = (
        "try: send(signal.SIGINT); time.sleep(9)\n"
        "    finally:\n"
        "        threading.Timer(0.2, send, (signal.SIGTERM,)).start(); threading.Event().wait()"
    )
    assert ended(work) == (130, "", TOLD)


def test_a_thread_that_is_busy_after_the_line_can_be_left() -> None:
    work = (
        "threading.Thread(target=time.sleep, args=(20,)).start()\n"
        "    threading.Timer(0.5, send, (signal.SIGINT,)).start(); send(signal.SIGINT)"
    )
    assert ended(work) == (130, "", TOLD)


def test_a_stop_that_python_would_drop_ends_the_process() -> None:
    work = (
        "class Held:\n"
        "        def __del__(self): send(signal.SIGINT); time.sleep(0.1)\n"
        "    held = Held(); del held; time.sleep(9)"
    )
    assert ended(work) == (130, "", TOLD)


def test_threads_amid_the_work_of_a_library_end_a_stop_as_any_other() -> None:
    work = (
        "import atexit, cv2, numpy; atexit.register(print, 'cleared up')\n"
        "    large = numpy.zeros((300, 300, 3), numpy.uint8)\n"
        "    def blur():\n"
        "        while True: cv2.GaussianBlur(large, (5, 5), 1)\n"
        "    for _ in range(4): threading.Thread(target=blur, daemon=True).start()\n"
        "    time.sleep(0.1); send(signal.SIGINT); time.sleep(9)"
    )
    assert ended(work) == (130, "cleared up\n", TOLD)
