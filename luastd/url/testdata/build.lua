url.build{scheme = "https", host = "example.com", path = "/a", query = {x = 1}, fragment = "top"}  --> https://example.com/a?x=1#top
url.build{scheme = "http", host = "example.com", port = 8080, user = "ann", password = "a@b"}      --> http://ann:a%40b@example.com:8080
url.build{scheme = "http", user = "ann", host = "h"}               --> http://ann@h
url.build{scheme = "mailto", path = "ann@example.com"}             --> mailto:ann@example.com
url.build{scheme = "file", host = "", path = "/etc/hosts"}         --> file:///etc/hosts
url.build{}                                                        --> 
url.build{path = "a/b", query = {}}                                --> a/b
url.build{host = "h", path = "a"}                                  --> //h/a
url.build{scheme = "HTTP", host = "Bücher.example"}                --> http://xn--bcher-kva.example
url.build{scheme = "http", host = "::1", port = 80}                --> http://[::1]:80
url.build{scheme = "http", host = "[::1]"}                         --> http://[::1]
url.build{scheme = "http", host = "fe80::1%eth0"}                  --> http://[fe80::1%25eth0]
url.build{scheme = "http", host = "h", port = json.null}           --> http://h

-- The path may have escapes. A character that needs an escape gets one.
url.build{path = "/a b/%2F/50%/é?#"}                               --> /a%20b/%2F/50%25/%C3%A9%3F%23
url.build{path = "a:b"}                                            --> ./a:b
url.build{fragment = "a b"}                                        --> #a%20b

-- Mistakes raise an error.
url.build()                                     --> bad argument #1 to build (table expected, got nil)
url.build("http://h")                           --> bad argument #1 to build (table expected, got string)
url.build{hots = "h"}                           --> bad argument #1 to build (there is no field 'hots' (did you mean 'host'?); its fields are scheme, user, password, host, port, path, query, fragment)
url.build{scheme = "a b"}                       --> bad argument #1 to build ("a b" is not a scheme such as https)
url.build{scheme = "http", port = 80}           --> bad argument #1 to build (port needs a host)
url.build{host = "h", port = "80"}              --> bad argument #1 to build (port must be a whole number from 0 to 65535, not a string)
url.build{host = "h", port = 65536}             --> bad argument #1 to build (port must be a whole number from 0 to 65535, not 65536)
url.build{host = "a/b"}                         --> bad argument #1 to build (the host "a/b" has the character "/")
url.build{host = 1}                             --> bad argument #1 to build (host must be a string, not 1)
url.build{path = "//a"}                         --> bad argument #1 to build (a path without a host must not begin with //)
url.build{query = "a=1"}                        --> bad argument #1 to build (query must be a table, not a string)
url.build{query = {a = {{}}}}                   --> bad argument #1 to build (query: the value of "a" must be a string, a number, a boolean or a list of these, not a table)
url.build{path = ("a"):rep(2^16 + 1)}           --> the URL has 65537 bytes; the maximum is 65536

-- query
url.query{name = "Ann B", n = 1.5, on = true}   --> name=Ann%20B&n=1.5&on=true
url.query{["a&b"] = "c=d+e"}                    --> a%26b=c%3Dd%2Be
url.query{x = {1, "two"}}                       --> x=1&x=two
url.query{x = {}, y = json.null}                --> 
url.query{1}                                    --> bad argument #1 to query (a name must be a string, not a number)
url.query{x = print}                            --> bad argument #1 to query (the value of "x" must be a string, a number, a boolean or a list of these, not a function)
url.query("a")                                  --> bad argument #1 to query (table expected, got string)
local many = {}
for i = 1, 1001 do many[i] = i end
url.query{x = many}                             --> bad argument #1 to query (the query has more than 1000 values)
url.query{x = ("a"):rep(2^16)}                  --> bad argument #1 to query (the query has more than 65536 bytes)
