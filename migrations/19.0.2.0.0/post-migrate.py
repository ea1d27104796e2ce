"""Activities that were open before alerts had causes get theirs, so that they close with them."""


def migrate(cr, version):
    """Write the causes.

    :param version: the version that was installed before
    """
    cr.execute(
        """
        UPDATE mail_activity a
           SET retail_cause = CASE WHEN a.res_model = 'retail.error.group' THEN 'failed'
                                   WHEN run.id IS NOT NULL THEN 'retail.bulk.run,' || run.id
                                   WHEN circuit.is_open AND (connector.state = 'active'
                                        OR a.summary LIKE '%% does not answer') THEN 'outage'
                                   ELSE 'attention' END
          FROM mail_activity alert
     LEFT JOIN retail_connector connector ON alert.res_model = 'retail.connector' AND connector.id = alert.res_id
     LEFT JOIN retail_circuit circuit ON circuit.connector_id = connector.id
     LEFT JOIN retail_bulk_run run ON run.connector_id = connector.id AND run.state = 'failed'
           AND position('(#' || run.id || ')' IN alert.summary) > 0
         WHERE a.id = alert.id AND a.active AND a.automated AND a.retail_cause IS NULL
           AND a.res_model IN ('retail.connector', 'retail.error.group')
           AND a.activity_type_id = (SELECT res_id FROM ir_model_data
                                      WHERE module = 'mail' AND name = 'mail_activity_data_warning')
        """,
        [],
    )
