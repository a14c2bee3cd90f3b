"""`make demo`: the whole product on one machine, under one supervisor, with nothing to install.

__main__ checks the ground (ground), takes the lock (instance), clears what a killed supervisor left (ledger),
starts the servers, prepares the data (prepare_demo, a management command) and then keeps the programs (parts)
running (supervisor) until it is told to stop. What people and programs need to know is in announcement.
"""
