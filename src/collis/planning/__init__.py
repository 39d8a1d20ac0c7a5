"""Planning: several candidate plans, each keeping every limit, each explained; none pre-chosen."""
