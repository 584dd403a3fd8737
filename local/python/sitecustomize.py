"""Python runs this file at its start, where this folder is on PYTHONPATH: programs then wait on the local cloud's clock.

AURORA_LOCAL_CLOCK describes it, as local/time/scaled-clock.ts wrote it: a sleep takes `speed` times less. The time of day and sockets stay
real; without the variable nothing changes.
"""

import json
import os
import time


def _scale_sleep(speed, sleep):
    time.sleep = lambda seconds: sleep(seconds / speed)


if os.environ.get("AURORA_LOCAL_CLOCK"):
    _scale_sleep(json.loads(os.environ["AURORA_LOCAL_CLOCK"])["speed"], time.sleep)
