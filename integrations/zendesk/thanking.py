"""Whether a customer only says thanks: that asks for no draft.

By words, all of which must be known here: one that is not, or a question mark, and it is a comment like any other. A
draft too many costs an agent a look, a draft too few a search.
"""

import re
from collections.abc import Collection

LONGEST = 30  # words
WORD = re.compile(r"[^\W\d_]+")
THANKED = "thanks thank thx ty cheers appreciated danke dank dankeschön merci gracias grazie obrigado obrigada bedankt"
AROUND = """
    you so very much many a lot again ok okay alright great good perfect perfectly excellent awesome amazing nice
    wonderful super brilliant that this it all everything works worked working helped helps solved resolved fixed sorted
    done now for your the quick fast prompt kind reply response support answer help time have day evening week weekend
    and i we s is was really hi hello dear team best regards sincerely bye

    vielen besten herzlichen lieben schönen für die das hat hab habe schnelle rasche hilfe antwort rückmeldung
    unterstützung ihre eure deine geholfen funktioniert klappt geklappt jetzt alles klar perfekt prima toll gut gerne
    tag abend wochenende noch ein einen und ich ihnen euch dir auch liebe grüße viele freundliche mit freundlichen hallo
    vg lg mfg

    beaucoup bien pour votre ton aide réponse rapide parfait bonne journée soirée c est ça marche maintenant à vous
    bonjour cordialement muchas mil por su tu ayuda respuesta perfecto genial buen día saludos mille tante per l aiuto
    la risposta perfetto ottimo buona giornata saluti muito pela ajuda resposta perfeito bom dia je wel u voor de snelle
    hulp reactie top fijne groet
"""  # English, German, and some of French, Spanish, Italian, Portuguese and Dutch
THANKS = frozenset(THANKED.split())
COURTESY = THANKS.union(AROUND.casefold().split())


def is_thanks(text: str, names: Collection[str] = ()) -> bool:
    """`names`: of those who may be addressed, or sign."""
    words = [each.casefold() for each in WORD.findall(text)]
    known = COURTESY.union(*(map(str.casefold, WORD.findall(name)) for name in names))
    if not words or len(words) > LONGEST or "?" in text or any(each.isdigit() for each in text):
        return False
    return not THANKS.isdisjoint(words) and known.issuperset(words)
