"""Threads that read a struct for the first time at the same moment."""

import subprocess
import sys

# Without `learned` about one process in six of these ends by SIGSEGV.
FIRST_READS = """
import sys, threading
sys.setswitchinterval(1e-6)
from rillet.wire.answers import read_answer
from rillet.words.models import ModelCard
BODY = b'{"details":{"families":["a"]},"messages":[{"role":"user","content":"x"}],"license":"x"}'
gate = threading.Barrier(4)
def read():
    gate.wait()
    assert read_answer(BODY, ModelCard).license == "x"
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_threads_may_read_a_struct_for_the_first_time_together() -> None:
    running = [subprocess.Popen([sys.executable, "-c", FIRST_READS]) for _ in range(24)]
    assert [process.wait(60) for process in running] == [0] * len(running)
