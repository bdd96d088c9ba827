"""Who answers: the virtual card, its link into a reader, and the offices behind the login."""
