"""Files that agents publish: sent straight to a bucket, looked at, and only then shown to anybody."""
