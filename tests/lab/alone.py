"""The process in which one file is graded. Started by :mod:`tests.lab.isolated`: the job comes on standard input.

What the file prints goes to standard error. The grade goes to a copy of standard output that has no name, behind a
word that came with the job, so that a file does not grade itself by writing somewhere. It is no sandbox: the file is
in the same process, and can do what this module does.
"""

import json
import os
import sys

from tests.lab import worker
from tests.lab.limits import limit_the_rest

__all__ = ["main"]


def main():
    """Grade what the job says."""
    job = json.loads(sys.stdin.buffer.read())
    result = os.dup(1)
    os.dup2(2, 1)
    limit_the_rest(job["seconds"])
    word = job.pop("word")
    text = word + json.dumps(worker.judged(job))
    with os.fdopen(result, "w", encoding="utf-8") as out:
        out.write(text)
    # What the file left running here, such as a thread, is waited for by nobody.
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
