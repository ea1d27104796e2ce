from . import retail_dead_letter_wizard
