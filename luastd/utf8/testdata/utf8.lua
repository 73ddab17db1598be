local text = "añ€🎉"   -- characters of 1, 2, 3 and 4 bytes

utf8.len(text)                  --> 4
utf8.len("")                    --> 0
utf8.len(text, 2)               --> 3
utf8.len(text, -4)              --> 1
utf8.len(text, 2, 3)            --> 1
utf8.len(text, 3)               --> nil, 3
utf8.len("ab\255")              --> nil, 3
utf8.len(text, #text + 1)       --> 0
utf8.len(text, #text + 2)       --> bad argument #2 to len (initial position out of string)
utf8.len(text, 1, #text + 1)    --> bad argument #3 to len (final position out of string)
utf8.len(text, 1.5)             --> bad argument #2 to len (a whole number expected, got 1.5)

-- Bytes that are not UTF-8: a lone continuation, too long a form, above 10FFFF, cut off.
utf8.len("\128")                --> nil, 1
utf8.len("\192\128")            --> nil, 1
utf8.len("\224\128\128")        --> nil, 1
utf8.len("\244\144\128\128")    --> nil, 1
utf8.len("a\226\130")           --> nil, 2
utf8.len("\237\160\128")        --> 1

utf8.codepoint(text, 1, -1)     --> 97, 241, 8364, 127881
utf8.codepoint(text)            --> 97
utf8.codepoint(text, -4)        --> 127881
utf8.codepoint(text, 2, 4)      --> 241, 8364
utf8.codepoint(text, 3)         --> invalid UTF-8 code at byte 3
utf8.codepoint(text, 1, 100)    --> bad argument #3 to codepoint (out of range)
utf8.codepoint(text, 0)         --> bad argument #2 to codepoint (out of range)
select("#", utf8.codepoint(("a"):rep(8000), 1, -1))  --> 8000
utf8.codepoint(("a"):rep(8001), 1, -1)  --> string slice too long (the maximum is 8000 characters)

utf8.char(97, 241, 8364, 127881)  --> añ€🎉
utf8.char()                     --> 
utf8.char(0) == "\0"            --> true
utf8.char(1114111):byte(1, -1)  --> 244, 143, 191, 191
utf8.char(1114112)              --> bad argument #1 to char (a whole number from 0 to 1114111 expected, got 1114112)
utf8.char(97, -1)               --> bad argument #2 to char (a whole number from 0 to 1114111 expected, got -1)
utf8.char("x")                  --> bad argument #1 to char (number expected, got string)

utf8.offset(text, 1)            --> 1
utf8.offset(text, 3)            --> 4
utf8.offset(text, 5)            --> 11
utf8.offset(text, 6)            --> nil
utf8.offset(text, -1)           --> 7
utf8.offset(text, -4)           --> 1
utf8.offset(text, -5)           --> nil
utf8.offset(text, 0, 9)         --> 7
utf8.offset(text, 0)            --> 11
utf8.offset(text, 2, 2)         --> 4
utf8.offset(text, 1, 3)         --> initial position is a continuation byte
utf8.offset(text, 1, 100)       --> bad argument #3 to offset (position out of range)
utf8.offset(text)               --> bad argument #2 to offset (number expected, got nil)

local function codes(s)
  local all = {}
  for position, code in utf8.codes(s) do all[#all + 1] = position .. ":" .. code end
  return table.concat(all, " ")
end
codes(text)                     --> 1:97 2:241 4:8364 7:127881
codes("")                       --> 
codes("ab\255")                 --> invalid UTF-8 code at byte 3
codes("\128")                   --> invalid UTF-8 code at byte 1
codes("a\128")                  --> invalid UTF-8 code at byte 1
codes("é\128")                  --> invalid UTF-8 code at byte 1
utf8.codes()                    --> bad argument #1 to codes (string expected, got nil)

utf8.charpattern == "[\0-\127\194-\244][\128-\191]*"  --> true
text:match(utf8.charpattern, 2)           --> ñ
select(2, text:gsub(utf8.charpattern, ""))  --> 4

-- Long strings
utf8.len(("ñ"):rep(1000000))              --> 1000000
utf8.offset(("ñ"):rep(1000000), 900000)   --> 1799999
utf8.offset(("ñ"):rep(1000000), -900000)  --> 200001
utf8.offset(("\128"):rep(1000000), -1)    --> 1
