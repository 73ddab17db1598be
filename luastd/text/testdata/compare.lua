text.levenshtein("", "")                     --> 0
text.levenshtein("", "abc")                  --> 3
text.levenshtein("abc", "")                  --> 3
text.levenshtein("abc", "abc")               --> 0
text.levenshtein("kitten", "sitting")        --> 3
text.levenshtein("flaw", "lawn")             --> 2
text.levenshtein("Abc", "abc")               --> 1
text.levenshtein("é", "e\204\129")           --> 0
text.levenshtein("naïve", "naive")           --> 1
text.levenshtein("👨‍👩‍👧", "👩")                  --> 1
text.levenshtein(("a"):rep(10000), ("b"):rep(100))  --> 10000
text.levenshtein("", ("a"):rep(10001))       --> bad argument #2 to levenshtein (the text has more than 10000 characters)
text.levenshtein(("é"):rep(80001), "")       --> bad argument #1 to levenshtein (the text has 160002 bytes; the maximum is 160000)

text.similar("", "")                         --> 1
text.similar("", "a")                        --> 0
text.similar("a", "b")                       --> 0
text.similar("Büro", "buro")                 --> 1
text.similar(" living   room", "Living Room")  --> 1
text.similar("abcd", "abxd")                 --> 0.75
text.similar("abcd", "abxd") == text.similar("abxd", "abcd")  --> true
text.similar(("a"):rep(10001), "")           --> bad argument #1 to similar (the text has more than 10000 characters)
