{
    "name": "Retail Hub: Acme",
    "summary": "Keep Acme in sync with Odoo",
    "version": "19.0.1.0.0",
    "category": "Sales/Integration",
    "author": "TODO: your name",
    "license": "LGPL-3",
    "depends": ["retail_hub"],
}
