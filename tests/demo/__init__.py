"""What `./run demo` runs: the whole pipeline, a news site in front of it, and readers that are simulated."""
