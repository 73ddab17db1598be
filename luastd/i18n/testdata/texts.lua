i18n.load{
  en = {
    greet = "Hello {{name}}",
    twice = "{{ a }}{{b}} and {{a}}",
    plain = "no variables",
    only_english = "English",
    apples = {one = "an apple", other = "{{n}} apples"},
    menu = {file = {close = "Close", other = "Other"}, forms = {one = {x = "group"}, other = "text"}},
    ["a.b"] = "key with a point",
  },
  de = {greet = "Hallo {{name}}", plain = "keine Variablen", apples = {one = "ein Apfel", other = "{{n}} Äpfel"}},
  ["de-AT"] = {plain = "österreichisch"},
  fr_CA = {plain = "sans variables"},
  pl = {files = {one = "1", few = "2-4", many = "5+", other = "1,5"}},
}
i18n("greet", {name = "Ann"})                --> Hello Ann
i18n("greet", {name = "{{name}}"})           --> Hello {{name}}
i18n("greet", {name = 5})                    --> Hello 5
i18n("greet", {name = true})                 --> Hello true
i18n("twice", {a = 1, b = "x"})              --> 1x and 1
i18n("plain")                                --> no variables
i18n("plain", json.null)          --> no variables
i18n("menu.file.close")                      --> Close
i18n("menu.file.other")                      --> Other
i18n("menu.forms.one.x")                     --> group
i18n("menu.forms.other")                     --> text
i18n("menu")                                 --> menu
i18n("a.b")                                  --> key with a point
i18n("missing")                              --> missing
i18n("missing", {n = 1})                     --> missing

-- A variable must be there, and be a string, a number or a boolean.
i18n("greet")                                --> i18n: "greet" in en needs a string or a number as the variable "name", not nil
i18n("greet", {name = json.null})            --> i18n: "greet" in en needs a string or a number as the variable "name", not a userdata
i18n("greet", {name = {}})                   --> i18n: "greet" in en needs a string or a number as the variable "name", not a table
i18n("greet", "Ann")                         --> bad argument #2 to i18n (table expected, got string)
i18n(5)                                      --> 5
i18n("greet", {name = ("x"):rep(2^20)})      --> i18n: the text of "greet" has more than 1048576 bytes

-- The variable n chooses the plural form.
i18n("apples", {n = 1})                      --> an apple
i18n("apples", {n = "1"})                    --> an apple
i18n("apples", {n = 0})                      --> 0 apples
i18n("apples", {n = 1.5})                    --> 1.5 apples
i18n("apples", {n = "1.0"})                  --> 1.0 apples
i18n("apples")                               --> i18n: "apples" in en has plural forms, and needs a number as the variable n, not nil
i18n("apples", {n = "many"})                 --> i18n: "apples" in en has plural forms, and needs a number as the variable n, not "many"
i18n("apples", {n = 0/0})                    --> i18n: "apples" in en has plural forms, and needs a number as the variable n, not NaN
i18n("files", {n = 22}, {language = "pl"})   --> 2-4
i18n("files", {n = 12}, {language = "pl"})   --> 5+
i18n("files", {n = -1}, {language = "pl"})   --> 1

-- A language falls back to shorter codes, and then to English.
local at = {language = "de-AT"}
i18n("plain", nil, at)                       --> österreichisch
i18n("greet", {name = "Ann"}, at)            --> Hallo Ann
i18n("only_english", nil, at)                --> English
i18n("missing", nil, at)                     --> missing
i18n("plain", nil, {language = "fr-CA"})     --> sans variables
i18n("plain", nil, {language = "fr"})        --> no variables
i18n("plain", nil, {language = "it"})        --> no variables
i18n("apples", {n = 0}, {language = "fr"})   --> 0 apples
i18n("plain", nil, {language = "german"})    --> bad argument #3 to i18n (language must be the code of a language, such as de or de-AT, not "german")
i18n("plain", nil, {lang = "de"})            --> bad argument #3 to i18n (there is no field 'lang'; its fields are language)

i18n.has("files")                            --> false
i18n.has("files", {language = "pl"})         --> true
i18n.has("only_english", at)                 --> true

i18n.language()                              --> en
i18n.language("DE_at")                       --> de-AT
i18n("plain")                                --> österreichisch
i18n.language("zh-hant-tw")                  --> zh-Hant-TW
i18n.language("es-419")                      --> es-419
i18n.language("c")                           --> bad argument #1 to language ("c" is not the code of a language, such as de or de-AT)
i18n.language("de-")                         --> bad argument #1 to language ("de-" is not the code of a language, such as de or de-AT)
i18n.language("de" .. ("-abcdefgh"):rep(4))  --> bad argument #1 to language ("de-abcdefgh-abcdefgh-abcdefgh-abcdefgh" is not the code of a language, such as de or de-AT)
i18n.language(json.null)                     --> es-419
i18n.language("en")                          --> en

-- load replaces texts, and keeps the others. After an error, no text is added.
i18n.load{en = {plain = "new"}}
i18n("plain")                                --> new
i18n("greet", {name = "Bob"})                --> Hello Bob
i18n.load{en = {plain = "newer", bad = 5}}   --> bad argument #1 to load (en.bad: a text must be a string, or a table of plural forms or texts, not a number)
i18n("plain")                                --> new
i18n.load{"text"}                            --> bad argument #1 to load ("1" is not the code of a language, such as de or de-AT)
i18n.load{english = {}}                      --> bad argument #1 to load ("english" is not the code of a language, such as de or de-AT)
i18n.load{en = "text"}                       --> bad argument #1 to load (en must be a table of texts, not a string)
i18n.load{en = {"text"}}                     --> bad argument #1 to load (en.[1]: a key must be a string)
i18n.load{en = {menu = {"text"}}}            --> bad argument #1 to load (en.menu.[1]: a key must be a string)
i18n.load{en = {apples = {one = "x"}}}       --> bad argument #1 to load (en.apples: the plural form other is missing)
i18n.load{en = {x = "{{a"}}                  --> bad argument #1 to load (en.x: }} is missing after {{)
i18n.load{en = {x = "{{a b}}"}}              --> bad argument #1 to load (en.x: {{"a b"}} is not a variable)
i18n.load{en = {x = "{{}}"}}                 --> bad argument #1 to load (en.x: {{""}} is not a variable)
i18n.load{en = {x = {other = "{{"}}}         --> bad argument #1 to load (en.x.other: }} is missing after {{)
i18n.load(5)   --> bad argument #1 to load (table expected, got number)

-- The limits.
local deep = {x = "text"}
for _ = 1, 9 do deep = {x = deep} end
i18n.load{en = deep}
i18n("x.x.x.x.x.x.x.x.x.x")                  --> text
i18n.load{en = {x = deep}}                   --> bad argument #1 to load (en.x.x.x.x.x.x.x.x.x.x: there are more than 10 groups in each other)
i18n.load{en = {x = ("x"):rep(65537)}}       --> bad argument #1 to load (en.x: the text has 65537 bytes; the maximum is 65536)
i18n.load{en = {[("x"):rep(65537)] = ""}}    --> bad argument #1 to load (en: a key has more than 65536 bytes)
local many = {}
for i = 1, 10000 do many["k" .. i] = "x" end
select(2, pcall(i18n.load, {en = many})):match("there are more than 10000 texts")  --> there are more than 10000 texts
i18n("k1")                                   --> k1
local large = {}
for i = 1, 65 do large["k" .. i] = ("x"):rep(65536) end
select(2, pcall(i18n.load, {en = large})):match("all texts have more than 4194304 bytes")  --> all texts have more than 4194304 bytes
