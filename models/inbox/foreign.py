"""Records that an API client knows by an external id, but that are not its to use."""

from ...core.problem import Problem


def is_own(record):
    """Return whether a record is for the environment's company and user: of that company or none, and readable."""
    # As the superuser: a record of another company cannot be read, and its company is what is asked for.
    company = record.sudo().company_id
    return (not company or company in record.env.company.parent_ids) and record.has_access("read")


def own_of(records):
    """Return those of the records that :func:`is_own` allows."""
    companies = records.env.company.parent_ids
    readable = records._filtered_access("read")
    return readable.filtered(lambda record: not record.company_id or record.company_id in companies)


def check_own(record, what, pointer):
    """Return a record that the caller knows, or an empty one.

    :param what: what the caller calls it, such as ``customer``
    :param pointer: JSON pointer of its external id in the request
    :raise Problem: it was moved to another company
    """
    if record and not is_own(record):
        detail = f"The {what} with this external_id belongs to another company in Odoo."
        raise Problem("conflict", detail, errors=[{"pointer": pointer, "detail": detail}])
    return record
