"""What assets lean on and what knows no asset: contract, shop, calendar, warehouse, snapshot, registry."""

import os

# Before the first library that asks is loaded. Tables that are fitted are small, and the larger fits are held to one thread anyway, so that
# every machine gets the same model; threads that only stand by for the next small product spin, for several times the work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Where more are asked for, those that wait sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
