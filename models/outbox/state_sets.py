"""Sets of states of deliveries, for SQL: ``SQL("d.state %s", IN_OPEN)``.

They are literals in the statement, so that the partial indexes of these states fit.
"""

from odoo.tools import SQL

from ...core.const import (
    ARRIVED_STATES,
    CLAIMABLE_STATES,
    DROPPED_STATES,
    FINISHED_STATES,
    IN_PROGRESS_STATES,
    OPEN_STATES,
    State,
)


def in_states(*states):
    """Return the SQL that follows a state's column, such as ``IN ('pending', 'unknown')``."""
    names = ", ".join(f"'{state.value}'" for state in states)
    return SQL(f"IN ({names})")


IN_OPEN = in_states(*OPEN_STATES)
IN_UNFINISHED = in_states(*OPEN_STATES, State.DEAD)
IN_CLAIMABLE = in_states(*CLAIMABLE_STATES)
IN_PROGRESS = in_states(*IN_PROGRESS_STATES)
IN_ARRIVED = in_states(*ARRIVED_STATES)
IN_FINISHED = in_states(*FINISHED_STATES)
IN_DROPPED = in_states(*DROPPED_STATES)
