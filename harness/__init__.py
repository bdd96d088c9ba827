"""Who asks: terminals, the client, the officer login, and the private PC/SC stack with its bench."""
