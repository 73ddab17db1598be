xml.encode{tag = "lamp", attrs = {room = "hall"}, text = "bright"}   --> <lamp room="hall">bright</lamp>
xml.encode{tag = "lamp"}                                             --> <lamp/>
xml.encode{tag = "a", children = {{tag = "b"}, {tag = "c", text = 5}}}  --> <a><b/><c>5</c></a>
xml.encode{tag = "soap:Envelope", attrs = {["xmlns:soap"] = "u"}}    --> <soap:Envelope xmlns:soap="u"/>

-- Texts and attributes may be strings, numbers and booleans. json.null is left out.
xml.encode{tag = "a", attrs = {x = 1, y = true, z = json.null}, text = 0.5}  --> <a x="1" y="true">0.5</a>
xml.encode{tag = "a", attrs = json.null, text = json.null, children = json.null}  --> <a/>

-- Special characters.
xml.encode{tag = "a", attrs = {b = '<">&\n\t\r'}, text = "<\">&\n\t\r"}   --> <a b="&lt;&quot;&gt;&amp;&#10;&#9;&#13;">&lt;"&gt;&amp;\n	&#13;</a>
xml.encode{tag = "a", text = "\1\255 é"}                             --> <a>�� é</a>

-- Options.
xml.encode({tag = "a", children = {{tag = "b", children = {{tag = "c"}}}, {tag = "d", text = "x"}}}, {pretty = true})  --> <a>\n  <b>\n    <c/>\n  </b>\n  <d>x</d>\n</a>\n
xml.encode({tag = "a", text = "x", children = {{tag = "b"}}}, {pretty = true})    --> <a>x<b/></a>\n
xml.encode({tag = "a"}, {declaration = true})                        --> <?xml version="1.0" encoding="UTF-8"?>\n<a/>

-- What encode has written, decode reads.
local node = xml.decode('<a b="&lt;1">x<c/>y</a>')
json.encode(xml.decode(xml.encode(node))) == json.encode(node)       --> true

-- The error has the path to the wrong part.
xml.encode{tag = "a", children = {{tag = "b"}, {}}}    --> xml.encode: children[2].tag: a name expected, not nil
xml.encode{tag = "a", children = {{tag = "b", children = {"x"}}}}    --> xml.encode: children[1].children[1]: a node expected, not a string
xml.encode{tag = "a", attrs = {b = {}}}                --> xml.encode: attrs.b: a string, a number or a boolean expected, not a table
xml.encode{tag = "a", text = {}}                       --> xml.encode: text: a string, a number or a boolean expected, not a table
xml.encode{tag = "a", attrs = "b"}                     --> xml.encode: attrs: a table expected, not a string
xml.encode{tag = "a b"}                                --> xml.encode: tag: "a b" is not a name of XML
xml.encode{tag = ""}                                   --> xml.encode: tag: "" is not a name of XML
xml.encode{tag = "\255"}                               --> xml.encode: tag: "\xff" is not a name of XML
xml.encode{tag = "1"}                                  --> xml.encode: tag: "1" is not a name of XML
xml.encode{tag = "a", attrs = {["b=c"] = 1}}           --> xml.encode: attrs: "b=c" is not a name of XML
xml.encode{tag = "a", attrs = {1}}                     --> xml.encode: attrs: a name expected, not a number
xml.encode{tag = "a", attr = {}}                       --> xml.encode: there is no field 'attr' (did you mean 'attrs'?); its fields are tag, attrs, text, children
xml.encode()                                           --> bad argument #1 to encode (table expected, got nil)
xml.encode({tag = "a"}, {indent = true})               --> bad argument #2 to encode (there is no field 'indent'; its fields are pretty, declaration)

-- Bounds.
local loop = {tag = "a"} loop.children = {loop}
xml.encode(loop)                                       --> xml.encode: more than 100 nested elements
local many = {}
for i = 1, 50000 do many[i] = {tag = "b"} end
xml.encode{tag = "a", children = many}                 --> xml.encode: more than 50000 elements and attributes
xml.encode{tag = "a", text = ("x"):rep(2^23)}          --> xml.encode: longer than 8388608 bytes
xml.encode{tag = "a", text = ("<"):rep(2^22)}          --> xml.encode: longer than 8388608 bytes
