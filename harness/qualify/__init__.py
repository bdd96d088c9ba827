"""Reader qualification: criteria, measured through PC/SC on whatever reader there is, and a verdict with numbers."""
