# ruff: noqa: E501, UP012
"""Odd documents as the web has them, in several scripts: each is read, and says what its outlet meant to say."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from digest.sources.detect import Address, read_document

from .expected import facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """A document, what it is expected to be, and the facts of its entries."""

    name: str
    content: bytes
    hint: str
    stated: tuple[dict[str, object], ...]
    url: str = "https://odd.example/"


def _rss(items: str, *, head: str = '<?xml version="1.0" encoding="utf-8"?>', more: str = "") -> bytes:
    return f'{head}<rss version="2.0" {more}><channel><title>Odd</title>{items}</channel></rss>'.encode()


def _posts(*posts: dict[str, object]) -> bytes:
    return json.dumps(posts, ensure_ascii=False).encode()


def _page(head: str, body: str, *, charset: str = "utf-8", lang: str = "") -> bytes:
    return f"<!DOCTYPE html><html lang='{lang}'><head>{head}</head><body>{body}</body></html>".encode(charset)


_CHINESE = (
    "本报北京四月八日电，市政府周五宣布，受连日暴雨影响，三条地铁线路暂停运营，约四十万名乘客受到影响。"
    "救援人员连夜排水，预计周日恢复通车。"
)
_THAI = (
    "กรุงเทพฯ — ฝนตกหนักตั้งแต่คืนวันพฤหัสบดีทำให้น้ำท่วมถนนหลายสายในเขตชั้นใน รถไฟฟ้าสองสายต้องหยุดให้บริการ "
    "และโรงเรียนสิบสองแห่งปิดการเรียนการสอน เจ้าหน้าที่กำลังเร่งสูบน้ำออกและคาดว่าจะเปิดใช้ถนนได้ในวันอาทิตย์"
)
_KOREAN = (
    "서울시는 금요일 폭우로 지하철 두 개 노선의 운행을 중단했다고 밝혔다. 승객 약 사십만 명이 불편을 겪었다. "
    "구조대는 밤새 물을 퍼냈으며 일요일에 운행이 재개될 것으로 보인다."
)
_AMHARIC = "በአዲስ አበባ ከባድ ዝናብ ሁለት መንገዶችን ዘጋ። የከተማው አስተዳደር አርብ ዕለት እንዳስታወቀው አሥራ ሁለት ትምህርት ቤቶች ተዘግተዋል።"
_KHMER = "ទឹកជំនន់បានបិទផ្លូវពីរនៅរាជធានីភ្នំពេញកាលពីថ្ងៃសុក្រ ហើយសាលារៀនដប់ពីរត្រូវបានបិទ។ អាជ្ញាធរកំពុងបូមទឹកចេញ។"

ODD = (
    Odd(
        name="a feed behind warnings of PHP",
        hint="feed",
        content=b"<br />\n<b>Warning</b>: Undefined index: lang in <b>/var/www/feed.php</b> on line <b>12</b><br />\n"
        + _rss("<item><title>Bridge closed</title><link>https://odd.example/1</link></item>"),
        stated=({"title": "Bridge closed", "url": "https://odd.example/1"},),
    ),
    Odd(
        name="a feed with entities of HTML that XML does not know",
        hint="feed",
        content=_rss(
            "<item><title>Prix du bl&eacute;&nbsp;: +12&nbsp;%</title><link>https://odd.example/2</link>"
            "<description>Le march&eacute; d&rsquo;Abidjan</description></item>"
        ),
        stated=({"title": "Prix du blé : +12 %", "standfirst": "Le marché d’Abidjan"},),
    ),
    Odd(
        name="a feed of short notes without titles",
        hint="feed",
        content=_rss(
            "<item><link>https://odd.example/@desk/3</link><guid>https://odd.example/@desk/3</guid>"
            "<description>&lt;p&gt;The ferry to Ithaca is cancelled until Sunday. Tickets stay valid.&lt;/p&gt;"
            "</description><pubDate>Fri, 08 Apr 2022 09:00:00 +0000</pubDate></item>"
        ),
        stated=({"title": "The ferry to Ithaca is cancelled until Sunday.", "url": "https://odd.example/@desk/3"},),
    ),
    Odd(
        name="notes without titles in a JSON Feed",
        hint="jsonfeed",
        content=json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [
                    {"id": "1", "url": "https://odd.example/n/1", "content_text": "水位が下がった。橋は日曜日に開く。"}
                ],
            }
        ).encode("utf-16"),
        stated=({"title": "水位が下がった。", "url": "https://odd.example/n/1"},),
    ),
    Odd(
        name="several links of one Atom entry",
        hint="feed",
        content=(
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>Odd</title><entry><id>tag:odd.example,2022:4</id>'
            '<link rel="self" href="https://odd.example/4.atom"/>'
            '<link rel="alternate" type="text/html" href="https://odd.example/4"/>'
            '<link rel="alternate" type="application/json" href="https://odd.example/4.json"/>'
            '<link rel="replies" href="https://odd.example/4/comments"/>'
            "<title>Dam opened</title><updated>2022-04-08T09:00:00Z</updated></entry></feed>"
        ).encode(),
        stated=({"title": "Dam opened", "url": "https://odd.example/4"},),
    ),
    Odd(
        name="a link with line breaks, in letters of another script",
        hint="feed",
        content=_rss(
            "<item><title>Паром отменён</title><link>\n   https://новости.example/мир/5 \n</link>"
            "<pubDate>Пт, 08 апр 2022 12:30:00 +0300</pubDate></item>"
        ),
        stated=(
            {
                "title": "Паром отменён",
                "url": "https://новости.example/мир/5",
                "published_at": "2022-04-08T09:30:00+00:00",
            },
        ),
    ),
    Odd(
        name="dates of other calendars and scripts",
        hint="feed",
        content=_rss(
            "<item><title>น้ำท่วม</title><link>https://odd.example/6a</link><pubDate>8 เม.ย. 2565 10:30</pubDate></item>"
            "<item><title>폭우</title><link>https://odd.example/6b</link><pubDate>2022년 4월 8일 10:30 +0900</pubDate></item>"
            "<item><title>Lũ lụt</title><link>https://odd.example/6c</link>"
            "<pubDate>8 tháng 4, 2022 10:30 +0700</pubDate></item>"
            "<item><title>أمطار</title><link>https://odd.example/6d</link><pubDate>٨ نيسان ٢٠٢٢</pubDate></item>"
            "<item><title>বন্যা</title><link>https://odd.example/6e</link><pubDate>৮ এপ্রিল ২০২২</pubDate></item>"
            "<item><title>Mưa</title><link>https://odd.example/6f</link><pubDate>0000-00-00 00:00:00</pubDate></item>"
        ),
        stated=(
            {"date": "2022-04-08", "published_at": "2022-04-08T10:30:00+00:00"},
            {"date": "2022-04-08", "published_at": "2022-04-08T01:30:00+00:00"},
            {"date": "2022-04-08", "published_at": "2022-04-08T03:30:00+00:00"},
            {"date": "2022-04-08"},
            {"date": "2022-04-08"},
            {"date": None, "published_at": None},
        ),
    ),
    Odd(
        name="a headline with marks of direction and joiners",
        hint="feed",
        content=_rss(
            "<item><title>\u202bسیل در تهران: راه‌ها بسته شد\u202c</title><link>https://odd.example/7</link></item>"
        ),
        stated=({"url": "https://odd.example/7"},),
    ),
    Odd(
        name="a feed in a code page of Taiwan",
        hint="feed",
        content=(
            '<?xml version="1.0" encoding="big5"?><rss version="2.0"><channel><title>x</title>'
            "<item><title>颱風逼近台灣東部</title><link>https://odd.example/8</link></item></channel></rss>"
        ).encode("big5"),
        stated=({"title": "颱風逼近台灣東部"},),
    ),
    Odd(
        name="text that is escaped twice",
        hint="feed",
        content=_rss(
            "<item><title>Fish &amp;amp; chips dearer</title><link>https://odd.example/9?a=1&amp;amp;b=2</link>"
            "<description><![CDATA[&lt;p&gt;Cod costs more.&lt;/p&gt;]]></description></item>"
        ),
        stated=({"title": "Fish & chips dearer", "standfirst": "Cod costs more."},),
    ),
    Odd(
        name="a Chinese page whose headline has no spaces",
        hint="page",
        content=_page(
            '<meta charset="gb2312"><title>暴雨致北京三条地铁线路停运_奇闻网</title>'
            '<meta property="og:site_name" content="奇闻网">',
            f"<div><h1>暴雨致北京三条地铁线路停运</h1><p>{_CHINESE}</p><p>{_CHINESE[::-1][:30]}。</p></div>",
            charset="gb18030",
            lang="zh",
        ),
        stated=({"title": "暴雨致北京三条地铁线路停运", "language": "zh"},),
    ),
    Odd(
        name="a Japanese page that hangs its name on the headline with a wide bar",
        hint="page",
        content=_page(
            '<meta charset="shift_jis"><title>大雨で地下鉄三路線が運休｜奇聞新聞</title>'
            '<meta property="og:site_name" content="奇聞新聞">'
            '<meta property="og:title" content="大雨で地下鉄三路線が運休｜奇聞新聞">',
            "<article><p>東京都は金曜日、大雨のため地下鉄三路線の運転を見合わせたと発表した。"
            "約四十万人に影響が出た。復旧は日曜日の見込み。</p></article>",
            charset="shift_jis",
            lang="ja",
        ),
        stated=({"title": "大雨で地下鉄三路線が運休"},),
    ),
    Odd(
        name="a Thai page in its own code page",
        hint="page",
        content=_page(
            '<meta http-equiv="Content-Type" content="text/html; charset=tis-620"><title>x</title>',
            f"<article><h1>น้ำท่วมกรุงเทพฯ</h1><p>{_THAI.replace('—', '-')}</p></article>",
            charset="cp874",
            lang="th",
        ),
        stated=({"title": "น้ำท่วมกรุงเทพฯ", "language": "th"},),
    ),
    Odd(
        name="JSON-LD that is broken, and more behind it",
        hint="page",
        content=_page(
            '<title>Home</title><script type="application/ld+json">{"@type": "WebSite", }</script>'
            '<script type="application/ld+json">/*<![CDATA[*/[{"@type":["Thing","ReportageNewsArticle"],'
            '"headline":"Ferry &amp; tunnel closed","datePublished":"2022-04-08T09:00:00+02:00",'
            '"author":["Ana Lima",{"name":"Bo Ek"}]}]/*]]>*/</script>',
            "<main><p>The ferry and the tunnel are closed until Sunday, the port said on Friday morning.</p></main>",
        ),
        stated=(
            {
                "title": "Ferry & tunnel closed",
                "published_at": "2022-04-08T07:00:00+00:00",
                "byline": "Ana Lima, Bo Ek",
            },
        ),
    ),
    Odd(
        name="a Korean page of text",
        hint="textdoc",
        content=f"로그인\n회원가입\n폭우로 서울 지하철 두 노선 중단\n입력 2022. 4. 8. 10:30\n{_KOREAN}\n저작권자 무단 전재 금지\n".encode(),
        stated=({"title": "폭우로 서울 지하철 두 노선 중단", "date": "2022-04-08", "paragraphs": [_KOREAN]},),
    ),
    Odd(
        name="a Thai page of text, which has neither spaces nor full stops",
        hint="textdoc",
        content=f"หน้าแรก\nการเมือง\nน้ำท่วมกรุงเทพฯ รถไฟฟ้าหยุดสองสาย\n8 เมษายน 2565\n{_THAI}\n".encode(),
        stated=({"title": "น้ำท่วมกรุงเทพฯ รถไฟฟ้าหยุดสองสาย", "date": "2022-04-08", "paragraphs": [_THAI]},),
    ),
    Odd(
        name="an Ethiopian page of text",
        hint="textdoc",
        content=f"መነሻ\nከባድ ዝናብ በአዲስ አበባ መንገዶችን ዘጋ\n{_AMHARIC}\n".encode(),
        stated=({"title": "ከባድ ዝናብ በአዲስ አበባ መንገዶችን ዘጋ", "paragraphs": [_AMHARIC]},),
    ),
    Odd(
        name="posts with shortcodes, blocks, a password, no title and a list in place of an object",
        hint="wordpress",
        content=_posts(
            {
                "id": 1,
                "date_gmt": "2022-04-08T09:00:00",
                "link": "https://odd.example/inundaci%C3%B3n/",
                "title": {"rendered": "Inundaci&oacute;n en Lima &#8211; &#8216;no hay paso&#8217;"},
                "content": {
                    "rendered": "<!-- wp:paragraph --><p>El r&iacute;o cort&oacute; dos calles.</p>\n"
                    '[gallery ids="1,2"]\n[caption id="a" width="3"]<img src="a.jpg"/> El r&iacute;o[/caption]'
                    "<p>El paso abre el domingo.</p>"
                },
            },
            {
                "id": 2,
                "date_gmt": "2022-04-08T09:00:00",
                "link": "https://odd.example/2/",
                "title": {"rendered": "Protegido: plan"},
                "content": {"rendered": "", "protected": True},
            },
            {
                "id": 3,
                "date_gmt": "0000-00-00T00:00:00",
                "link": "https://odd.example/3/",
                "title": {"rendered": ""},
                "content": {"rendered": "<p>Sin luz en el puerto desde anoche. Vuelve hoy.</p>"},
                "_embedded": {"author": [{"code": "rest_user_invalid_id", "message": "no"}], "wp:term": [[]]},
            },
        ),
        stated=(
            {
                "title": "Inundación en Lima – ‘no hay paso’",
                "paragraphs": ["El río cortó dos calles.", "El paso abre el domingo."],
            },
            {"title": "Protegido: plan", "paragraphs": []},
            {"title": "Sin luz en el puerto desde anoche.", "date": None},
        ),
    ),
    Odd(
        name="a sitemap with other languages of one article",
        hint="sitemap",
        content=(
            '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
            "<url><loc>https://odd.example/he/1</loc>"
            '<xhtml:link rel="alternate" hreflang="en" href="https://odd.example/en/1"/>'
            "<news:news><news:publication><news:name>מוזר</news:name><news:language>he</news:language>"
            "</news:publication><news:publication_date>2022-04-08</news:publication_date>"
            "<news:title>הצפות בחיפה: שני כבישים נסגרו</news:title></news:news></url></urlset>"
        ).encode(),
        stated=(
            {
                "title": "הצפות בחיפה: שני כבישים נסגרו",
                "url": "https://odd.example/he/1",
                "language": "he",
                "date": "2022-04-08",
            },
        ),
    ),
    Odd(
        name="a sitemap of the old name space",
        hint="sitemap",
        content=(
            '<urlset xmlns="http://www.google.com/schemas/sitemap/0.84" '
            'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
            "<url><loc> https://odd.example/hy/2 </loc><n:news><n:publication><n:language>hy</n:language>"
            "</n:publication><n:publication_date>2022-04-08T10:30+04:00</n:publication_date>"
            "<n:title><![CDATA[Երևանում ճանապարհ է փակվել]]></n:title></n:news></url></urlset>"
        ).encode(),
        stated=(
            {
                "title": "Երևանում ճանապարհ է փակվել",
                "url": "https://odd.example/hy/2",
                "published_at": "2022-04-08T06:30:00+00:00",
            },
        ),
    ),
    Odd(
        name="an aggregator that hangs the outlet on the headline",
        hint="feed",
        content=_rss(
            "<item><title>Quake shakes Chile - The Example Times</title><link>https://odd.example/12</link>"
            '<source url="https://example-times.example">The Example Times</source><description>&lt;a href="https://x.example"'
            "&gt;Quake shakes Chile&lt;/a&gt;&amp;nbsp;&lt;font&gt;The Example Times&lt;/font&gt;</description></item>"
        ),
        stated=({"title": "Quake shakes Chile", "agency": "The Example Times", "standfirst": "", "paragraphs": []},),
    ),
    Odd(
        name="a Burmese note of two sentences",
        hint="feed",
        content=_rss(
            "<item><link>https://odd.example/13</link><description>ရန်ကုန်မြို့တွင် မိုးသည်းထန်စွာ ရွာသွန်းသည်။ ကျောင်းများ ပိတ်ထားသည်။"
            "</description></item>"
        ),
        stated=({"title": "ရန်ကုန်မြို့တွင် မိုးသည်းထန်စွာ ရွာသွန်းသည်။"},),
    ),
    Odd(
        name="a Khmer page of text",
        hint="textdoc",
        content=f"ទំព័រដើម\nព័ត៌មាន\nទឹកជំនន់នៅភ្នំពេញ បិទផ្លូវពីរ\n៨ មេសា ២០២២\n{_KHMER}\n".encode(),
        stated=({"title": "ទឹកជំនន់នៅភ្នំពេញ បិទផ្លូវពីរ", "date": "2022-04-08", "paragraphs": [_KHMER]},),
    ),
    Odd(
        name="an item whose only address is its guid",
        hint="feed",
        content=_rss(
            "<item><title>Road open</title><guid>https://odd.example/10</guid></item>"
            '<item><title>Road shut</title><guid isPermaLink="false">road-shut-11</guid>'
            "<description>The road to Ica is shut.</description></item>"
        ),
        stated=({"url": "https://odd.example/10"}, {"url": None, "guid": "road-shut-11"}),
    ),
)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_an_odd_document_is_read_as_it_was_meant(odd: Odd) -> None:
    entries = read_document("odd", odd.content, hint=odd.hint, address=Address(url=odd.url))
    assert len(entries) == len(odd.stated)
    assert [facts(entry, stated) for entry, stated in zip(entries, odd.stated, strict=True)] == list(odd.stated)
