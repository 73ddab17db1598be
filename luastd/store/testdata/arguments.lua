-- Keys
store.get("")                                 --> bad argument #1 to get (a key has 1 to 512 bytes)
store.get(("k"):rep(512))                     --> nil
store.get(("k"):rep(513))                     --> bad argument #1 to get (a key has 1 to 512 bytes)
store.set("a\255", 1)                         --> bad argument #1 to set ("a\xff" is not UTF-8 at byte 2)
store.set("a\0b", 1), store.get("a\0b"), store.get("a")  --> true, 1, nil
store.get()                                   --> bad argument #1 to get (string expected, got nil)
store.keys(("k"):rep(513))                    --> bad argument #1 to keys (a prefix has at most 512 bytes)
store.clear("\255")                           --> bad argument #1 to clear ("\xff" is not UTF-8 at byte 1)

-- Values
store.set("v")                                --> bad argument #2 to set (value expected)
store.set("v", ("x"):rep(2^20 - 2))           --> true
store.set("v", ("x"):rep(2^20 - 1))           --> bad argument #2 to set (longer than 1048576 bytes)
store.set("v", {f = print})                   --> bad argument #2 to set (f: a function cannot be JSON)
store.set("v", 0/0)                           --> bad argument #2 to set (NaN cannot be JSON)
store.add("v2", nil)                          --> bad argument #2 to add (value expected, got nil)
store.set("v", json.null), tostring(store.get("v"))  --> true, null
store.set("v", nil), store.get("v")           --> true, nil
store.set("v", false), store.get("v", 1)      --> true, false
store.set("v", {}), #store.get("v")           --> true, 0
store.set("v", json.array{}), json.encode(store.get("v"))  --> true, []
store.set("v", 2^53), store.get("v") == 2^53  --> true, true
store.set("v", "\0\1"), #store.get("v")       --> true, 2

-- Options
store.set("o", 1, {tll = 3})                  --> bad argument #3 to set (there is no field 'tll' (did you mean 'ttl'?); its fields are ttl, lazy)
store.set("o", 1, {ttl = 0})                  --> bad argument #3 to set (ttl must be at least 0.001 seconds, not 0)
store.set("o", 1, {ttl = 4e8})                --> bad argument #3 to set (ttl must be at most 316224000, not 400000000: seconds are meant, not milliseconds)
store.set("o", 1, {ttl = "1"})                --> bad argument #3 to set (ttl must be a number of seconds, not a string)
store.set("o", 1, {lazy = 1})                 --> bad argument #3 to set (lazy must be true or false, not 1)
store.set("o", 1, {ttl = json.null}), store.ttl("o")  --> true, nil
store.keys("", {limit = 0})                   --> bad argument #2 to keys (limit must be a whole number from 1 to 10000, not 0)
store.keys("", {limit = 10001})               --> bad argument #2 to keys (limit must be a whole number from 1 to 10000, not 10001)
store.incr("o", 1, {init = "x"})              --> bad argument #3 to incr (init must be a number, not a string)

-- Numbers
store.set("n", 2^1023), store.incr("n", 2^1023 * 1.9)  --> store.incr: the sum is not a finite number
store.incr("n", 0/0)                          --> store.incr: the sum is not a finite number
store.get("n") == 2^1023                      --> true
store.set("n", 0.5), store.incr("n"), store.incr("n", -2)  --> true, 1.5, -0.5
store.set("n", "5"), store.incr("n")          --> store.incr: the value of "n" is not a number

-- Lists
store.clear()                                 --> 4
store.set("a", 1), store.set("ä", 2), store.set("ab", 3), store.set("b", 4)  --> true, true, true, true
table.concat(store.keys(), " ")               --> a ab b ä
table.concat(store.keys("a"), " ")            --> a ab
table.concat(store.keys("ä"), " ")            --> ä
table.concat(store.keys("", {limit = 2, after = "a"}), " ")  --> ab b
table.concat(store.keys("", {reverse = true, after = "b"}), " ")  --> ab a
table.concat(store.keys("a", {reverse = true}), " ")  --> ab a
table.concat(store.keys("a", {after = "0"}), " ")  --> a ab
json.encode(store.keys("x")), json.encode(store.list("x"))  --> [], []
json.encode(store.list("a"))                  --> [{"key":"a","value":1},{"key":"ab","value":3}]

-- Stores
store.open("a/b")                             --> bad argument #1 to open (the name of a store has 1 to 64 letters, digits, _ or -, got "a/b")
store.open(("a"):rep(65))                     --> bad argument #1 to open (the name of a store has 1 to 64 letters, digits, _ or -, got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...")
store.open("a", {share = true})               --> bad argument #2 to open (there is no field 'share' (did you mean 'shared'?); its fields are shared)
store.open("a", {shared = 1})                 --> bad argument #2 to open (shared must be true or false, not 1)
store.watch("a")                              --> bad argument #2 to watch (function expected, got nil)
store.transaction()                           --> bad argument #1 to transaction (function expected, got nil)
