"""Web addresses of stories: canonical, safe, and comparable."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from courlan import clean_url, extract_domain, scrub_url

_TRACKERS = re.compile(
    r"\A(?:utm_.*|at_.*|mc_.*|hsa_.*|pk_.*|cmp|cmpid|cid|smid|smtyp|fbclid|gclid|gclsrc|dclid|msclkid|yclid|igshid|"
    r"oc|ref|ref_src|referrer|rss|xtor|traffic_source|partner|guccounter|__twitter_impression|ocid|ito|wt_mc|sref)\Z",
    re.IGNORECASE,
)
_MAYBE_AN_ARTICLE = re.compile(r"\A(?:cid|eid|uid|ref|partner|rss)\Z", re.IGNORECASE)
"""Trackers by name, which some sites name their articles by."""
_NUMBER = re.compile(r"\A(?:\d+|[0-9a-f]{8}[0-9a-f-]*)\Z", re.IGNORECASE)
_NAMELESS = re.compile(r"\A(?:/[a-z]{1,12})*(?:\.(?:php|aspx?|jsp|cgi|cfm|do|html?))?/?\Z", re.IGNORECASE)
"""Paths of a few short words, such as `/news/read.php`: a script, not an article."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}\u202a-\u202e\u2066-\u2069]")
_HOST = re.compile(r"\A[^\s/@:\[\]%<>\"'\\]+\.[^\s/@:\[\]%<>\"'\\.]+\.?\Z")
_MIRRORS = re.compile(r"\A(?:www\d?|m|mobile|amp)\.")
_LONGEST = 2000
_INSIDE = re.compile(
    r"(?:\A|\.)(?:local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|onion)\.?\Z"
)
"""Names that mean something inside of one house only (RFC 6761, RFC 6762 appendix G, RFC 8375), or in no browser as it
is sold (RFC 7686)."""
_SPELLED_ADDRESS = re.compile(
    r"(?:\A|\.)(?:nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com|traefik\.me)\.?\Z"
)
"""Names that lead to whatever address is written in them, or to the reader's own machine."""
_NUMERIC = re.compile(r"(?:\A|\.)(?:\d+|0x[0-9a-f]*)\.?\Z")


def canonical(url: str | None) -> str:
    """The address without trackers, fragment, credentials and default port; empty where it is unsafe or not public.

    A fragment that is a route (`#/news/1`, `#!news/1`) stays, and so does a number that alone names the article.
    Applying it twice gives the same as applying it once.
    """
    text = (url or "").strip()
    if not text or len(text) > _LONGEST or _UNSAFE.search(text):
        return ""
    for _ in range(4):  # cleaning one part may uncover another; it settles after one or two rounds
        cleaned = _clean_once(text)
        if cleaned == text:
            return text
        text = cleaned
    return text if text == _clean_once(text) else ""


def _clean_once(url: str) -> str:
    base, _, fragment = url.partition("#")
    route = fragment.startswith(("/", "!")) and any(map(str.isalnum, fragment))
    try:
        whole = scrub_url(base if route else url)
        parts = urlsplit(clean_url(whole) or "")
        asked = urlsplit(whole).query
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not _HOST.match(host) or not is_public_host(host):
        return ""
    scheme = parts.scheme.lower()
    keep_port = port is not None and port != {"http": 80, "https": 443}[scheme]
    netloc = f"{host}:{port}" if keep_port else host
    query = _without_trackers(parts.query)
    query = "&".join(filter(None, (query, _article_in(asked, parts.path, query))))
    kept = quote(fragment, safe="/%!?=&:,;@$'()*+-._~") if route else ""
    cleaned = urlunsplit(SplitResult(scheme, netloc, parts.path or "/", query, kept))
    return "" if _UNSAFE.search(cleaned) else cleaned


def is_public_host(host: str) -> bool:
    """False where a reader elsewhere would find nothing, or something of their own: private addresses, inner names.

    By what is written: no name is looked up. A host that ends in a number is an address, and must be a plain one.
    """
    if _NUMERIC.search(host):
        try:
            return ipaddress.IPv4Address(host.rstrip(".")).is_global
        except ValueError:
            return False
    return not _INSIDE.search(host) and not _SPELLED_ADDRESS.search(host)


def _without_trackers(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if not _TRACKERS.match(key)]
    return query if len(kept) == len(pairs) else urlencode(kept)


def _article_in(asked: str, path: str, query: str) -> str:
    """The numbers that were taken for trackers, where neither the path nor what is left of the query names anything."""
    if not asked or not _NAMELESS.match(path):
        return ""
    if any(len(value) > 8 or any(map(str.isdigit, value)) for _, value in parse_qsl(query)):
        return ""
    return urlencode([pair for pair in parse_qsl(asked) if _MAYBE_AN_ARTICLE.match(pair[0]) and _NUMBER.match(pair[1])])


def address_key(url: str) -> str:
    """What two addresses of one article share: no scheme, no `www.`, `m.` or `amp.`, no trailing slash or `/amp`."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = _MIRRORS.sub("", parts.netloc.lower())
    path = parts.path.rstrip("/")
    path = re.sub(r"/amp\Z|\.amp(?=\.html\Z)", "", path)
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{path}{query}#{parts.fragment}" if parts.fragment else f"{host}{path}{query}"


def article_key(url: str) -> str:
    """The `address_key` of a canonical address; empty for a site's front page, which names no article."""
    parts = urlsplit(url)
    return address_key(url) if parts.path.strip("/") or parts.query or parts.fragment else ""


def registrable(url: str) -> str:
    """The domain that somebody registered, `bbc.co.uk` of `www.bbc.co.uk`; the whole host where no rule is known."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    found: str | None = extract_domain(url) if host else None
    return found or _MIRRORS.sub("", host)
