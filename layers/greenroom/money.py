"""Money in whole minor units: currencies, shares, and parts that sum to the whole."""

from .refusals import InvalidInput

WHOLE = 10_000
"""A whole in basis points."""

# Minor-unit exponents that differ from 2, after ISO 4217.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD JOD KWD OMR TND".split(), 3),
}
_TWO_DECIMALS = frozenset(
    "AED AUD BRL CAD CHF CNY COP CZK DKK EGP EUR GBP GEL GHS HKD HUF IDR ILS INR KES MAD MXN MYR NGN NOK NZD "
    "PEN PHP PKR PLN QAR RON SAR SEK SGD THB TRY TWD UAH USD ZAR".split()
)
CURRENCIES = _TWO_DECIMALS | set(_EXPONENTS)
"""The currencies that can be booked in."""


class UnknownCurrency(InvalidInput):
    """Not a currency that can be booked in."""


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency's minor unit."""
    if currency not in CURRENCIES:
        raise UnknownCurrency(f"{currency} is not a currency we take", field="currency")
    return _EXPONENTS.get(currency, 2)


def payable_unit(currency: str) -> int:
    """Return the least amount that can be paid: ten where there are three decimals, as cards know only two.

    What is paid or given back is a whole number of these.
    """
    return 10 if exponent(currency) == 3 else 1


def check_payable(amount: int, currency: str, *, field: str) -> None:
    """Accept an amount that can be paid to the last unit; raise ``InvalidInput``."""
    if amount % payable_unit(currency):
        raise InvalidInput(f"Amounts in {currency} end with a 0: no card pays thousandths", field=field)


def share(amount: int, basis_points: int, unit: int = 1) -> int:
    """Return a share of an amount in whole units, rounded half up; what is left is ``amount - share``.

    Both are whole units if the amount is, and always sum.
    """
    return (amount * basis_points + WHOLE * unit // 2) // (WHOLE * unit) * unit


def format_amount(amount: int, currency: str) -> str:
    """Return e.g. ``1,250.00 EUR``, ``125,000 JPY``, ``1.250 KWD``."""
    decimals = exponent(currency)
    whole, rest = divmod(abs(amount), 10**decimals)
    sign = "-" if amount < 0 else ""
    fraction = f".{rest:0{decimals}d}" if decimals else ""
    return f"{sign}{whole:,}{fraction} {currency}"
