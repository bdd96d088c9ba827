"""Forms of a record: JSON schema, JUnit XML, and a page for people."""
