from . import bench_contact
from . import res_partner
