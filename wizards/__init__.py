from . import dead_letter
from . import dead_letter_comparison
from . import field_map_comparison
from . import mapping_preview
from . import sample
from . import setup_check
from . import setup_check_branches
from . import setup_check_server
