"""A worker is one process: killed in the middle it loses nothing, asked to end it ends, its parent gone it goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.conftest import PATIENCE, Process, until

WORKER = "from tests.jobs.slow import run; raise SystemExit(run())"
ENQUEUE = "from tests.jobs.slow import know; know(); from clerestory.jobs.queue import enqueue; "
DOCTOR = "import sys; sys.argv = ['clerestory', 'doctor', '--json']; from clerestory.cli.main import run; run()"


def put(installation, name, argument):
    installation.run(f"{ENQUEUE}enqueue({name!r}, {argument!r})")


def count(installation, model):
    return int(installation.run(f"from django_q.models import {model}; print({model}.objects.count())"))


def findings(installation):
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR], env=installation.environment, capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip
    return {item["name"]: item for item in json.loads(done.stdout)["checks"]}


def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(installation, tmp_path):
    put(installation, "wait", str(tmp_path))
    first = installation.start(WORKER)
    first.hears("inside")
    first.kill()
    assert not (tmp_path / "outcome").exists()
    (tmp_path / "go").touch()
    second = installation.start(WORKER)
    second.hears("outcome")
    assert (tmp_path / "begun").read_text() == "xx"
    until(lambda: count(installation, "OrmQ") == 0, "the job leaves the queue")
    assert second.end() == 0
    assert count(installation, "Task") == 0


def test_a_job_that_takes_longer_than_the_lease_is_not_taken_by_another_worker(installation, tmp_path):
    put(installation, "wait", str(tmp_path))
    first, second = installation.start(WORKER), installation.start(WORKER)
    until((tmp_path / "begun").exists, "the job begins")
    with pytest.raises(AssertionError):
        until(lambda: (tmp_path / "begun").read_text() != "x", "it begins again", longest=9)
    (tmp_path / "go").touch()
    until((tmp_path / "outcome").exists, "the job ends")
    assert (first.end(), second.end()) == (0, 0)


def test_jobs_let_pages_go_first_on_a_busy_processor(installation, tmp_path):
    put(installation, "wait", str(tmp_path))
    worker = installation.start(WORKER)
    worker.hears("inside")
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert ours < os.getpriority(os.PRIO_PROCESS, worker.process.pid) <= 19 or ours == 19
    (tmp_path / "go").touch()
    until((tmp_path / "outcome").exists, "the job ends all the same")
    assert worker.end() == 0


def test_a_worker_says_that_it_lives_what_failed_and_that_it_ended(installation):
    assert "None lives" in findings(installation)["Worker"]["detail"]
    put(installation, "fail", "no such table: sheep")
    worker = installation.start(WORKER)
    until(lambda: not findings(installation)["Jobs"]["ok"], "the failure is told")
    seen = findings(installation)
    assert "no such table: sheep" in seen["Jobs"]["detail"]
    assert f":{worker.process.pid}" in seen["Worker"]["detail"]
    assert worker.end() == 0
    assert "None lives" in findings(installation)["Worker"]["detail"]


def test_a_worker_ends_with_the_process_that_started_it(installation):
    parent = installation.start(
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'clerestory.jobs.worker', '--parent', str(os.getpid())])\n"
        "print(f'child {child.pid}', flush=True)\n"
        "time.sleep(600)"
    )
    parent.hears("child")
    pid = int(parent.said[-1].split()[1])
    until(lambda: "lives" in findings(installation)["Worker"]["detail"].replace("None lives", ""), "it works")
    parent.kill()
    until(lambda: not alive(pid), "the worker ends too")


def test_a_worker_refuses_a_database_that_is_not_set_up(installation, tmp_path):
    installation.environment["CLERESTORY_HOME"] = str(tmp_path / "other")
    worker: Process = installation.start()
    worker.hears("clerestory.jobs.migrate")
    assert worker.process.wait(timeout=PATIENCE) == 2


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
