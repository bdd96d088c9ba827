"""The registry office's screen: which cards a citizen has, what helps a card in which state, and replacing one."""
