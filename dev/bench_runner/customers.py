"""Customers as a shop has them."""

import odoo_here
from copies import copy_rows

FIRST_NAMES = ("Ann", "Bram", "Chloé", "Dries", "Eva", "Finn", "Greet", "Hugo", "Ines", "Jonas")
LAST_NAMES = ("Peeters", "Janssens", "Maes", "Jacobs", "De Smet", "Dubois", "Lambert", "Claes")
STREETS = ("Meir", "Veldstraat", "Rue Neuve", "Kerkstraat", "Stationslaan", "Grote Markt")
CITIES = (("2000", "Antwerpen"), ("9000", "Gent"), ("1000", "Brussel"), ("3000", "Leuven"), ("4000", "Liège"))
JOBS = ("Buyer", "Florist", "Teacher", "Baker", "Nurse", False)
ORIGINALS = 500  # of many customers; the others are copies


def customers(env, count, label):
    """Return the values of `count` new customers; `label` makes their email addresses unlike others'."""
    country = env.ref("base.be").id
    return [_customer(number, label, country) for number in range(count)]


def _customer(number, label, country):
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // 3 % len(LAST_NAMES)]
    postal_code, city = CITIES[number % len(CITIES)]
    return {
        "name": f"{first} {last}",
        "email": f"customer.{label}.{number}@example.com",
        "phone": f"+32 470 {number // 10000 % 100:02} {number // 100 % 100:02} {number % 100:02}",
        "street": f"{STREETS[number % len(STREETS)]} {number % 200 + 1}",
        "zip": postal_code,
        "city": city,
        "country_id": country,
        "lang": "en_US",
        "function": JOBS[number % len(JOBS)],
        "ref": f"C{label}-{number}",
    }


def make_customers(database, count):
    """Make customers, most of them by SQL as copies of a few; return their ids. The hub must not be connected yet."""
    with odoo_here.environment(database) as env:
        originals = env["res.partner"].create(customers(env, min(count, ORIGINALS), "many"))
        env.flush_all()
        copies = copy_rows(
            env.cr._obj,
            "res_partner",
            originals.ids,
            count - len(originals),
            commercial_partner_id="new_id",
            email="n || '.' || email",
            email_normalized="n || '.' || email_normalized",
            ref="ref || '-' || n",
        )
        env.cr.commit()
    database.query("ANALYZE res_partner")
    return [*originals.ids, *copies]
