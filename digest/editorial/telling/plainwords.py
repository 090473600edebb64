"""Ordinary English words of the news: what a summary may say in its own words without naming anybody."""

from __future__ import annotations

_WORDS = """
able abroad accept accord accuse across act action add admit adult affect agency agree ahead aid aim air alarm alert
allege allow ally amid amount announce annual answer appeal appear approve area argue arm army arrest arrive ask
assault attack attempt authority average avoid away back ballot ban bank bar base battle beat begin begun believe
biggest bill black blast block blow board boat body bomb border boy break bring broad broken build building burn bus
business buy call came camp campaign cancel candidate capital car care carry case cause cease center central centre
chain chair challenge change charge chief child children choose city civil civilian claim clash clear climate close
coalition coast cold collapse come comes coming comment commit committee common community company concern condemn
confirm conflict continue control convict cost council count country court cover crash crew crime crisis critic
criticise criticize cross crowd current cut damage danger day dead deadliest deadly deal death debate decade decide
decision declare decline deep defeat defence defend defense delay demand deny depart deploy despite destroy detain die
died different difficult direct disaster discuss disease dispute doctor double downed draw driver drop drought due
early earn earth earthquake ease east economic economy effect effort elect election emerge emergency end energy enter
entire environment escape estimate evacuate event evidence expand expect expel expert explain explode explosion export
express extend face fail fall fallen family far fear federal feel fell female fight figure file fill final financial
find fire firm first fled flee flight flood follow food force foreign form former forward found free fresh front fuel
fully fund future gain gas gather general global goal going government great ground group grow grown guard gunman hail
half halt hand happen harbour hard head health hear heard heat heavy held help high highest hit hold home hope
hospital host hour house huge human hundreds hurt ice ill immediate impact important impose improve incident include
increase independent industry inflation injure inside insist inspect international investigate invite island issue
jail job join judge justice keep kill know known labour lack land large largest late later launch law lawmaker lawyer
lead leader leak learn leave led left legal lift light limit line link list little live local long lose loss lost low
lower main major make male man many march mark market mass match measure media medical meet meeting member men message
migrant military minister minority miss missing mission money month morning mostly mother mountain move much murder
nation national natural near nearby nearly need negotiate new news night north nuclear number offer office officer
official oil old open operate opponent oppose opposition order outbreak outside own paid pair parliament part party
pass passenger past patient pause pay peace people percent period person pilot place plan plane plant play plea plead
pledge point police policy political politician poor popular port position possible power praise prepare present
president press pressure prevent previous price prime prison private probe problem process produce program project
promise propose prosecute prosecutor protect protest provide province public publish pull push put question quit rain
raise ran range rate reach react read ready real reason rebel receive recent recession record recover red reduce
reform refugee refuse region reject relate release relief remain remove repeat replace report request rescue
researcher resident resign resist resolve respond rest restore result resume retreat return reveal revenue ride right
rise risk rival river road rocket role rose round route rule ruling run rural sail same sanction save scandal school
scientist sea search season seat second security seek seen seize sell send senior sent sentence separate series
serious serve service set settle seven several severe shake shell ship shock shoot short shot show shut sign similar
since single site situation slow small snow social soldier solution sought source south speak special speech spend
split spoke spread staff stage stand start state statement stay step stock stop storm street strengthen strike strong
struck struggle student study subject succeed suffer suggest suit summer summit supply support suspect suspend
suspicion swear sweep take taken talk target tax team tell tension term territory terror test thousands threat
threaten threw time today together told toll took top total tour toward town trade traffic train transport travel
treat treaty trial tried trigger trip troop truce try turn unable under unemployment union unit united urge use
vaccine vehicle victim victory village violence violent visit vote voter vow wage wait walk want war warn watch water
wave way weak weapon weather week weekend went west wide widespread win winner winter withdraw witness woman women
work worker world worse worst wound written year young
"""

PLAIN_WORDS = frozenset(_WORDS.split())
"""In their plain form: whoever looks takes endings off."""
