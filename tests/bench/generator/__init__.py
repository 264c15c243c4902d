"""Access logs as a busy web site writes them: the same seed, the same bytes. Reading order: agents, traffic, formats, files."""
