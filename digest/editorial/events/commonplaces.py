"""Words that any report has: they say that somebody said something somewhere, and not what happened."""

from __future__ import annotations

from functools import lru_cache

_WORDS: dict[str, str] = {
    "en": (
        "accord according accused added ago agency agreed aide amid announce announced announces annual area asked "
        "association authorities authority began begin big biggest called calls came case central chancellor chief "
        "cities city claim claims come comes comment confirmed council countries country county cut day days deal "
        "department deputy did director district dozen dozens early end executive expected federal final following "
        "force foreign former general government governments governor group groups head held help high hour hours "
        "hundreds including international know known large largest late later latest lead leader leaders leave left "
        "life like local long major make making man mayor member members men million millions billion minister "
        "ministers ministry minute month months national near news number office officer officers official officials "
        "old open order part parts party past people percent per cent person place plan plans police power premier "
        "presidency president presidents press prime public region regional report reported reporter reporters "
        "reports republic response right run saying says secretary senior set since small source sources speaking "
        "spokesman spokesperson spokeswoman state statement states start support taken talks team tell thing third "
        "thousands time times told took town tried try used use village want wants way week weeks went west woman "
        "women word work world year years young near killed kill kills killing dead death deaths die died dies "
        "injured injures injuring injuries wounded"
    ),
    "fr": (
        "ans an année années après-midi autorités annonce annoncé annoncés affirmé ancien ancienne avoir chef chefs "
        "communiqué département dernier dernière deuxième dirigeant directeur déclaré déclare déclaration entre "
        "femme femmes fois français française gouvernement gouverneur groupe heures heure homme hommes indiqué "
        "jour jours maire mardi membre membres mois ministre ministres ministère national nationale nombre nouveau "
        "nouvelle nuit parti partie pays personne personnes police porte-parole premier première président présidente "
        "procureur province quartier région responsable responsables selon source sources ville villes mort morts "
        "tué tués blessé blessés"
    ),
    "es": (
        "agregó alcalde anunció anuncia año años autoridades ciudad departamento dijo dicho director días día entre "
        "estado exjefe funcionario funcionarios fuentes gobernador gobierno grupo horas hombre hombres jefe medios "
        "mes meses ministerio ministra ministro mujer mujeres nacional nueva nuevo número país países parte partido "
        "persona personas policía portavoz presidenta presidente primer primera provincia pueblo región según vez "
        "muerto muertos muertes mató heridos herido"
    ),
    "de": (
        "angaben behörden bericht berichte chef erklärte erklärt ersten erste frau frauen gouverneur gruppe jahr "
        "jahre jahren kanzler bundeskanzler land leute länder mann menschen millionen milliarden minister ministerin "
        "mitteilte mitglieder monat monate männer neue neuen neuer partei polizei prozent präsident präsidentin "
        "regierung region sagte sagten sprecher sprecherin staat stadt stunden tag tage tagen teilte teil uhr "
        "worden wurde wurden bürgermeister zahl tote toten tot getötet verletzt verletzte"
    ),
    "it": (
        "anni anno annunciato autorità capo città detto donna donne fonti giorni giorno governo gruppo ministro "
        "ministra nazionale nuova nuovo ore paese parte partito persona persone polizia portavoce presidente prima "
        "primo regione secondo sindaco uomini uomo morti morto feriti"
    ),
    "pt": (
        "ano anos anunciou autoridades chefe cidade disse dia dias fontes governo grupo homem homens horas mulher "
        "mulheres ministra ministro nacional nova novo país parte partido pessoa pessoas polícia porta-voz prefeito "
        "presidente primeira primeiro região segundo mortos morto feridos"
    ),
    "nl": (
        "burgemeester dag dagen deel gemeente groep jaar jaren land maanden man mannen mensen minister nieuwe partij "
        "politie premier president procent regering regio stad uur vrouw vrouwen woordvoerder zegt zei doden gewonden"
    ),
}


@lru_cache(maxsize=16)
def commonplaces(language: str) -> frozenset[str]:
    """Words of any report in a language, case-folded; the English ones where it is unknown, none for others."""
    return frozenset(_WORDS.get("en" if language == "und" else language, "").casefold().split())
