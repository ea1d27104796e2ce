{
    "name": "Retail Hub Bench: a bare route",
    "summary": "What Odoo's HTTP stack can do at best: a route that stores a request and nothing else",
    "version": "19.0.1.0.0",
    "category": "Sales/Integration",
    "author": "Retail Hub maintainers",
    "website": "https://github.com/retail-hub/retail_hub",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["security/ir.model.access.csv"],
}
