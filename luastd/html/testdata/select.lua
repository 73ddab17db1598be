local page = html.parse[[
<div id=one class="a b">
  <p>1</p><p class=x>2</p><span>3</span><p>4 <b>5</b></p>
  <div><p lang=en-US title="Hello World">6</p></div>
</div>
<div id=two><p>7</p><input type=checkbox checked disabled></div>]]
local function show(css)
  local list = {}
  for i, n in ipairs(page:select(css)) do list[i] = n:text():match("^%S*") end
  return table.concat(list, " ")
end
show("p")                                    --> 1 2 4 6 7
show("P.x")                                  --> 2
show("#one p")                               --> 1 2 4 6
show("#one > p")                             --> 1 2 4
show("  #one>p  ")                           --> 1 2 4
show("div div p")                            --> 6
show("body div#one.a.b div > p")             --> 6
show("p + p")                                --> 2
show("p ~ p")                                --> 2 4
show("p.x ~ *")                              --> 3 4 6
show("span + p b")                           --> 5
show(".x, b , #two p")                       --> 2 5 7
show("[title]")                              --> 6
show('[title="Hello World"]')                --> 6
show("[title^=Hello][title$=World][title*='o W']")  --> 6
show("[title~=World], [lang|=en], [class~=b] > span")  --> 3 6
show("p:first-child")                        --> 1 6 7
show("#one > :last-child, p:nth-child(2n+1)")  --> 1 6 6 7
show("p:nth-of-type(2)")                     --> 2
show("div:not(#one):not([id])")              --> 6
show("p:not(.x, :first-child)")              --> 4
show("p:has(b)")                             --> 4
show('p:contains("hello"), p:contains("4")')  --> 4
show(":root > body > div > span")            --> 3
page:first("input:checked:disabled"):attr("type")  --> checkbox
show("a")                                    --> 
page:first("a")                              --> nil

-- Combinators lead at most to the node itself.
local one = page:first("#one")
#one:select("p")                             --> 4
#one:select("#one p")                        --> 4
#one:select("body p")                        --> 0
#one:select("#one")                          --> 0
#one:select("div")                           --> 1

-- Wrong selectors raise an error.
page:select("")                              --> bad argument #2 to select ("" is not a CSS selector that html has: the selector is incomplete)
page:select("p,")                            --> bad argument #2 to select ("p," is not a CSS selector that html has: the selector is incomplete)
page:select(", p")                           --> bad argument #2 to select (", p" is not a CSS selector that html has: a selector is missing before the comma)
page:select("> p")                           --> bad argument #2 to select ("> p" is not a CSS selector that html has: an element is missing before ">")
page:select("p > > b")                       --> bad argument #2 to select ("p > > b" is not a CSS selector that html has: an element is missing before ">")
page:select("p >")                           --> bad argument #2 to select ("p >" is not a CSS selector that html has: the selector is incomplete)
page:select("p[")                            --> bad argument #2 to select ("p[" is not a CSS selector that html has: a quote or a bracket is not closed)
page:select("p)")                            --> bad argument #2 to select ("p)" is not a CSS selector that html has: a quote or a bracket is not closed)
page:first("p:hoover")                       --> bad argument #2 to first ("p:hoover" is not a CSS selector that html has: unknown pseudoclass or pseudoelement :hoover)
page:select(5)                               --> bad argument #2 to select ("5" is not a CSS selector that html has: expected identifier, found 5 instead)
page:select(("p "):rep(501))                 --> bad argument #2 to select ("p p p p p p p p p p p p p p p p p p p p ..." is not a CSS selector that html has: the selector has 1002 bytes; the maximum is 1000)

-- A selector that would take too long raises an error, but only in a large document.
local large = html.parse(("<br>"):rep(5000))
show("div:has(p:has(b))")                    --> 1
#large:select("br:nth-child(2n)")            --> 2500
large:select("html:has(:has(br:nth-child(2n)))")  --> bad argument #2 to select ("html:has(:has(br:nth-child(2n)))" is not a CSS selector that html has: "html:has(:has(br:nth-child(2n)))" takes too long in a document of 5004 elements and texts)
-- The number of combinators does not matter.
#large:select(("html body br" .. (" ~ br"):rep(50)))  --> 4950
local deep = html.parse(("<div>"):rep(500))
#deep:select(("div "):rep(200) .. "div")     --> 300
#deep:select(("div "):rep(200) .. "p")       --> 0
