"""Words that say what befell a place, and which of them may be one happening."""

from __future__ import annotations

from functools import lru_cache

_WORDS: dict[str, str] = {
    "shooting": (
        "gunman gunmen shooting shootings shot gunfire gunshot gunshots rifle sniper "
        "fusillade fusillades tireur tireurs tirs tiroteo tiroteos disparos tirador baleado baleados pistolero "
        "schüsse schütze schießerei erschossen sparatoria spari tiroteio schietpartij schoten schutter "
        "стрельба стрельбу стрельбы إطلاق"
    ),
    "stabbing": (
        "stabbing stabbings stabbed knife knifeman machete poignardé poignardés couteau apuñalado apuñalados cuchillo "
        "messer messerangriff erstochen messerattacke accoltellato accoltellati coltello esfaqueado esfaqueados faca "
        "neergestoken steekpartij"
    ),
    "blast": (
        "explosion explosions blast blasts bomb bombs bombing bombings bomber exploded explodes detonated grenade "
        "bombe bombes attentat explosé bomba bombas estallido explosión bomben sprengsatz explodiert esplosione "
        "explosão explosie bom взрыв взрыва взрывы انفجار تفجير"
    ),
    "fire": (
        "fire fires blaze blazes wildfire wildfires bushfire flames inferno arson incendie incendies flammes "
        "incendio incendios llamas brand brände feuer flammen waldbrand waldbrände großbrand fiamme incêndio "
        "incêndios chamas vlammen bosbrand пожар пожара пожары حريق حرائق"
    ),
    "crash": (
        "crash crashes crashed collision collisions collided collides derails derailed derailment rammed rams "
        "overturns overturned déraillement déraille percuté percute collisions accident choque descarrila "
        "descarrilamiento colisión accidente unfall zusammenstoß entgleist entgleisung absturz abgestürzt incidente "
        "schianto deraglia acidente colisão ongeluk botsing ontspoord крушение авария авиакатастрофа حادث تصادم"
    ),
    "collapse": (
        "collapse collapses collapsed effondrement effondré effondre derrumbe desplome derrumbó einsturz eingestürzt "
        "crollo crolla desabamento desaba instorting ingestort обрушение обрушился انهيار"
    ),
    "flood": (
        "flood floods flooding flooded floodwaters inondation inondations crue crues inundación inundaciones "
        "hochwasser flut überschwemmung überschwemmungen alluvione alluvioni enchente enchentes inundações "
        "overstroming overstromingen наводнение наводнения فيضانات فيضان سيول"
    ),
    "storm": (
        "storm storms hurricane typhoon cyclone tornado tornadoes gale blizzard tempête ouragan typhon tornade "
        "tormenta huracán tifón ciclón sturm orkan hurrikan taifun zyklon tempesta uragano tempestade furacão orkaan "
        "ураган тайфун إعصار عاصفة"
    ),
    "slide": (
        "landslide landslides mudslide mudslides avalanche avalanches éboulement glissement deslave deslizamiento "
        "alud avalancha erdrutsch lawine frana valanga deslizamento aardverschuiving lawine оползень лавина"
    ),
    "quake": (
        "earthquake earthquakes quake quakes tremor tremors aftershock aftershocks tsunami séisme séismes secousse "
        "terremoto terremotos sismo temblor erdbeben beben scossa sisma tremor aardbeving землетрясение زلزال"
    ),
    "eruption": "volcano eruption erupts erupted lava éruption volcan erupción volcán vulkan vulcano eruzione vulcão",
    "sinking": (
        "sinks sank sinking capsizes capsized shipwreck drowned drown naufrage chavire chaviré naufragio hundió "
        "volcó gesunken gekentert ertrunken naufraga affonda naufrágio gezonken гибель غرق"
    ),
    "strike": (
        "airstrike airstrikes missile missiles drone drones shelling shelled rocket rockets bombardement "
        "bombardements bombardeo bombardeos misil misiles drohne drohnen rakete raketen luftangriff luftangriffe "
        "missile missili drone droni míssil mísseis raket raketten ракета ракеты дрон дроны обстрел беспилотник غارة "
        "غارات قصف صاروخ صواريخ"
    ),
    "heat": (
        "heatwave heatwaves drought droughts canicule sécheresse sequía calor dürre hitze hitzewelle siccità caldo "
        "seca droogte hittegolf засуха جفاف"
    ),
    "sport": (
        "midfielder striker goalkeeper quarterfinal semifinal semifinals innings wicket wickets touchdown playoffs "
        "grandslam bundesliga hattrick defender derby fußball torwart stürmer halbfinale viertelfinale buteur "
        "gardien delantero portero semifinales goleada calciatore portiere"
    ),
}
_TOGETHER = (
    "shooting stabbing", "shooting blast", "shooting strike", "shooting crash", "blast fire",
    "blast strike", "blast collapse", "blast crash", "blast sinking", "stabbing crash", "stabbing fire",
    "fire strike", "fire crash", "fire collapse", "fire sinking", "fire heat", "fire eruption", "fire quake",
    "fire storm", "crash collapse", "crash sinking", "crash storm", "crash strike", "crash slide", "crash flood",
    "collapse flood", "collapse storm", "collapse slide", "collapse quake", "collapse strike", "flood storm",
    "flood slide", "flood quake", "flood heat", "storm slide", "storm sinking", "slide quake", "slide eruption",
    "quake eruption", "strike sinking", "sinking flood", "sport crash", "sport heat", "sport storm",
)  # fmt: skip
"""What one happening may be told as: a bomb sets a house on fire, a storm brings a flood."""

KINDS: tuple[str, ...] = tuple(_WORDS)


@lru_cache(maxsize=1)
def kinds_by_word() -> dict[str, int]:
    """Case-folded word -> the place of its kind in KINDS."""
    return {word: place for place, kind in enumerate(KINDS) for word in _WORDS[kind].casefold().split()}


@lru_cache(maxsize=1)
def compatible() -> tuple[tuple[bool, ...], ...]:
    """Row and column of each kind: whether one happening may be told as both."""
    pairs = {frozenset(pair.split()) for pair in _TOGETHER}
    return tuple(tuple(one == other or frozenset((one, other)) in pairs for other in KINDS) for one in KINDS)
