{
    "name": "Retail Hub Example: a provider from outside",
    "summary": "A customer club with an API of one call per record, added without a change of Retail Hub",
    "version": "19.0.1.0.0",
    "category": "Sales/Integration",
    "author": "Retail Hub maintainers",
    "website": "https://github.com/retail-hub/retail_hub",
    "license": "LGPL-3",
    "depends": ["retail_hub"],
}
