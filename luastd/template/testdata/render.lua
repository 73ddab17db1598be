local r = template.render

r("Hello {{name}}, {{ name }}!", {name = "Ann"})     --> Hello Ann, Ann!
r("no tags } } { {", {})                             --> no tags } } { {
r("", {})                                            --> 
r("{{n}} {{f}} {{b}} {{big}}", {n = 3, f = 0.5, b = false, big = 2^40})  --> 3 0.5 false 1099511627776
r("{{größe}} {{a-b}} {{a b}}", {})                   --> bad argument #1 to r (line 1: "a b" is not a name)
r("{{größe}} {{a-b}}", {["größe"] = 1, ["a-b"] = 2}) --> 1 2

-- Dotted names: only the first part is looked up outside of the section.
r("{{a.b.c}}", {a = {b = {c = 1}}})                  --> 1
r("[{{a.b.c}}]", {a = {}})                           --> []
r("[{{a.b}}]", {a = "text"})                         --> []
r("[{{a.len}}]", {a = "text"})                       --> []
r("{{#x}}{{a.b}}{{/x}}", {x = {a = {c = 1}}, a = {b = 2}})  --> 
r("{{list.1}} {{list.2.x}}", {list = {"a", {x = "b"}}})     --> a b
r("{{1}}", {["1"] = "name", "item"})                 --> name
r("{{a.x}}", {a = setmetatable({}, {__index = {x = 1}})})   --> 1

-- Sections.
r("{{#l}}<{{.}}>{{/l}}", {l = {1, "b", true}})       --> <1><b><true>
r("{{#l}}<{{x}}{{y}}>{{/l}}", {l = {{x = 1}, {x = 2, y = 3}}, y = "-"})  --> <1-><23>
r("{{#o}}{{x}}{{y}}{{/o}}", {o = {x = 1}, y = 2})    --> 12
r("{{#t}}yes {{x}}{{/t}}{{^t}}no{{/t}}", {t = true, x = 1})          --> yes 1
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = false})      --> no
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {})               --> no
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = json.null})  --> no
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = {}})         --> no
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = json.array()})  --> no
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = {x = 1}})    --> yes
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = setmetatable({}, {})})       --> yes
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = 0})          --> yes
r("{{#t}}yes{{/t}}{{^t}}no{{/t}}", {t = ""})         --> yes
r("{{#s}}({{.}}){{/s}}", {s = "text"})               --> (text)
r("{{#l}}{{#.}}{{.}},{{/.}};{{/l}}", {l = {{1, 2}, {3}}})   --> 1,2,;3,;
r("{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", {a = {x = 1, b = {y = 2}}})  --> 12
r("{{#l}}[{{.}}]{{/l}}", {l = json.decode("[1,null,2]")})            --> [1][][2]
r("{{#a.b}}{{x}}{{/a.b}}", {a = {b = {x = 1}}})      --> 1
r("{{# a }}x{{/ a }}{{^ b }}y{{/ b }}", {a = 1})     --> xy
r("{{#f}}x{{/f}}", {f = print})                      --> template: line 1: the value "f" is a function, which is not supported

-- What a value contains is not read as a template.
r("{{a}}", {a = "{{b}}", b = 1})                     --> {{b}}

-- Comments, and lines that have only a tag.
r("a{{! {{not a tag }}b", {})                        --> ab
r("a\n{{! x }}\nb", {})                              --> a\nb
r("a\n  {{! x }}\t\r\nb", {})                        --> a\nb
r("{{! several\nlines }}\nb", {})                    --> b
r("a {{! x }}\nb", {})                               --> a \nb
r("{{#l}}\n- {{.}}\n{{/l}}\nend", {l = {1, 2}})      --> - 1\n- 2\nend
r("x\n  {{#l}}  \n{{.}}\n  {{/l}}", {l = {1, 2}})    --> x\n1\n2\n
r("{{#l}} {{/l}}\n", {l = {1, 2}})                   -->   \n
r("{{x}}\n", {x = ""})                               --> \n

-- escape
local x = [[<a href="x">'&'</a>]]
r("{{x}}", {x = x})                                  --> <a href="x">'&'</a>
r("{{x}}", {x = x}, {escape = "html"})               --> &lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;
r("{{{x}}}{{&x}}{{& x }}", {x = "<"}, {escape = "html"})     --> <<<
r("{{x}}", {x = 'a "b" \\ \n\1é'}, {escape = "json"})        --> a \"b\" \\ \n\u0001é
json.decode(r([["{{x}}"]], {x = x}, {escape = "json"})) == x --> true
r("{{x}}", {x = "a b+c/é~"}, {escape = "url"})       --> a%20b%2Bc%2F%C3%A9~
r("{{n}}{{b}}", {n = -1.5, b = true}, {escape = "url"})      --> -1.5true
r("<{{x}}>", {x = "<"}, {escape = "none"})           --> <<>
r("<{{x}}>", {x = "<"}, {escape = json.null})        --> <<>
r("", {}, {escape = "xml"})                          --> bad argument #3 to r (escape must be "none" or "html" or "json" or "url", not "xml")
r("", {}, {escape = true})                           --> bad argument #3 to r (escape must be a string, not a boolean)

-- missing
r("[{{x}}]", {}, {missing = ""})                     --> []
r("\n{{x}}", {}, {missing = "error"})                --> template: line 2: the value "x" is missing
r("{{a.b}}", {a = {}}, {missing = "error"})          --> template: line 1: the value "a.b" is missing
r("{{x}}", {x = json.null}, {missing = "error"})     --> template: line 1: the value "x" is missing
r("{{#x}}{{y}}{{/x}}{{^x}}none{{/x}}", {}, {missing = "error"})     --> none
r("{{x}}", {x = false}, {missing = "error"})         --> false
r("", {}, {missing = "x"})                           --> bad argument #3 to r (missing must be "" or "error", not "x")

-- Values that cannot be text.
r("\n\n{{x}}", {x = {}})                             --> template: line 3: the value "x" is a table, which cannot be text: use {{#x}}
r("{{x}}", {x = print})                              --> template: line 1: the value "x" is a function, which cannot be text
r("{{.}}", {})                                       --> template: line 1: the value "." is a table, which cannot be text: use {{#.}}

-- Wrong templates.
r("a\n{{x", {})                                      --> bad argument #1 to r (line 2: {{ has no }})
r("{{{x}}", {})                                      --> bad argument #1 to r (line 1: {{{ has no }}})
r("{{}}", {})                                        --> bad argument #1 to r (line 1: "" is not a name)
r("{{a..b}}", {})                                    --> bad argument #1 to r (line 1: "a..b" is not a name)
r("{{a.}}", {})                                      --> bad argument #1 to r (line 1: "a." is not a name)
r("{{{{x}}}}", {})                                   --> bad argument #1 to r (line 1: "{x" is not a name)
r("\n{{#a}}\n", {})                                  --> bad argument #1 to r (line 2: {{#a}} has no {{/a}})
r("{{^a}}", {})                                      --> bad argument #1 to r (line 1: {{^a}} has no {{/a}})
r("{{/a}}", {})                                      --> bad argument #1 to r (line 1: {{/a}} closes nothing)
r("{{#a}}\n\n{{/b}}", {})                            --> bad argument #1 to r (line 3: {{/b}} closes {{#a}} of line 1)
r("{{> other}}", {})                                 --> bad argument #1 to r (line 1: {{> is not supported: templates cannot contain other templates)
r("{{=<% %>=}}", {})                                 --> bad argument #1 to r (line 1: {{= is not supported: the braces cannot be changed)

-- Wrong arguments.
r(nil, {})                                           --> bad argument #1 to r (string expected, got nil)
r("x")                                               --> bad argument #2 to r (table expected, got nil)
r("x", "y")                                          --> bad argument #2 to r (table expected, got string)
r("x", {}, {escpe = "html"})                         --> bad argument #3 to r (there is no field 'escpe' (did you mean 'escape'?); its fields are escape, missing)

-- Bounds.
local long = ("x"):rep(2^20)
r(long, {}) == long                                  --> true
r(long .. "x", {})                                   --> bad argument #1 to r (the text has 1048577 bytes; the maximum is 1048576)
r("{{x}}", {x = long}) == long                       --> true
r("{{x}}", {x = long .. "x"}, {escape = "html"})     --> template: the result has more than 1048576 bytes
r("{{x}}", {x = long:sub(2) .. "<"}, {escape = "html"})      --> template: the result has more than 1048576 bytes
r("{{x}} ", {x = long})                              --> template: the result has more than 1048576 bytes
r("{{x}}", {x = ("<"):rep(2^24)}, {escape = "json"})  --> template: the result has more than 1048576 bytes
r(("{{#a}}"):rep(100) .. "x" .. ("{{/a}}"):rep(100), {a = true})     --> x
r(("{{#a}}"):rep(101) .. "x" .. ("{{/a}}"):rep(101), {a = true})     --> bad argument #1 to r (line 1: more than 100 nested sections)
