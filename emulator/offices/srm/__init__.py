"""SRM, the successor of ERM: access and refresh tokens, and a search by access token."""
