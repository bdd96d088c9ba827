"""UCWS: the SOAP service that answers an officer's smctoken with a citizen's entitlement."""
