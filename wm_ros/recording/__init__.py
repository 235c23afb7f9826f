"""`wm_record`: makes a dataset of what an arm and its camera really do, for a world model of that scene."""
