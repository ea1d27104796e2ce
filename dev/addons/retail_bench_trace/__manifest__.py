{
    "name": "Retail Hub Bench: what a job does, and when",
    "summary": "Loaded by ./dev/bench --stages as a server-wide module; only for measurements",
    "version": "19.0.1.0.0",
    "category": "Sales/Integration",
    "author": "Retail Hub maintainers",
    "website": "https://github.com/retail-hub/retail_hub",
    "license": "LGPL-3",
    "depends": ["queue_job"],
    "external_dependencies": {"python": ["requests"]},
}
