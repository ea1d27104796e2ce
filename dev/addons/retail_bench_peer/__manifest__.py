{
    "name": "Retail Hub Bench: one job per record",
    "summary": "What dev/bench compares the hub with; only for measurements",
    "version": "19.0.1.0.0",
    "category": "Sales/Integration",
    "author": "Retail Hub maintainers",
    "website": "https://github.com/retail-hub/retail_hub",
    "license": "LGPL-3",
    "depends": ["loyalty", "sale", "queue_job"],
    "external_dependencies": {"python": ["phonenumbers", "requests"]},
    "data": ["security/ir.model.access.csv"],
}
