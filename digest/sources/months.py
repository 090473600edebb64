"""Names of the months as dates have them, in the languages of the web's news.

Those of CLDR are written down here: to have them from the library at each start is a quarter of a second and 20 MB.
"""

from __future__ import annotations

_BY_HAND = (
    "january jan januar januari janvier enero janeiro gennaio ene jän",
    "february feb februar février fevrier febrero fevereiro febbraio fév",
    "march mar märz maerz mars marzo março marco mär",
    "april apr avril abril aprile avr abr",
    "may mai mayo maio maggio",
    "june jun juni juin junio junho giugno",
    "july jul juli juillet julio julho luglio juil",
    "august aug août aout agosto ago",
    "september sep sept septembre septiembre setembro settembre",
    "october oct oktober okt octobre octubre outubro ottobre",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre diciembre dezembro dicembre déc",
)
FROM_CLDR = (
    "ian ianuarie január oca ocak sty stycznia tammi tammikuuta ιαν ιανουαρίου січ січня янв января ינואר ינו׳ يناير "
    "जनवरी जन॰",
    "febr februari februarie február helmi helmikuuta lut lutego şub şubat φεβ φεβρουαρίου лют лютого февр февраля "
    "פברואר פבר׳ فبراير फ़रवरी फ़र॰",
    "maalis maaliskuuta maart marca maret mart martie marts mrt márc március μαρ μαρτίου бер березня мар марта מרץ "
    "مارس मार्च",
    "aprilie huhti huhtikuuta kwi kwietnia nis nisan ápr április απρ απριλίου апр апреля квіт квітня אפריל אפר׳ أبريل "
    "अप्रैल",
    "maj maja mayıs mei máj május touko toukokuuta μαΐ μαΐου мая трав травня מאי مايو",
    "cze czerwca haz haziran iun iunie jún június kesä kesäkuuta ιουν ιουνίου июн июня черв червня יוני يونيو जून",
    "heinä heinäkuuta iul iulie júl július lip lipca tem temmuz ιουλ ιουλίου июл июля лип липня יולי يوليو जुलाई जुल॰",
    "agu agustus augusti augustus augusztus ağu ağustos elo elokuuta sie sierpnia αυγ αυγούστου авг августа серп "
    "серпня אוגוסט אוג׳ أغسطس अगस्त अग॰",
    "eyl eylül septembrie syys syyskuuta szept szeptember wrz września σεπ σεπτεμβρίου вер вересня сент сентября "
    "ספטמבר ספט׳ سبتمبر सितंबर सित॰",
    "eki ekim loka lokakuuta octombrie október paź października οκτ οκτωβρίου жовт жовтня окт октября אוקטובר אוק׳ "
    "أكتوبر अक्टूबर अक्टू॰",
    "kas kasım lis listopada marras marraskuuta noiembrie νοε νοεμβρίου лист листопада нояб ноября נובמבר נוב׳ نوفمبر "
    "नवंबर नव॰",
    "ara aralık decembrie des desember gru grudnia joulu joulukuuta δεκ δεκεμβρίου груд грудня дек декабря דצמבר דצמ׳ "
    "ديسمبر दिसंबर दिस॰",
)  # fmt: skip
"""What a name means in one language only, or the same in all that have it; `LANGUAGES` are asked."""
LANGUAGES = ("ru", "uk", "pl", "nl", "tr", "sv", "da", "nb", "fi", "hu", "ro", "el", "hi", "ar", "he", "id")

_BENGALI = "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর"
_LEVANT = "كانون الثاني|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين الأول|تشرين الثاني|كانون الأول"
THAI = {
    name: number
    for line in (
        "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
        "ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค",
    )
    for number, name in enumerate(line.split(), start=1)
}
"""Months beside years that are counted from the Buddha."""

MONTHS = {
    name: number
    for names in (FROM_CLDR, _BY_HAND)
    for number, line in enumerate(names, start=1)
    for name in line.split()
} | {name: number for names in (_BENGALI.split(), _LEVANT.split("|")) for number, name in enumerate(names, start=1)}
"""Name, case-folded, without a full stop at its end -> 1 to 12."""
