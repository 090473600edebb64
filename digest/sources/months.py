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
    "ian ianuarie jaanuar janar január januára janvāris janúar ledna oca ocak sausio sty stycznia tammi tammikuuta "
    "yanvar ιαν ιανουαρίου січ січня янв января януари јануар қаңтар հունվարի ינואר ינו׳ جنوری يناير ژانویهٔ जनवरी "
    "जन॰ जानेवारी জানুয়ারী ஜனவரி జనవరి ဇန်နဝါရီ იანვარი ጃንዋሪ មករា",
    "febr februari februarie február februára februāris febrúar fevral helmi helmikuuta lut lutego shkurt vasario "
    "veebruar února şub şubat φεβ φεβρουαρίου ақпан лют лютого фебруар февр февраля февруари փետրվարի פברואר פבר׳ "
    "فبراير فروری فوریهٔ फ़रवरी फ़र॰ फेब्रुवारी ফেব্রুয়ারী பிப்ரவரி ఫిబ్రవరి ဖေဖော်ဝါရီ თებერვალი ፌብሩዋሪ កុម្ភៈ",
    "března kovo maalis maaliskuuta maart machi marca maret mart martie marts mrt márc március märts μαρ μαρτίου бер "
    "березня мар март марта наурыз մարտի מרץ مارس مارچ मार्च মার্চ மார்ச் మార్చి မတ် მარტი ማርች មីនា",
    "aprel aprili aprilie aprill apríl apríla aprīlis balandžio dubna d’abril huhti huhtikuuta kwi kwietnia nis nisan "
    "prill ápr április απρ απριλίου апр апреля април квіт квітня сәуір ապրիլի אפריל אפר׳ آوریل أبريل اپریل अप्रैल "
    "एप्रिल এপ্রিল ஏப்ரல் ఏప్రిల్ ဧပြီ აპრილი ኤፕሪል មេសា",
    "gegužės května maijs maj maja mayıs maí mei máj mája május touko toukokuuta μαΐ μαΐου май мамыр мая мај трав "
    "травня մայիսի מאי مئی مايو مهٔ მაისი ឧសភា",
    "birželio cze czerwca haz haziran iun iunie iyun juuni jún júna június júní jūnijs kesä kesäkuuta qershor června "
    "ιουν ιουνίου июн июня маусым черв червня юни јун հունիսի יוני جون يونيو ژوئن जून জুন ஜூன் జూన్ ဇွန် ივნისი "
    "មិថុនា",
    "heinä heinäkuuta iul iulie iyul julai juuli júl júla július júlí jūlijs korrik liepos lip lipca tem temmuz "
    "července ιουλ ιουλίου июл июля лип липня шілде юли јул հուլիսի יולי جولائی يوليو ژوئیهٔ जुलाई जुलै जुल॰ জুলাই "
    "ஜூலை జులై ဇူလိုင် ივლისი ጁላይ កក្កដា",
    "agosti agu agustus augusta augusti augusts augustus augusztus avqust ağu ağustos d’agost elo elokuuta gusht "
    "rugpjūčio sie sierpnia srpna ágúst αυγ αυγούστου авг август августа серп серпня тамыз օգոստոսի אוגוסט אוג׳ أغسطس "
    "اوت اگست अगस्त अग॰ ऑगस्ट আগস্ট ஆகஸ்ட் ఆగస్టు ဩဂုတ် აგვისტო ኦገስት សីហា",
    "eyl eylül rugsėjo sentyabr septemba septembra septembrie septembris shtator syys syyskuuta szept szeptember wrz "
    "września září σεπ σεπτεμβρίου вер вересня сент сентября септембар септември қыркүйек սեպտեմբերի ספטמבר ספט׳ "
    "سبتمبر ستمبر سپتامبر सप्टेंबर सितंबर सित॰ সেপ্টেম্বর செப்டம்பர் సెప్టెంబర్ စက်တင်ဘာ სექტემბერი ሴፕቴምበር កញ្ញា",
    "d’octubre eki ekim loka lokakuuta octombrie oktoba oktobris oktoober oktyabr október októbra paź października "
    "spalio tetor října οκτ οκτωβρίου жовт жовтня окт октобар октомври октября қазан հոկտեմբերի אוקטובר אוק׳ أكتوبر "
    "اکتبر اکتوبر अक्टूबर अक्टू॰ ऑक्टोबर অক্টোবর அக்டோபர் అక్టోబర్ အောက်တိုဘာ ოქტომბერი ኦክቶበር តុលា",
    "kas kasım lapkričio lis listopada listopadu marras marraskuuta noiembrie novemba novembra novembris noyabr "
    "nëntor nóvember νοε νοεμβρίου лист листопада новембар ноември нояб ноября қараша նոյեմբերի נובמבר נוב׳ نوامبر "
    "نوفمبر نومبر नवंबर नव॰ नोव्हेंबर নভেম্বর நவம்பர் నవంబర్ နိုဝင်ဘာ ნოემბერი ኖቬምበር វិច្ឆិកា",
    "ara aralık decembra decembrie decembris dekabr des desemba desember detsember dhjetor gru grudnia gruodžio joulu "
    "joulukuuta prosince δεκ δεκεμβρίου груд грудня дек декабря декември децембар желтоқсан դեկտեմբերի דצמבר דצמ׳ "
    "دسامبر دسمبر ديسمبر डिसेंबर दिसंबर दिस॰ ডিসেম্বর டிசம்பர் డిసెంబర్ ဒီဇင်ဘာ დეკემბერი ዲሴምበር ធ្នូ",
)  # fmt: skip
"""What a name means in one language only, or the same in all that have it; `LANGUAGES` are asked."""
LANGUAGES = ("ru", "uk", "pl", "nl", "tr", "sv", "da", "nb", "fi", "hu", "ro", "el", "hi", "ar", "he", "id")
FULL_NAMES = (
    "cs", "sk", "bg", "lt", "lv", "et", "ca", "fa", "ur", "bn", "ta", "te", "km", "my", "ka", "hy", "sw", "am", "mr",
    "sr", "kk", "az", "sq", "is",
)  # fmt: skip
"""Languages of which the full names alone are known: "12 pro 2022" is Czech, and no date elsewhere."""

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
} | {name: number for number, name in enumerate(_LEVANT.split("|"), start=1)}
"""Name, case-folded, without a full stop at its end -> 1 to 12."""
