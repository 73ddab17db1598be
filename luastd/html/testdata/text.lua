-- text keeps the breaks of blocks, and drops what people do not read.
html.text("<head><title>t</title><style>x</style></head><p>a</p><script>b</script><template>c</template>d")  --> a\n\nd
html.text("a <b> b </b>c<i>d</i>\n e")       --> a b cd e
html.text("<div>a</div><div><div>b</div></div>c<p>d<p>e")  --> a\nb\nc\n\nd\n\ne
html.text("a<br>b<br><br>c<br><br><br>d")    --> a\nb\n\nc\n\nd
html.text("<ul><li>a<li>b<ul><li>c</ul></ul>d")  --> a\nb\n\nc\n\nd
html.text("x<pre>\n a\n  b\n</pre>y")        --> x\n\n a\n  b\n\ny
html.text("a&nbsp;&nbsp;b &lt;c&gt;")        --> a b <c>
html.text("<table><tr><td><td>b<tr><td>c<td>d</table>") == "\tb\nc\td"  --> true
html.text("<noscript>a</noscript><svg><text>b</text></svg><textarea>c</textarea>")  --> c
html.text("")                                --> 
html.text(html.parse("<p>a</p><p>b"):first("p"))  --> a
html.parse("<title>t</title>"):first("title"):text()  --> t
html.parse("<script>x</script>"):first("script"):text()  --> x
html.text(("<div>"):rep(100000))             --> nil, too_large: the page has more than 512 elements in each other, too_large
html.text(5)                                 --> 5
html.text(true)                              --> bad argument #1 to text (string expected, got boolean)

-- links
local function links(...)
  local list, reason, code = html.links(...)
  if not list then return reason, code end
  for i, link in ipairs(list) do list[i] = link.url .. " (" .. link.text .. ")" end
  return table.concat(list, ", ")
end
links("<a href=x>a</a><a>b</a><a name=y>c</a>")  --> x (a)
links("<a href=' /x y '>a\n <b>b</b><p>c</a>", "https://example.com/d/")  --> https://example.com/x%20y (a b c)
links("<a href=#top>t</a><a href=mailto:a@b.c>m</a><a href=//h/p>p</a>", "https://e.com/x?y")  --> https://e.com/x?y#top (t), mailto:a@b.c (m), https://h/p (p)
links("<base href=/b/><a href=x>a</a>", "https://e.com/z")  --> https://e.com/b/x (a)
links("<base href=https://f.com/b/><a href=x>a</a>")  --> https://f.com/b/x (a)
links("<a href='JavaScript:x'>a</a><a href='java\nscript:x'>b</a><a href='data:,x'>c</a><a href='http://[x'>d</a>")  --> 
links("<map><area href=x></map>")            --> x ()
links(html.parse("<p><a href=a>a</a></p><a href=b>b</a>"):first("p"))  --> a (a)
#html.links("<a href=x>" .. ("é"):rep(4000) .. "</a>")[1].text  --> 4096
links("<a href=x>", "/relative")             --> bad argument #2 to links ("/relative" is not the URL of a page, such as https://example.com/)
links("<base href='https://e.com/" .. ("x"):rep(1900) .. "/'>" .. ("<a href=x></a>"):rep(20000))  --> too_large: the URLs of the page have more than 33554432 bytes, too_large
links("<base href='https://e.com/" .. ("x"):rep(2000) .. "'><a href=y>")  --> y ()
links(("<div>"):rep(1000))                   --> too_large: the page has more than 512 elements in each other, too_large

html.escape("a<b>&\"'é")                     --> a&lt;b&gt;&amp;&#34;&#39;é
html.escape("")                              --> 
html.unescape("&lt;&amp;lt;&#65;&eacute;&nosuch;&")  --> <&lt;Aé&nosuch;&
local text = ("&amp;<é'"):rep(10000)
html.unescape(html.escape(text)) == text     --> true
html.unescape(("&amp;"):rep(20000)) == ("&"):rep(20000)  --> true
html.escape((" "):rep(8 * 2^20 + 1))         --> bad argument #1 to escape (the text has 8388609 bytes; the maximum is 8388608)
html.unescape((" "):rep(8 * 2^20 + 1))       --> bad argument #1 to unescape (the text has 8388609 bytes; the maximum is 8388608)
