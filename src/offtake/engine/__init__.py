"""Durable background work: DBOS behind our port, in the control store's own database.

Overview
    A *task* is queued in the transaction that makes it necessary (`dispatch`), so neither can exist without the
    other.  A *runner* in each worker process claims tasks, lane by lane, and runs the handler of their kind.

What is authoritative
    The export row says what an export is; the engine only says that somebody should look at it.  A task that runs
    twice, late or for an export that is done already finds no attempt to claim and ends.  So the engine may be
    generous: it hands a dead worker's tasks back, and nothing has to be undone.

Who notices a death
    Nobody in the free engine does.  Each worker renews a lease (`offtake.worker.lease`), and each asks now and then
    who holds running tasks without a lease (`Runner.holders`); what those hold goes back to the queue (`recover`).

States of a task

    queued (perhaps delayed) --claimed--> running --handler returned--> finished --purge--> forgotten
         ^                                   |
         +------- recover(worker) -----------+        cancel: queued or running --> finished
"""
