from . import retail_dead_letter_wizard
from . import retail_field_map_comparison
from . import retail_mapping_preview
from . import retail_setup_check
