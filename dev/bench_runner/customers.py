"""Customers as a shop has them."""

FIRST_NAMES = ("Ann", "Bram", "Chloé", "Dries", "Eva", "Finn", "Greet", "Hugo", "Ines", "Jonas")
LAST_NAMES = ("Peeters", "Janssens", "Maes", "Jacobs", "De Smet", "Dubois", "Lambert", "Claes")
STREETS = ("Meir", "Veldstraat", "Rue Neuve", "Kerkstraat", "Stationslaan", "Grote Markt")
CITIES = (("2000", "Antwerpen"), ("9000", "Gent"), ("1000", "Brussel"), ("3000", "Leuven"), ("4000", "Liège"))
JOBS = ("Buyer", "Florist", "Teacher", "Baker", "Nurse", False)


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
