"""Citizens and hospitals: whom NHSO can be asked about."""
