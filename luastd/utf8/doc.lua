utf8 = {}

---Returns the characters with these code points, as a string.
---@param ... integer from 0 to 0x10FFFF
---@return string
function utf8.char(...) end

---A pattern that matches one character.
---@type string
utf8.charpattern = nil

---Returns an iterator: for position, code in utf8.codes(s) do ... end
---@param s string
---@return fun(s: string, position: integer): integer, integer
---@return string s
---@return integer position
function utf8.codes(s) end

---Returns the code points of the characters that begin from byte i to byte j.
---@param s string
---@param i? integer default: 1
---@param j? integer default: i
---@return integer ...
function utf8.codepoint(s, i, j) end

---Returns the number of characters that begin from byte i to byte j.
---@param s string
---@param i? integer default: 1
---@param j? integer default: -1
---@return integer? count nil when s is not UTF-8
---@return integer? position of the first byte that is not UTF-8
function utf8.len(s, i, j) end

---Returns the position in bytes of the nth character, counted from byte i. A negative n counts backwards, and 0 means the character that contains byte i.
---@param s string
---@param n integer
---@param i? integer default: 1, or the end of s if n is negative
---@return integer? position nil when there is no such character
function utf8.offset(s, n, i) end
