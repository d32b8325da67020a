"""What several tests share.  Tests import it as ``support``."""
