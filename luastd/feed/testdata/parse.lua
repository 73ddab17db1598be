local function show(s)
  local f, reason, code = feed.parse(s)
  if not f then return reason, code end
  return json.encode(f)
end

-- RSS 2.0.
local rss = feed.parse[=[<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
  <title>News</title>
  <link>https://example.com/</link>
  <atom:link href="https://example.com/rss.xml" rel="self"/>
  <image><title>Logo</title><link>https://example.com/logo</link></image>
  <item>
    <title>Fish &amp;amp; chips
      &lt;b&gt;today&lt;/b&gt;</title>
    <link> https://example.com/1 </link>
    <description><![CDATA[<p>Fresh &amp; hot.</p><p>Only <i>today</i>.</p>]]></description>
    <content:encoded>The whole story.</content:encoded>
    <pubDate>Thu, 01 Jan 1970 01:00:00 +0100</pubDate>
  </item>
  <item>
    <guid>https://example.com/2</guid>
    <content:encoded>Second &lt;br/&gt; story.</content:encoded>
    <pubDate>soon</pubDate>
  </item>
  <item><title>Third</title><guid isPermaLink="false">https://example.com/3</guid></item>
  <item><title></title><title>Fourth</title><guid>4</guid></item>
</channel>
</rss>]=]
rss.title, rss.link, #rss.items          --> News, https://example.com/, 4
local item = rss.items[1]
item.title, item.link, item.date         --> Fish & chips today, https://example.com/1, 0
item.summary                             --> Fresh & hot.\nOnly today.
item = rss.items[2]
item.title, item.link, item.date         --> , https://example.com/2, nil
item.summary                             --> Second\nstory.
json.encode(rss.items[3])                --> {"title":"Third","link":"","summary":""}
json.encode(rss.items[4])                --> {"title":"Fourth","link":"","summary":""}

-- RSS 1.0: the items are beside the channel.
local rss1 = [[<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel><title>a</title><link>b</link><items/></channel>
<item><title>c</title><link>d</link><description>e</description><dc:date>1970-01-02T00:00:00Z</dc:date></item></rdf:RDF>]]
show(rss1)  --> {"title":"a","link":"b","items":[{"title":"c","link":"d","summary":"e","date":86400}]}

-- Atom.
local atom = feed.parse[[<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">All &amp;lt;things&amp;gt;</title>
  <link rel="self" href="https://example.com/atom.xml"/>
  <link href=" https://example.com/ "/>
  <author><name>Ann</name><title>Dr</title></author>
  <entry>
    <title>1 &lt; 2 and &lt;b&gt;</title>
    <link rel="enclosure" href="https://example.com/1.mp3"/>
    <link rel="alternate" href="https://example.com/1"/>
    <link rel="alternate" href="https://example.com/1.txt"/>
    <published>1970-01-01T00:01:00Z</published>
    <updated>1970-01-01T00:02:00Z</updated>
    <summary>Short.</summary>
    <content type="html">&lt;p&gt;Long.&lt;/p&gt;</content>
  </entry>
  <entry>
    <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>bold</b>
      title</div></title>
    <updated>1970-01-01T00:02:00Z</updated>
    <content type="xhtml"><div><p>One
      line.</p><p>Next &lt;i&gt;.</p></div></content>
  </entry>
  <entry>
    <media:group><media:title>no</media:title><media:description>Line 1
Line 2</media:description></media:group>
  </entry>
</feed>]]
atom.title, atom.link, #atom.items       --> All <things>, https://example.com/, 3
item = atom.items[1]
item.title, item.link                    --> 1 < 2 and <b>, https://example.com/1
item.summary, item.date                  --> Short., 60
item = atom.items[2]
item.title, item.link, item.date         --> A bold title, , 120
item.summary                             --> One line.\nNext <i>.
atom.items[3].title, atom.items[3].summary  --> , Line 1\nLine 2
show("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:title>b</a:title><a:link href='c'/><a:entry/></a:feed>")  --> {"title":"b","link":"c","items":[{"title":"","link":"","summary":""}]}

-- Empty feeds.
show("<rss/>")                           --> {"title":"","link":"","items":[]}
show("<feed/>")                          --> {"title":"","link":"","items":[]}

-- A feed may be almost XML.
feed.parse("<rss><channel><title>AT&T &eacute;\1</title></channel></rss>\nrest").title   --> AT&T é�
feed.parse('<?xml version="1.0" encoding="windows-1252"?><rss><channel><title>\128</title></channel></rss>').title  --> €
feed.parse('<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "rss-0.91.dtd"><rss><channel><title>a</title></channel></rss>').title  --> a

-- A link is not HTML.
feed.parse("<rss><channel><link>https://example.com/?a=1&amp;copy=2&lt=3</link></channel></rss>").link   --> https://example.com/?a=1&copy=2&lt=3
#feed.parse("<feed><link href='" .. ("x"):rep(1e5) .. "'/></feed>").link  --> 65536

-- What is not a feed.
feed.parse("<html><body/></html>")       --> nil, invalid: the text is not a feed: its first element is "html", not rss, rdf:RDF or feed, invalid
feed.parse("")                           --> nil, invalid: the text has no element, invalid
feed.parse('{"items": []}')              --> nil, invalid: the text has no element, invalid
feed.parse("<rss><channel>\n<item>")     --> nil, invalid: line 2: the text ends within the element item, invalid
feed.parse("<rss></channel>")            --> nil, invalid: line 1: the end tag is channel, but the element is rss, invalid
feed.parse('<!DOCTYPE rss [<!ENTITY a "b">]><rss/>')   --> nil, unsupported: line 1: a document type with definitions, unsupported

-- Bounds.
feed.parse((" "):rep(2^23 + 1))          --> nil, too_large: the text has 8388609 bytes; the maximum is 8388608, too_large
feed.parse("<rss>" .. ("<a/>"):rep(2e5) .. "</rss>")   --> nil, too_large: more than 200000 elements and attributes, too_large
feed.parse("<rss>" .. ("<a>"):rep(100))  --> nil, too_large: line 1: more than 100 nested elements, too_large
#feed.parse("<rss><item><description>" .. ("é"):rep(1e5) .. "</description></item></rss>").items[1].summary  --> 65536
#feed.parse("<rss>" .. ("<item/>"):rep(2e4) .. "</rss>").items  --> 20000
feed.parse("<rss>" .. ("<item/>"):rep(20001) .. "</rss>")  --> nil, too_large: more than 20000 items, too_large

feed.parse()                             --> bad argument #1 to parse (string expected, got nil)
