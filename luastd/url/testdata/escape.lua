url.encode("a b+c/d?e=f&g%")       --> a%20b%2Bc%2Fd%3Fe%3Df%26g%25
url.encode("AZaz09-._~")           --> AZaz09-._~
url.encode("é\0")                  --> %C3%A9%00
url.encode("")                     --> 
url.encode({})                     --> bad argument #1 to encode (string expected, got table)

url.decode("a%20b%2bc%2F")         --> a b+c/
url.decode("a+b")                  --> a+b
url.decode("")                     --> 
url.decode("100%")                 --> nil, invalid: "%" is not an escape of two hexadecimal digits, invalid
url.decode("%4")                   --> nil, invalid: "%4" is not an escape of two hexadecimal digits, invalid
url.decode("%zz%20")               --> nil, invalid: "%zz" is not an escape of two hexadecimal digits, invalid
url.decode()                       --> bad argument #1 to decode (string expected, got nil)

-- A long text is processed in parts. The parts do not end inside of an escape.
local long = ("a é"):rep(200000)
url.decode(url.encode(long)) == long                  --> true
url.decode("x" .. url.encode(long)) == "x" .. long    --> true
url.decode("xx" .. url.encode(long)) == "xx" .. long  --> true
url.encode(("a"):rep(2^23 + 1))    --> bad argument #1 to encode (the text has 8388609 bytes; the maximum is 8388608)
url.decode(("a"):rep(2^23 + 1))    --> nil, too_large: the text has 8388609 bytes; the maximum is 8388608, too_large

-- join: the examples of RFC 3986
local base = "http://a/b/c/d;p?q"
url.join(base, "g")                --> http://a/b/c/g
url.join(base, "./g/")             --> http://a/b/c/g/
url.join(base, "/g")               --> http://a/g
url.join(base, "//g")              --> http://g
url.join(base, "?y")               --> http://a/b/c/d;p?y
url.join(base, "#s")               --> http://a/b/c/d;p?q#s
url.join(base, "../../../g")       --> http://a/g
url.join(base, "")                 --> http://a/b/c/d;p?q
url.join(base, "https://x/y")      --> https://x/y
url.join(base, "//Bücher.example") --> http://xn--bcher-kva.example
url.join("/a", "b")                --> nil, invalid: "/a" is not a complete URL: it has no scheme such as https, invalid
url.join(base, "%")                --> nil, invalid: "%" is not a URL: invalid URL escape "%", invalid
url.join("http://h:x", "a")        --> nil, invalid: "http://h:x" is not a URL: invalid port ":x" after host, invalid
url.join(base, ("a"):rep(2^16 + 1))  --> nil, too_large: the URL has 65537 bytes; the maximum is 65536, too_large
url.join(base)                     --> bad argument #2 to join (string expected, got nil)
