"""Records that were merged: the events of the merges say what became of them."""

from odoo.tools import SQL


def survivors(env, model, ids):
    """Return ``{id: id of the record it was merged into}`` of those records that were merged.

    :param ids: of records that do not exist any more
    """
    known = {}
    todo = {str(id_): id_ for id_ in ids}
    while todo:
        rows = env.execute_query(
            SQL(
                "SELECT res_id, payload->'merged_ids' FROM retail_event"
                " WHERE event_type = 'customer.merged' AND res_model = %s AND payload->'merged_ids' ?| %s",
                model,
                list(todo),
            )
        )
        found = {merged: res_id for res_id, merged_ids in rows for merged in merged_ids if merged in todo}
        known |= {todo[merged]: res_id for merged, res_id in found.items()}
        ended = set(found.values()) - set(env[model].browse(found.values()).exists().ids)
        todo = {str(res_id): todo[merged] for merged, res_id in found.items() if res_id in ended}
    return known
