"""E-mail of the offices: an outbox in the database, its delivery over SMTP, and a catcher that shows what came."""
