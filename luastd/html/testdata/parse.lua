local function body(s) return html.parse(s):first("body"):html{inner = true} end

-- Tags that were left out are supplied.
html.parse(""):html()                        --> <html><head></head><body></body></html>
html.parse("<!DOCTYPE html><title>t</title>x"):html()  --> <!DOCTYPE html><html><head><title>t</title></head><body>x</body></html>
html.parse("<html lang=de><head id=h><body class=b>x"):html()  --> <html lang="de"><head id="h"></head><body class="b">x</body></html>
body("<p>a<p>b<div>c</div>d")                --> <p>a</p><p>b</p><div>c</div>d
body("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>")  --> <ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>
body("<dl><dt>a<dd>b<dt>c</dl>")             --> <dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>
body("<table><tr><td>a<td>b<tr><td>c</table>d")  --> <table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>d
body("<table><thead><th>h<tbody><td>a</table>")  --> <table><thead><tr><th>h</th></tr></thead><tbody><tr><td>a</td></tr></tbody></table>
body("<table><tr><td><table><tr><td>a</table>b</table>c")  --> <table><tbody><tr><td><table><tbody><tr><td>a</td></tr></tbody></table>b</td></tr></tbody></table>c
body("<table><col><tr><td>a</table>")        --> <table><colgroup><col/></colgroup><tbody><tr><td>a</td></tr></tbody></table>
body("<table><form><tr><td>a</form></table>")  --> <table><form></form><tbody><tr><td>a</td></tr></tbody></table>
body("<tr><td>a<td>b")                       --> <tr><td>a<td>b</td></td></tr>
body("<select><option>a<option>b<optgroup><option>c</select>")  --> <select><option>a</option><option>b</option><optgroup><option>c</option></optgroup></select>
body("<h1>a<h2>b</h1>c")                     --> <h1>a</h1><h2>b</h2>c
body("<a href=1>x<a href=2>y")               --> <a href="1">x</a><a href="2">y</a>
body("<ruby>a<rt>b<rt>c</ruby>")             --> <ruby>a<rt>b</rt><rt>c</rt></ruby>

-- End tags that match nothing are ignored, and void elements have none.
body("a</p></b></div></body>b<br></br><img src=x>c</img>")  --> ab<br/><br/><img src="x"/>c
body("<div><span>a</div>b")                  --> <div><span>a</span></div>b
body("<b><p>a</b>b</p>c")                    --> <b><p>ab</p>c</b>
body("<svg><path d=1 /><g/></svg><div/>x")   --> <svg><path d="1"></path><g></g></svg><div>x</div>

-- The content of scripts is text. Comments are dropped.
body("x<script>if (a<b) '</p>'</script><!-- <p> -->y")  --> x<script>if (a<b) '</p>'</script>y
body("<textarea>\n<b></textarea>")           --> <textarea>&lt;b&gt;</textarea>
body("a\0b\255")                             --> ab�
html.parse("\239\187\191x"):text()           --> x

-- The first of two attributes with the same name counts. Names are in lower case.
html.parse('<p A=1 a=2 b=\'x"y\' c>'):first("p"):html()  --> <p a="1" b="x&#34;y" c=""></p>
html.parse("<p A=1>"):first("p"):attr("A")   --> 1
html.parse("<p c>"):first("p"):attr("c") == ""  --> true
html.parse("<p " .. ("a "):rep(10) .. "x=1>"):first("p"):attr("x")  --> 1

-- Nodes.
local page = html.parse("<p><b>x</b></p>")
page                                         --> html document
page:first("b")                              --> html element "b"
page:first("b") == page:select("p > b")[1]   --> true
page:first("b") == page:first("p")           --> false
page:first("b") == html.parse("<p><b>x</b></p>"):first("b")  --> false
page:name() == ""                            --> true
page:parent()                                --> nil
page:first("html"):parent() == page          --> true
page:children()[1]:name()                    --> html
getmetatable(page)                           --> html node
page.text()                                  --> bad argument #1 to text (a node of html expected, got nil: use a colon, as in node:text())
page.select("p")                             --> bad argument #1 to select (a node of html expected, got a string: use a colon, as in node:text())
page:html{outer = true}                      --> bad argument #2 to html (there is no field 'outer'; its fields are inner)
html.parse(page)                             --> bad argument #1 to parse (string expected, got userdata)
html.parse(nil)                              --> bad argument #1 to parse (string expected, got nil)

-- The limits.
html.parse(("<div>"):rep(100000))            --> nil, too_large: the page has more than 512 elements in each other, too_large
html.parse(("<b>"):rep(100000))              --> nil, too_large: the page has more than 512 elements in each other, too_large
#html.parse(("<div>"):rep(510)):select("div")  --> 510
html.parse(("<div>"):rep(511))               --> nil, too_large: the page has more than 512 elements in each other, too_large
html.parse(("<br>"):rep(200001))             --> nil, too_large: the page has more than 200000 elements and texts, too_large
#html.parse(("<br>"):rep(200000)):select("br")  --> 200000
html.parse((" "):rep(8 * 2^20 + 1))          --> nil, too_large: the page has 8388609 bytes; the maximum is 8388608, too_large
html.parse("<p>" .. ("x"):rep(4 * 2^20 + 1))  --> nil, too_large: a tag or a text between tags has more than 4194304 bytes, too_large
html.parse("<p " .. ("x "):rep(2^20 * 2))    --> nil, too_large: a tag or a text between tags has more than 4194304 bytes, too_large
html.parse("<p " .. ("x"):rep(2^20) .. ">"):first("p"):name()  --> p
local attributes = {}
for i = 1, 200 do attributes[i] = "a" .. i .. "=1" end
local wide = html.parse("<p " .. table.concat(attributes, " ") .. ">"):first("p")
wide:attr("a128"), wide:attr("a129")         --> 1, nil
