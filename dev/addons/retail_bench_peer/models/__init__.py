from . import bench_contact
from . import bench_order
from . import loyalty_card
from . import res_partner
from . import sale_order
