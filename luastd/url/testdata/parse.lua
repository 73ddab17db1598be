local function show(s)
  local u, reason, code = url.parse(s)
  if not u then return reason, code end
  return json.encode(u)
end

show("https://example.com/a/b?x=1#top")  --> {"scheme":"https","host":"example.com","path":"/a/b","query":{"x":"1"},"fragment":"top"}
show("https://ann:s%40cret@example.com:8443")  --> {"scheme":"https","user":"ann","password":"s@cret","host":"example.com","port":8443,"path":"","query":{}}
show("mailto:ann@example.com?subject=hi")      --> {"scheme":"mailto","path":"ann@example.com","query":{"subject":"hi"}}
show("file:///etc/hosts")                --> {"scheme":"file","host":"","path":"/etc/hosts","query":{}}

-- A relative URL has no scheme, and perhaps no host.
show("/a/b?c")                           --> {"path":"/a/b","query":{"c":""}}
show("//example.com/a")                  --> {"host":"example.com","path":"/a","query":{}}
show("#top")                             --> {"path":"","query":{},"fragment":"top"}
show("")                                 --> {"path":"","query":{}}
show("example.com/a")                    --> {"path":"example.com/a","query":{}}

-- Scheme and host are in lower case and ASCII. An IPv6 address has no brackets.
show("HTTP://Example.COM/A")             --> {"scheme":"http","host":"example.com","path":"/A","query":{}}
url.parse("http://Bücher.example").host  --> xn--bcher-kva.example
url.parse("http://my_host").host         --> my_host
show("http://[2001:DB8::1]:80/")         --> {"scheme":"http","host":"2001:db8::1","port":80,"path":"/","query":{}}
url.parse("http://[fe80::1%25eth0]").host  --> fe80::1%eth0

-- The path keeps its escapes. A character that needs an escape gets one.
url.parse("http://h/a%2Fb/c d").path     --> /a%2Fb/c%20d
url.parse("http://h/é").path             --> /%C3%A9

-- In the query, + is a space. A name that occurs several times has a list.
url.parse("?q=a+b%20c%2Bd").query.q      --> a b c+d
show("?x=1&y=2&x=3&x=4")                 --> {"path":"","query":{"x":["1","3","4"],"y":"2"}}
show("?a&b=&=c&&d=e=f")                  --> {"path":"","query":{"a":"","b":"","":"c","d":"e=f"}}
show("?a[]=1;b=2")                       --> {"path":"","query":{"a[]":"1;b=2"}}

-- What is not a URL.
show("http://h:99999/")     --> invalid: "http://h:99999/" is not a URL: the port "99999" is not from 0 to 65535, invalid
show("http://h:x/")         --> invalid: "http://h:x/" is not a URL: invalid port ":x" after host, invalid
show("http://h/%zz")        --> invalid: "http://h/%zz" is not a URL: invalid URL escape "%zz", invalid
show("?q=100%")             --> invalid: "?q=100%" is not a URL: "%" is not an escape of two hexadecimal digits, invalid
show("http://a b/")         --> invalid: "http://a b/" is not a URL: invalid character " " in host name, invalid
show("http://[::1/")        --> invalid: "http://[::1/" is not a URL: missing ']' in host, invalid
show("http://[1.2.3.4]/")   --> invalid: "http://[1.2.3.4]/" is not a URL: invalid IP-literal, invalid
show("http://xn--a-ä/")     --> invalid: "http://xn--a-ä/" is not a URL: the host "xn--a-ä" is not a name, invalid
show("http://h\n/")         --> invalid: "http://h\n/" is not a URL: invalid control character in URL, invalid
show("1:2")                 --> invalid: "1:2" is not a URL: first path segment in URL cannot contain colon, invalid
url.parse()                 --> bad argument #1 to parse (string expected, got nil)

-- A URL has at most 64 KiB and 1,000 values.
url.parse("http://h/" .. ("a"):rep(2^16))       --> nil, too_large: the URL has 65545 bytes; the maximum is 65536, too_large
#url.parse("?" .. ("a&"):rep(1000)).query.a     --> 1000
url.parse("?" .. ("a&"):rep(1001))              --> nil, too_large: the query has more than 1000 values, too_large
#select(2, url.parse("http://h/%" .. ("z"):rep(1000))) < 300  --> true
