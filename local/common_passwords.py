"""Makes the list of refused passwords anew: ``python -m local.common_passwords``.

Its source is the frequency lists of the package ``zxcvbn``, a developer's dependency: the passwords of
public breaches, first and last names, and the words of an encyclopedia. What the rule on length refuses
anyway is left out.
"""

import sys
import unicodedata
from collections.abc import Iterator

from greenroom.identity.common_passwords import ASSET, pack
from greenroom.identity.passwords import LONGEST, SHORTEST

LISTS = ("passwords", "english_wikipedia", "female_names", "male_names", "surnames")

# Habits that are younger than the lists.
ADDED = """
    123456abc 12341234 access14 adminadmin admin123 administrator changeme changeme123 iloveyou1 letmein123
    p@ssw0rd p@ssword passw0rd password! password1! password12 password123 password1234 princess1 q1w2e3r4
    q1w2e3r4t5 qwerty123 qwerty1234 secret123 spring2024 summer2024 summer2025 summer2026 superstar test1234
    welcome1 welcome123 winter2025 winter2026 zxcvbnm1
""".split()


def passwords() -> Iterator[str]:
    """Yield the listed passwords that are long enough to be chosen, composed and case-folded."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    words = [word for name in LISTS for word in FREQUENCY_LISTS[name]]
    for word in [*words, *ADDED]:
        folded = unicodedata.normalize("NFC", word).casefold()
        if SHORTEST <= len(folded) <= LONGEST:
            yield folded


def main() -> None:
    """Write the asset."""
    ASSET.write_bytes(pack(passwords()))
    sys.stdout.write(f"{ASSET}: {ASSET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
