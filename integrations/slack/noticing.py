"""Notice whether a message asks something, where nobody spoke to the bot.

By its words alone: a message that is none of these costs nothing, and better one answer too few than one too many.
A question mark is one in every language; what asks without one is known in some of the larger ones.
"""

import re
from itertools import dropwhile
from unicodedata import normalize

EMOJI = re.compile(r":[a-z0-9_+'-]+:")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LINK = re.compile(r"https?://[^\s?]+(?:\?[^\s?)]+)?")  # the mark within it asks nothing

WORD = re.compile(r"[\w'+]+")
MARK = re.compile(r"[?？﹖⁇⁈⁉؟՞፧⸮]|(?<=[\u0370-\u03ff]);")  # of every script; in Greek, whose own NFC makes a semicolon
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # no blanks between words

GREETINGS = frozenset(
    WORD.findall(
        "hi hello hey hallo servus moin bonjour bonsoir salut coucou hola olá oi ciao salve buongiorno buonasera hoi "
        "goedemorgen goedemiddag goedenavond привет здравствуйте مرحبا أهلا اهلا 안녕하세요 안녕"
    )
)
# A message of nothing but these words, one of the first kind at least, asks nothing.
SAID = GREETINGS | frozenset(
    WORD.findall(
        "thanks thank thx ty tysm cheers appreciate appreciated ok okay k great perfect awesome "
        "super cool nice yes yep yeah nope agreed same sure done solved fixed works worked helps helped lol haha wow "
        "morning evening welcome np congrats congratulations bye +1 sorry oops worries resolved "
        "danke dankeschön bitte gern gerne morgen tschüss ja nein klar prima toll perfekt passt genau verstanden "
        "erledigt geklappt funktioniert glückwunsch entschuldigung "
        "merci oui non ouais d'accord parfait génial bravo félicitations désolé pardon compris "
        "gracias sí si vale perfecto genial listo claro entendido felicidades adiós perdón "
        "grazie prego perfetto ottimo fatto capito scusa "
        "obrigado obrigada sim não perfeito ótimo certo beleza valeu tchau desculpa parabéns "
        "dank bedankt dankjewel nee prima gelukt mooi oké "
        "спасибо да нет хорошо отлично понял поняла ок супер пожалуйста пока "
        "شكرا نعم لا حسنا تمام ممتاز عفوا "
        "감사합니다 감사해요 고맙습니다 고마워요 고마워 네 넵 예 알겠습니다 "
        "좋아요 좋습니다 수고하세요 수고하셨습니다 축하합니다 ㅋㅋ ㅋㅋㅋ ㅎㅎ"
    )
)
BESIDES = frozenset(
    WORD.findall(
        "you so much very a lot again everyone all guys team folks there for the your quick fast help answer reply "
        "info response it that this did now good got too well job one no not problem me oh ah to be and we i i'm it's "
        "that's thats you're will sounds have day weekend many really just "
        "schön sehr vielmals vielen dir euch für die den das hat hilfe schnelle antwort alles alle zusammen leute gut "
        "à beaucoup mille bien tous toutes tout le monde vous pour votre l'aide aide réponse c'est bon de rien très "
        "muchas muchísimas mil por la ayuda todos tanti tante per l'aiuto tutti tutto bene molte muito pela ajuda "
        "je wel u voor hulp allemaal iedereen goed большое всем за помощь очень جزيلا لك لكم وسهلا جميعا "
        "정말 모두 여러분"
    )
)
# What is more or less than a word, and the word that says the same.
PHRASES = {
    phrase: word
    for word, phrases in {
        "hello": "guten morgen, guten tag, guten abend, bom dia, boa tarde, boa noite, buenos días, buenos dias, "
        "buenas tardes, buenas noches, доброе утро, добрый день, добрый вечер, السلام عليكم, صباح الخير, مساء الخير, "
        "你好, 您好, 大家好, 早上好, 早安, 下午好, 晚上好, こんにちは, こんばんは, おはようございます, おはよう, สวัสดี",
        "thanks": "谢谢, 謝謝, 多谢, 感谢, 非常, 你们, 您, 你, 大家, 好的, 好, 收到, 明白, 了解, 知道, 辛苦, 没问题, "
        "没事, 没什么, 可以了, 解决了, 不客气, 不好意思, 哈哈, 再见, 恭喜, 嗯, 是的, 对, 了, "
        "你好吗, 是吗, 对吗, 好吗, 真的吗, 吃了吗, 吃饭了吗, "
        "ありがとうございます, ありがとうございました, ありがとう, どうも, いつも, 本当に, 助かりました, 了解です, "
        "了解しました, わかりました, 分かりました, 承知しました, お疲れ様です, お疲れ様でした, お疲れさまです, "
        "よろしくお願いします, すみません, 大丈夫です, はい, いいえ, おめでとうございます, 皆さん, みなさん, "
        "お元気ですか, 元気ですか, そうですか, 本当ですか, ขอบคุณ, ครับ, ค่ะ",
    }.items()
    for phrase in phrases.split(", ")
}
PHRASE = re.compile("|".join(sorted(PHRASES, key=len, reverse=True)))
SMALL_TALK = re.compile(
    r"(?:(?:hi|hello|hey)\W+)?(?:how are (?:you|things)|how'?s it going|what'?s up|(?:any|some)(?:one|body)"
    r"(?: (?:here|around|there|awake))?|who'?s in|you there|really|seriously|right|ready|no problem|huh|hmm?|"
    r"(?:\w+ )?(?:lunch|coffee)|wie geht'?s(?: (?:dir|euch))?|wie geht es (?:dir|euch|ihnen)|echt|wirklich|"
    r"(?:comment )?ça va|vraiment|qu[eé] tal|cómo est[áa]n?s?|de verdad|come (?:va|stai)|davvero|tudo bem|como vai|"
    r"sério|hoe gaat het(?: met (?:je|jullie))?|echt waar|как дела|правда|كيف (?:حالك|الحال)|진짜요?|"
    r"(?:\w+ )?(?:mittag(?:essen)?|kaffee|café|déjeuner|almuerzo|pranzo|caffè|almoço|koffie|обед|점심))",
    re.IGNORECASE,
)
ASKING = re.compile(
    r"\b(?:how|what|why|when|where|which|who|could|should|would|does|can (?:i|you|we|someone|anyone|it)|do (?:i|we)|"
    r"is there|are there|is it possible|may i|need help|help(?: me)? with|please help|any idea)\b",
    re.IGNORECASE,
)
TROUBLE = re.compile(
    r"\b(?:error|fail(?:s|ed|ing|ure)?|broken|crash(?:es|ed|ing)?|stuck|unable|can'?t|cannot|could(?: no|n')t|won'?t|"
    r"(?:does|do|is|are|did)(?: no|n')t|not working|no longer|problem|issue|trouble|denied|missing|timeout|timed out|"
    r"locked out|looking for|trying to|need to|want to)\b",
    re.IGNORECASE,
)
# How a question begins elsewhere, its words with a blank between them; what also begins English with a second word.
JOINING = frozenset(WORD.findall("and but und aber oder et mais ou y pero e ma mas en maar и а но و"))
BEGINNING = re.compile(
    r"(?:wie(?! (?:besprochen|gesagt|immer|vereinbart))|warum|wieso|weshalb|wann|wo|wohin|woher|womit|wofür|wer|wem|"
    r"wen|welche[rsnm]?|was (?:ist|sind|kostet|kosten|muss|kann|soll|passiert|bedeutet|heißt|mache|macht|tun|für)|"
    r"(?:kann|muss|darf|soll) (?:ich|man|mir|jemand)|gibt es|ist es möglich|weiß jemand|"
    r"comment(?! (?:on|added|by|here|in|out|below|from))|pourquoi|quand|où|quel(?:le)?s?|qui|combien|est ce|"
    r"que (?:faire|signifie|se|dois)|qu'est|peut on|puis je|y a t il|"
    r"c[oó]mo|por qué|por que|cu[aá]ndo|d[oó]nde|cu[aá]l(?:es)?|qui[eé]n(?:es)?|cu[aá]nt[oa]s?|"
    r"qué (?:es|son|significa|hago|pasa|necesito|debo|tengo|puedo)|puedo|se puede|alguien sabe|"
    r"come (?:si|posso|faccio|fare|funziona|mai|devo|puoi|\w+ (?:il|la|lo|gli|le|un|una|mio|mia))|cosa|perché|quando|"
    r"dove|quale|quali|chi|quant[oaie]|posso|è possibile|qualcuno sa|"
    r"o que|onde|qual|quais|quem|é possível|tem como|alguém sabe|"
    r"hoe|waarom|wanneer|waar|welke?|hoeveel|wat (?:is|zijn|kost|moet|kan|gebeurt|betekent|doe)|"
    r"(?:kan|mag|moet) (?:ik|je|iemand)|is er een|"
    r"как|что (?:такое|делать|значит)|почему|зачем|когда|где|куда|кто|как(?:ой|ая|ое|ие)|сколько|можно ли|"
    r"كيف|لماذا|متى|أين|اين|هل|ماذا|كم|ما (?:هو|هي))\b",
)
ANYWHERE = re.compile(  # where no blank tells where a word begins, or a question has its word at its end
    r"如何|怎么|怎麼|怎样|怎樣|为什么|為什麼|为何|什么|什麼|哪里|哪裡|哪个|哪些|多少|是否|能否|能不能|可不可以|吗|嗎|请问|請問|"
    r"どうやって|どうすれば|どうしたら|なぜ|どこ|いつ(?!も)|ですか|ますか|ませんか|でしょうか|教えて|"
    r"อย่างไร|ยังไง|ทำไม|อะไร|ไหม|어떻게|왜|무엇|언제|어디|나요|까요|습니까"
)


def is_chatter(text: str) -> bool:
    """Thanks, greetings and the like: nobody expects an answer from the documents."""
    bare = _bare(text)
    words = set(_words(bare))
    if not words or SMALL_TALK.fullmatch(bare.strip("?!. ؟。、¿¡")):
        return True
    return words <= SAID | BESIDES and bool(words & SAID)


def is_greeting(text: str) -> bool:
    return is_chatter(text) and bool(GREETINGS & set(_words(_bare(text))))


def is_question(text: str) -> bool:
    """Whether somebody who did not speak to the bot wants to know something. Better none than one too many."""
    bare = _bare(LINK.sub(" link ", CODE.sub(" code ", text)))
    if is_chatter(bare) or not any(map(str.isalpha, bare)):
        return False
    if MARK.search(bare):
        return True
    if max(len(bare.split()), len(UNSPACED.findall(bare))) < 2:
        return False
    rest = " ".join(dropwhile(lambda word: word in SAID | BESIDES | JOINING, _words(bare)))
    return any((ASKING.search(bare), TROUBLE.search(bare), ANYWHERE.search(bare), BEGINNING.match(rest)))


def _bare(text: str) -> str:
    return EMOJI.sub(" ", normalize("NFC", text)).replace("’", "'").strip()


def _words(bare: str) -> list[str]:
    return WORD.findall(PHRASE.sub(lambda match: f" {PHRASES[match[0]]} ", bare.lower()))
