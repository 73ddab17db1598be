local t = template.compile("Hello {{name}}!")
t:render{name = "Ann"}, t:render{name = "Bob"}, t:render{}   --> Hello Ann!, Hello Bob!, Hello !
template.compile("{{x}}", {escape = "html"}):render{x = "<"} --> &lt;
template.compile("{{x}}", {missing = "error"}):render{}      --> template: line 1: the value "x" is missing
tostring(t), type(t), getmetatable(t)                        --> template.compile("Hello {{name}}!"), userdata, template

t.render{name = "Ann"}                               --> bad argument #1 to render (a compiled template expected: call its method with a colon, as in t:render(data))
t:render()                                           --> bad argument #2 to render (table expected, got nil)
template.compile()                                   --> bad argument #1 to compile (string expected, got nil)
template.compile("{{")                               --> bad argument #1 to compile (line 1: {{ has no }})
template.compile("", {escape = "x"})                 --> bad argument #2 to compile (escape must be "none" or "html" or "json" or "url", not "x")

-- A metamethod may wait.
local slow = setmetatable({}, {__index = function(_, k) sleep(0) return k:upper() end})
t:render(slow)                                       --> Hello NAME!
