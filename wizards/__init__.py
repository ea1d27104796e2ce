from . import dead_letter
from . import dead_letter_comparison
from . import field_map_comparison
from . import mapping_preview
from . import setup_check
