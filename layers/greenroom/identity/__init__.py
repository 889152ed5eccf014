"""Who somebody is: accounts, passwords, tokens and sessions."""

from greenroom.deferred import defer

# PyJWT tells certificates from secrets, where secrets sign; with us keys do. It was a tenth of a start.
defer("cryptography.x509")
