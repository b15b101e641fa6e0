"""Standard streams that are closed, full or without a reader: the results are there, and the code is true."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from folders import files, replications_kept

pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="Only Linux has a device that is full."
)

RUN = ["run", "clockwork", "--set=population.borrowers=10", "--set=horizon_days=60", "--quiet"]
LOST = "simlimit: standard output cannot be written: No space left on device.\n"
CLOSE = {"stdout": ">&-", "stderr": "2>&-", "both": ">&- 2>&-", "all": "<&- >&- 2>&-"}


def ended(*arguments: str, redirected: str = "") -> subprocess.CompletedProcess[str]:
    """Return a process of the program that has ended; the shell redirects its streams."""
    command = ["sh", "-c", f'"$@" {redirected}', "sh", sys.executable, "-m", "simlimit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def results() -> set[str]:
    return files(Path("results"))


def test_full_output_writes_the_results_and_is_told_by_the_code():
    end = ended(*RUN, "--out=results", redirected="> /dev/full")
    assert (end.returncode, end.stderr) == (1, LOST)
    assert "delay_by_cause.csv" in results()


@pytest.mark.long
@pytest.mark.parametrize("streams", CLOSE)
def test_a_closed_stream_is_one_on_which_nothing_is_wanted(streams):
    end = ended(*RUN, "--out=results", redirected=CLOSE[streams])
    assert (end.returncode, end.stderr) == (0, "")
    assert end.stdout.endswith("written to results\n") == (streams == "stderr")
    assert "delay_by_cause.csv" in results()
    # Nothing that is meant for a closed stream goes to another.
    refused = ended(*RUN, "--out=results", redirected=CLOSE[streams])
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == (streams == "stdout")


@pytest.mark.long
def test_full_error_changes_neither_results_nor_code():
    arguments = ["study", *RUN[1:-1], "--replications=30", "--out=results"]
    end = ended(*arguments, redirected="2> /dev/full")
    assert (end.returncode, end.stderr) == (0, "")
    assert end.stdout.endswith("written to results\n")
    assert ended(*arguments, redirected="2> /dev/full").returncode == 2
    assert ended(*arguments, redirected="> /dev/full 2> /dev/full").returncode == 2


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["presets"], ["scenario", "jiebei"]])
def test_full_output_is_told_by_every_command(arguments):
    end = ended(*arguments, redirected="> /dev/full")
    assert (end.returncode, end.stderr) == (1, LOST)


@pytest.mark.long
def test_a_reader_that_had_enough_changes_nothing():
    """Nor does one that was never there: tests/cli/test_run_command.py."""
    end = ended(*RUN, "--out=results", redirected="| head -1; echo $?")
    assert end.stdout.startswith("Run('clockwork'")
    assert (end.stdout.count("\n"), end.stderr) == (2, "")
    assert "delay_by_cause.csv" in results()


@pytest.mark.long
@pytest.mark.parametrize("output", ["gone", "/dev/full"])
def test_an_interrupt_is_told_by_the_code_whatever_became_of_the_output(output):
    # Who runs the tests in the background ignores SIGINT, and what a test starts would, too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            reader, writer = os.pipe()
            os.close(reader)
            pipe = stack.enter_context(os.fdopen(writer, "w"))
            full = stack.enter_context(open("/dev/full", "w"))
            command = [sys.executable, "-m", "simlimit", "study", "clockwork", "--replications=100000"]
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, "--out=results"],
                    stdout=pipe if output == "gone" else full,
                    stderr=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)
            said = b""
            while b"replications [" not in said:
                said += process.stderr.read1()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130
            assert replications_kept(err.decode()) > 0
            assert "metrics.parquet" in results()
    finally:
        signal.signal(signal.SIGINT, before)
