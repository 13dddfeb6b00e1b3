"""Ways to write an address that seems to lie on one host and leads to another.

HERE stands for the allowed host with its port, HOST for its name alone, EVIL for another's.
"""

USERINFO = """http://HERE@EVIL/|http://HERE:80@EVIL/|http://user:pw@EVIL/|http://user:pw@HERE/|http://EVIL@HERE/
http://HERE;@EVIL/
http://HERE&@EVIL/|http://HERE#@EVIL/|http://HERE?@EVIL/|http://@EVIL/|http://:@EVIL/|http://HERE:@EVIL/
http://HERE@HERE@EVIL/
http://HERE%40EVIL/|http://HERE%2540EVIL/|http://HERE%23@EVIL/|http://HERE%2F@EVIL/|http://HERE%5C@EVIL/
http://HERE,EVIL/
http://HERE%20@EVIL/|http://HERE*@EVIL/|http://[HERE]@EVIL/|http://foo@HERE:80@EVIL/|http://HERE!EVIL/
http://HERE$EVIL/""".replace("\n", "|")
SLASHES = r"""http:\\EVIL\|http:/\EVIL/|http:\/EVIL/|http:\/\/EVIL/|http://HERE\@EVIL/|http://EVIL\@HERE/
http://HERE\.EVIL/|http://EVIL\.HERE/
\\EVIL\x|/\EVIL/|\/EVIL/|/\/EVIL/|\\\\EVIL|http:///EVIL/|http:////EVIL/|////EVIL/|///EVIL/|//EVIL/|http:EVIL
http:/EVIL|https:EVIL
/%09/EVIL|/%5cEVIL|//EVIL\@HERE/|//HERE@EVIL/|///HERE@EVIL/|/.//EVIL|/..//EVIL/|http://HERE/..//EVIL/|.//EVIL
;//EVIL""".replace("\n", "|")
UNICODE = """http://evil。example/|http://evil．example/|http://evil｡example/|http://HERE／@EVIL/|http://HERE∕@EVIL/
http://HERE⁄@EVIL/
http://HERE＠EVIL/|http://HERE﹫EVIL/|http://HERE：80@EVIL/|http://HERE＃@EVIL/|http://HERE？@EVIL/|http://HERE。EVIL/
http://HERE．EVIL/
http://EVIL／.HERE/|http://EVIL＃.HERE/|http://EVIL？.HERE/|http://EVIL＼.HERE/|http://hеlp.example.com/
http://ⓗelp.example.com/
http://ｈelp.example.com/|http://help.еxample.com/|http://help.exаmple.com/|http://help.example.cоm/
http://һelp.example.com/
http://help.example.com\u200b.EVIL/|http://help\u200b.example.com/|http://he\u00adlp.example.com/
http://help\u200d.example.com/
http://hélp.example.com/|http://help.exampłe.com/|http://ſelp.example.com/|http://Kelp.example.com/
http://help.example.ⅽom/
http://xn--hlp-qdd.example.com/|http://xn--e1awd7f.com/|http://help.example.com．/|http://\u202emoc.elpmaxe.pleh/
http://𝐡elp.example.com/
http://help․example․com/|http://help.example.com℀.EVIL/|http://EVIL℀HERE/|http://straße.example/|//evil。example/
/／evil.example/
／／EVIL/|＼＼EVIL|http：//EVIL/|http:／／EVIL/|ｈttp://EVIL/""".replace("\n", "|")
PLACES = """127.1|127.0.1|2130706433|0x7f000001|0x7F.1|0177.0.0.1|0x7f.0x0.0x0.0x1|017700000001|127.0.0.1|127.0.0.53
127.127.127.127|0|0.0.0.0
localhost|LOCALHOST|localhost.|localhost.localdomain|127.0.0.1.|00000177.0.0.1|0x7f.0.0.01|127.0.0.1.nip.io
169.254.169.254
0xA9FEA9FE|2852039166|0251.0376.0251.0376|0xa9.0xfe.0xa9.0xfe|169.254.43518|169.16689662|169.254.169.254.nip.io
100.100.100.200
192.168.0.1|10.0.0.1|172.16.0.1|192.168.1|10.1|[::1]|[::]|[::ffff:127.0.0.1]|[::ffff:7f00:1]
[0:0:0:0:0:ffff:169.254.169.254]
[::ffff:a9fe:a9fe]|[::127.0.0.1]|[fe80::1]|[fe80::1%25eth0]|[fc00::1]|[fd00:ec2::254]|[64:ff9b::7f00:1]
[64:ff9b::a9fe:a9fe]
[2002:7f00:1::]|[2001:0:7f00:1::]|[ff02::1]|[0000::1]|[::0001]|[::1]:80|①②⑦.⓪.⓪.①|１２７.0.0.1|127。0。0。1|198.18.0.1
240.0.0.1
255.255.255.255|metadata.google.internal|instance-data""".replace("\n", "|")
NAMES = """http://HOST.EVIL/|http://EVILHOST/|http://HOST-EVIL/|http://HOST_EVIL/|http://HOST%2eEVIL/
http://HOST%00.EVIL/|http://HOST%0d%0a.EVIL/
http://HOST .EVIL/|http://HOST.|http://HOST./|http://HOST../|http://.HOST/|http://sub.HOST/|http://HOST%2e/
http://www.HOST/|http://com/
http://EVIL/HERE|http://EVIL?HERE|http://EVIL#HERE|http://EVIL/?http://HERE/|http://EVIL:HERE/|http://elp.example.com/
http://helpx.example.com/""".replace("\n", "|")
PORTS = """http://HOST:1/|http://HOST:0/|http://HOST:99999/|http://HOST:-1/|http://HERE:81/|http://HOST:٨٠/
http://HOST:+80/|http://HOST: 80/
http://HOST:80a/|http://HOST:0x50/|http://HOST:/|http://HOST:22/|http://HOST:6379/|http://HOST:9200/|http://HOST:８０/
http://HOST:080/
https://HERE/|https://HOST:22/|//HOST:22/|http://HOST:65536/|http://HOST:00000000022/""".replace("\n", "|")
SCHEMES = """ftp://EVIL/|ftp://HERE/|file:///etc/passwd|file://HERE/etc/passwd|gopher://EVIL:70/_|dict://EVIL:11211/
ldap://EVIL/|data:text/html,x
javascript:alert(1)|ws://EVIL/|wss://HERE/|jar:http://EVIL!/|view-source:http://EVIL/|tftp://EVIL/|about:blank
blob:http://EVIL/x|http ://EVIL/
HTTP://EVIL/|hTTps://EVIL/|httpx://EVIL/|http+unix://%2Ftmp%2Fs/|unix:///tmp/s|netdoc:///etc/passwd|url:http://EVIL/
s3://EVIL/|//user@EVIL:80/
 http://EVIL/|http://EVIL/ http://HERE/|feed:http://EVIL/|mailto:a@EVIL|https://EVIL:443@HERE:80@EVIL/|sftp://EVIL/
smb://EVIL/""".replace("\n", "|")
CONTROLS = tuple(
    form.replace("~", control)
    for control in "\t\n\r\0\x0b\x1f\x7f\x85\xa0"
    for form in ("~http://EVIL/", "ht~tp://EVIL/", "http://HERE~@EVIL/", "http://HERE~.EVIL/", "//~EVIL/", "/~/EVIL/")
)


def forms(here: str, evil: str) -> list[str]:
    """All of them, of an allowed `here`, host and port, and for another host."""
    listed = "|".join([USERINFO, SLASHES, UNICODE, NAMES, PORTS, SCHEMES]).split("|")
    places = [f"http://{place}/latest/meta-data/" for place in PLACES.split("|")]
    host = here.partition(":")[0]
    filled = [each.replace("HERE", here).replace("HOST", host).replace("EVIL", evil) for each in [*listed, *CONTROLS]]
    return list(dict.fromkeys([*filled, *places]))
