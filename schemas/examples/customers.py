"""Examples of the events of customers. The telephone number is one that regulators keep free for fiction."""

from ..customer import AddressV1, CustomerErasedV1, CustomerMergedV1, CustomerV1, NameV1, PhoneV1
from .example import CUSTOMER_ID, OTHER_CUSTOMER_ID, Example, changed

ADDRESS = AddressV1(kind="contact", street="Kerkstraat 1", city="Gent", postal_code="9000", country="BE")
CUSTOMER = CustomerV1(
    id=CUSTOMER_ID,
    type="person",
    name=NameV1(full="Anna Janssens", given="Anna", family="Janssens"),
    emails=("anna@example.com",),
    phones=(PhoneV1(number="+447700900123"),),
    addresses=(ADDRESS,),
    language="nl-BE",
    tags=("VIP",),
    external_ids={"reference": "C-1007"},
)

EXAMPLES = {
    "customer.created": Example(changed(CUSTOMER, phones=(), tags=())),
    "customer.updated": Example(CUSTOMER),
    "customer.merged": Example(CustomerMergedV1(id=CUSTOMER_ID, merged_ids=(OTHER_CUSTOMER_ID,))),
    "customer.erased": Example(CustomerErasedV1(id=CUSTOMER_ID)),
}
