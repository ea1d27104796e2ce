from . import bench_contact
from . import bench_order
from . import res_partner
from . import sale_order
