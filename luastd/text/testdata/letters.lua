text.lower("ÀÉÎ")                            --> àéî
text.lower("ΟΔΟΣ ΟΔΟΣ")                      --> οδος οδος
text.lower("I", {language = "tr"})           --> ı
text.lower("I", {language = "tr-TR"})        --> ı
text.upper("i", {language = "tr"})           --> İ
text.upper("straße ﬁ")                       --> STRASSE FI
text.title("hello WORLD, don't")             --> Hello World, Don't
text.title("ijsland", {language = "nl"})     --> IJsland
text.title("élan vital")                     --> Élan Vital
text.lower("A\255B")                         --> a�b
text.lower("")                               --> 
text.lower("a", {language = "no language"})  --> bad argument #2 to lower (language must be the code of a language, such as tr, not "no language")
text.lower("a", {lang = "tr"})               --> bad argument #2 to lower (there is no field 'lang'; its fields are language)
text.lower(("a"):rep(8 * 2^20 + 1))          --> bad argument #1 to lower (the text has 8388609 bytes; the maximum is 8388608)

-- A text that is longer than one part is converted as a whole.
text.lower(("ΑΣ "):rep(50000)) == ("ας "):rep(50000)              --> true
text.title(("ab "):rep(50000)) == ("Ab "):rep(50000)              --> true
#text.lower(("Σ"):rep(100000))                                    --> 200000
text.upper(("ß"):rep(50000)) == ("S"):rep(100000)                 --> true
text.normalize(("e\204\129"):rep(50000)) == ("é"):rep(50000)      --> true

text.fold("àéîõü ÇŠŽ ßæø")                   --> aeiou CSZ ssaeo
text.fold("чай がぎ")                          --> чай がぎ
text.fold("\255é")                           --> �e

text.normalize("e\204\129") == "é"           --> true
text.normalize("é", "NFD") == "e\204\129"    --> true
text.normalize("①", "NFKC")                  --> 1
text.normalize("é", json.null)               --> é
text.normalize("é", "nfc")                   --> bad argument #2 to normalize ("nfc" is not one of NFC, NFD, NFKC, NFKD)

text.slug("  Hello,   World!  ")             --> hello-world
text.slug("Don't stop")                      --> dont-stop
text.slug("Größe & Maß")                     --> grosse-mass
text.slug("Größe & Maß", {language = "de"})  --> groesse-mass
text.slug("Größe", {language = "de-AT"})     --> groesse
text.slug("o\204\136l", {language = "de"})   --> oel
text.slug("Привет, мир")                     --> привет-мир
text.slug("हिन्दी में")                           --> हिन्दी-में
text.slug("!?")                              --> 
text.slug("../etc/passwd")                   --> etc-passwd
text.slug("a b", {separator = ""})           --> ab
text.slug("a b", {separator = "-----------"})  --> bad argument #2 to slug (separator must be at most 10 bytes long, not "-----------")
text.slug(("a"):rep(65537))                  --> bad argument #1 to slug (the text has 65537 bytes; the maximum is 65536)
