"""Function words of the larger news languages: they join any two texts and tell nothing."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = _words(
    "a about above across after afterwards again against all almost alone along already also although always "
    "am among amongst amount an and another any anyhow anyone anything anyway anywhere are around as at back "
    "be became because become becomes becoming been before beforehand behind being below beside besides "
    "between beyond both but by call can cannot could did do does doing done down due during each either else "
    "elsewhere enough etc even ever every everyone everything everywhere except few for former formerly found "
    "from full further get give go had has have having he hence her here hereafter hereby herein hers herself "
    "him himself his how however if in indeed into is it its itself just keep last latter least less made many "
    "may me meanwhile might mine more moreover most mostly move much must my myself name namely neither never "
    "nevertheless next no nobody none noone nor not nothing now nowhere of off often on once one only onto or "
    "other others otherwise our ours ourselves out over own per perhaps please put rather re same said say "
    "says see seem seemed seeming seems several she should show side since so some somehow someone something "
    "sometime sometimes somewhere still such take than that the their them themselves then there thereafter "
    "thereby therefore therein these they this those though through throughout thus to together too toward "
    "towards under until up upon us very via was we well were what whatever when whenever where whereas "
    "whereby wherever whether which while who whoever whole whom whose why will with within without would yet "
    "you your yours yourself"
)

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _ENGLISH,
    "fr": _words(
        "au aux avec ce ces cet cette dans de des du elle elles en et eux il ils je la le les leur leurs lui "
        "ma mais me même mes mon ne nos notre nous on ont ou où par pas plus pour qu que qui sa sans se ses si "
        "son sont sur ta te tes ton tu un une vos votre vous est était été être avait avoir ont fait faire "
        "comme aussi après avant alors ainsi car celle celui ceux chez contre depuis dont deux encore entre "
        "jusqu lors moins non peut sous tout tous toute toutes très vers selon dit cela ça donc ni sera serait "
        "soit"
    ),
    "es": _words(
        "a al algo ante antes como con contra cual cuando de del desde donde durante e el ella ellas ellos en "
        "entre era es esa ese eso esta está están este esto estos fue ha había han hasta hay la las le les lo "
        "los más me mi muy ni no nos o otra otro otros para pero por porque que qué quien se sea según ser si "
        "sí sido sin sobre son su sus también tan tiene todo todos tras tu un una uno unos y ya yo dijo así "
        "aunque cada dos este fueron mientras parte puede solo tanto"
    ),
    "de": _words(
        "aber als am an auch auf aus bei bin bis da damit dann das dass dem den der des die dies diese diesem "
        "diesen dieser dieses doch dort durch ein eine einem einen einer eines er es etwa für gegen hat hatte "
        "hatten habe haben hier ihm ihn ihr ihre ihrem ihren ihrer im in ist ja jede jeder kann kein keine "
        "können mehr mit muss nach nicht noch nun nur ob oder ohne sagte schon sehr sei sein seine seinem "
        "seinen seiner seit selbst sich sie sind so soll sollen sowie über um und unter uns vom von vor war "
        "waren was weil wenn werden wie wieder will wird wo worden wurde wurden zu zum zur zwei zwischen"
    ),
    "it": _words(
        "a ad ai al alla alle anche che chi ci come con contro da dal dalla dalle dei del della delle di dopo "
        "dove due e è ed era essere fa fra gli ha hanno i il in io la le lo loro lui ma mentre nei nel nella "
        "nelle no noi non o per però più prima quando quella quello questa questo se sempre senza si sia sono "
        "stata stato su sua sue sugli sui sul sulla suo suoi tra tutti tutto un una uno"
    ),
    "pt": _words(
        "a ao aos as até com como contra da das de depois do dos e é ela ele eles em entre era essa esse esta "
        "está este foi foram há isso já lhe mais mas mesmo muito na não nas nem no nos o os ou para pela pelas "
        "pelo pelos por porque quando que quem se sem ser seu seus só sobre sua suas também tem ter um uma uns "
        "disse após ainda segundo"
    ),
    "nl": _words(
        "aan al als bij dan dat de der die dit door een en er ook op of om over maar me met meer na naar niet "
        "nog nu te tegen tot uit van veel voor was wat we wel werd wie wij worden wordt zal ze zei zich zij "
        "zijn zo zonder heeft hebben het hij hun had hem haar kan in is ik geen deze daar"
    ),
    "ru": _words(
        "а без был была были было в вам во вот все всё вы где да для до его ее её если есть еще ещё же за и из "
        "или им их к как ко когда которые который ли между мы на над не него нее нет ни но о об он она они от "
        "по под после при с со так также то того тоже только том ты у уже чем что чтобы эта эти это этого этой "
        "этом я сообщил заявил"
    ),
    "uk": _words(
        "а або але без був була були було в вже ви він вона вони все де для до є її його же за з зі і із її їх "
        "й коли ми на над не ні о от по під після при про та так також те ти то той тому у це цей ці цього що "
        "щоб як яка який які"
    ),
    "ar": _words(
        "في من على إلى عن أن إن أو مع هذا هذه ذلك التي الذي الذين ما لا لم لن قد كان كانت كما بين بعد قبل عند "
        "حتى ثم كل هو هي هم وقد وكان ولا وفي ومن أنه أنها إنه التى الى غير منذ خلال حول ضد قال وقال وأضاف أكد "
        "ولم أي يوم"
    ),
}


def stop_words(language: str) -> frozenset[str]:
    """Function words of the language, those of English where it is unknown, none where we have no list."""
    return _ENGLISH if language == "und" else STOP_WORDS.get(language, frozenset())
