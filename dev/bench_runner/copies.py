"""Rows in numbers for which the ORM would take hours."""

from psycopg2 import sql

STATEMENT = """
    WITH copy AS (
        SELECT nextval(pg_get_serial_sequence(%(table)s, 'id')) AS new_id, number AS n,
               (%(ids)s::int[])[1 + (number - 1) %% cardinality(%(ids)s::int[])] AS original
          FROM generate_series(1, %(count)s) number
    ), inserted AS (
        INSERT INTO {table} ({columns})
        SELECT {values} FROM copy JOIN {table} ON {table}.id = copy.original ORDER BY copy.n
     RETURNING id
    )
    SELECT min(id), max(id), count(*) FROM inserted
"""


def copy_rows(cursor, table, ids, count, **expressions):
    """Insert `count` copies of these rows of a table, of each in turn; return their ids, as a range.

    :param expressions: what is different: {column: SQL}. There ``n`` is the number of the copy, from 1, ``new_id``
        its id, and other names are columns of the original.
    """
    if not count:
        return range(0)
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s AND column_name != 'id'",
        [table],
    )
    columns = [column for (column,) in cursor.fetchall()]
    values = [sql.SQL(expressions.get(column) or '"' + column + '"') for column in columns]
    statement = sql.SQL(STATEMENT).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, ["id", *columns])),
        values=sql.SQL(", ").join([sql.SQL("new_id"), *values]),
    )
    cursor.execute(statement.as_string(cursor.connection), {"table": table, "ids": list(ids), "count": count})
    first, last, inserted = cursor.fetchone()
    if (last - first + 1, inserted) != (count, count):
        raise RuntimeError(f"{inserted} copies of {table} have the ids {first} to {last}")
    return range(first, last + 1)
