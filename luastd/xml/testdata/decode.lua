local function show(s)
  local node, reason, code = xml.decode(s)
  if not node then return reason, code end
  return json.encode(node)
end

show('<lamp room="hall" on="1">bright</lamp>')     --> {"tag":"lamp","attrs":{"room":"hall","on":"1"},"text":"bright","children":[]}
show("<a><b/>x</a>")                               --> {"tag":"a","attrs":{},"text":"x","children":[{"tag":"b","attrs":{},"text":"","children":[]}]}

local rss = xml.decode[[<?xml version="1.0"?>
<!DOCTYPE rss SYSTEM "rss.dtd">
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/">
  <channel>
    <title> News &amp; more </title>
    <item><title>One</title><media:title>1</media:title></item>
    <item><title>Two</title><!-- comment --></item>
  </channel>
</rss>]]
rss.tag, rss.attrs.version, rss.text           --> rss, 2.0, 
rss.attrs["xmlns:media"]                       --> http://search.yahoo.com/mrss/
rss:find("channel/title").text                 --> News & more
rss:find("channel/item").children[1].text      --> One
#rss:all("channel/item")                       --> 2
rss:all("channel/item/title")[2].text          --> Two
rss:find("channel/item/media:title").text      --> 1
#rss:all("*/*"), rss:find("*/item/*").text     --> 3, One
rss:find("title"), rss:find("rss")             --> nil, nil
#rss:all("title")                              --> 0
for _, item in ipairs(rss.children[1]:all("item")) do last = item end
last:find("title").text                        --> Two

-- Text between children becomes one string, without white space at both ends.
xml.decode("<a>\n one <b>2</b> three\n</a>").text  --> one  three
xml.decode("<a><![CDATA[<x> &amp;]]>&#33;</a>").text   --> <x> &amp;!

-- The encoding that a text declares counts.
xml.decode('<?xml version="1.0" encoding="ISO-8859-1"?><a>\233</a>').text   --> é
xml.decode('<?xml version="1.0" encoding="klingon"?><a/>')   --> nil, unsupported: the encoding "klingon" is not known, unsupported

-- For a wrong text, decode returns nil, where and why it is wrong, and a code.
xml.decode("<a>\n<b></a>")                     --> nil, invalid: line 2: the end tag is a, but the element is b, invalid
xml.decode("")                                 --> nil, invalid: the text has no element, invalid
xml.decode("<a b=1/>")                         --> nil, invalid: line 1: unquoted or missing attribute value in element, invalid
xml.decode("<a>&nbsp;</a>")                    --> nil, invalid: line 1: invalid character entity &nbsp;, invalid
xml.decode('<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>')  --> nil, unsupported: line 1: a document type with definitions, unsupported

-- Bounds.
xml.decode((" "):rep(2^23 + 1))                --> nil, too_large: the text has 8388609 bytes; the maximum is 8388608, too_large
xml.decode("<a>" .. ("<b/>"):rep(5e4) .. "</a>")   --> nil, too_large: more than 50000 elements and attributes, too_large
xml.decode(("<a>"):rep(101))                   --> nil, too_large: line 1: more than 100 nested elements, too_large

-- Wrong arguments raise an error.
xml.decode()                                   --> bad argument #1 to decode (string expected, got nil)
rss.find("channel")                            --> bad argument #1 to find (a node expected: use a colon, as in node:find(path))
rss:find()                                     --> bad argument #2 to find (string expected, got nil)
rss:find("a//b")                               --> bad argument #2 to find (the path has an empty tag: it has the form a/b/c)
rss:all("/a")                                  --> bad argument #2 to all (the path has an empty tag: it has the form a/b/c)
rss:all(("a/"):rep(100) .. "a")                --> bad argument #2 to all (the path has 101 tags; the maximum is 100)

-- A node may be changed. all returns at most 50,000 nodes.
local node = xml.decode("<a><b/></a>")
for i = 1, 300 do node.children[i] = node end
#node:all("*/b")                               --> 0
node.children[1].tag                           --> a
node:all("*/*/*")                              --> all: more than 50000 nodes match the path
node.children = nil
#node:all("*")                                 --> 0
