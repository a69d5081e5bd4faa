"""What assets lean on and what knows no asset: contract, shop, calendar, warehouse, snapshot, registry."""

import os

# Before the first library with OpenMP is loaded. By itself a thread that waits for the next small loop spins: on a machine that does
# other work as well, a fit of a second then takes a minute of CPU.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
