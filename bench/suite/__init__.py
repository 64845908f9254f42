"""The benchmark suite: Inferway beside nginx and HAProxy, by the project's own load client and model double."""
