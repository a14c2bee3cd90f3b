"""The driver of `task_per_mail`: a prefork worker of two, warm, then so many tasks until the last is done."""

import os
import signal
import subprocess
import sys
import time

import stopwatch
import task_per_mail

PATIENCE = 600.0
WORKER = ("-m", "celery", "--app", "task_per_mail", "worker", "--pool", "prefork", "--concurrency", "2")
QUIET = ("--loglevel", "ERROR", "--without-gossip", "--without-mingle")


def ask_for(count: int) -> None:
    task_per_mail.counter.set(task_per_mail.DONE, 0)
    for number in range(count):
        person = stopwatch.person(number)
        subject = stopwatch.SUBJECT.replace("{{ first_name }}", person["first_name"])
        task_per_mail.send_mail.delay(person, stopwatch.address(number), subject, stopwatch.SENDER)
    until = time.monotonic() + PATIENCE
    while int(task_per_mail.counter.get(task_per_mail.DONE) or 0) < count:
        if time.monotonic() > until or worker.poll() is not None:
            raise SystemExit("The worker did not do all tasks.")
        time.sleep(0.01)


wanted = int(sys.argv[1])
task_per_mail.app.control.purge()
worker = subprocess.Popen([sys.executable, *WORKER, *QUIET], env=dict(os.environ), stdout=sys.stderr)
try:
    ask_for(4)
    stopwatch.time_it(wanted, lambda: ask_for(wanted))
finally:
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
