"""DynamoDB behind typed reads and transactions; the only package that talks to tables."""

import sys

# Where pyOpenSSL is installed, botocore loads it with urllib3's adapter, to no end but finding that the
# standard library's TLS is used. Passkeys need it, rarely; no other cold start shall pay for it.
sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]
