"""The elements a browser knows: "<br>" is a tag and goes, "<your key>" is a place to fill in and stays as words.

HTML, SVG and MathML as browsers read them, obsolete ones included; anything with an attribute goes whatever its name.
"""

NAMES = frozenset(
    """
    a abbr acronym address animate animatemotion animatetransform annotation annotation-xml applet area article aside
    audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas caption center circle cite clippath
    code col colgroup command content data datalist dd defs del desc details dfn dialog dir div dl dt element ellipse em
    embed feimage fieldset figcaption figure filter font footer foreignobject form frame frameset g h1 h2 h3 h4 h5 h6
    head header hgroup hr html i iframe image img input ins isindex kbd keygen label layer legend li line
    lineargradient link listing main map mark marker marquee mask math menu menuitem meta meter mglyph mi mn mo ms mtext
    multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param path pattern picture
    plaintext polygon polyline portal pre progress q rb rect rp rt rtc ruby s samp script search section select
    semantics set shadow slot small source spacer span strike strong style sub summary sup svg switch symbol table tbody
    td template text textarea textpath tfoot th thead time title tr track tspan tt u ul use var video view wbr xml xmp
    xss
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
