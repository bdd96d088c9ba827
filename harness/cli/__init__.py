"""The command line: ``thnid``."""
