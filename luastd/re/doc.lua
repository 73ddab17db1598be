re = {}

---The match of a pattern: m[0] is the match, m[1], m[2], ... are its groups, and m.name is the group (?P<name>...). A group that took no part is nil.
---@alias moonlark.Match table<integer|string, string>

---A replacement: a string with $1, $name, ${name} and $$; a table; or a function that gets the groups (the match, if the pattern has none).
---@alias moonlark.Replacement string|table<string, string|number|false>|fun(...: string): string|number|false|nil

---@class moonlark.Pattern a compiled pattern
local Pattern = {}

---Returns the first match in s, or nil.
---@param s string
---@return moonlark.Match?
function Pattern:match(s) end

---Returns the positions of the first byte and the last byte of the first match in s, and its groups.
---@param s string
---@return integer? from nil if there is no match
---@return integer? to
---@return string? ... groups
function Pattern:find(s) end

---Returns whether s contains a match.
---@param s string
---@return boolean
function Pattern:test(s) end

---Returns an iterator of the matches: for m in r:gmatch(s) do ... end.
---@param s string
---@return fun(): moonlark.Match?
function Pattern:gmatch(s) end

---Returns s with its matches replaced.
---@param s string
---@param repl moonlark.Replacement
---@param n? integer the maximal number of replacements; default: all
---@return string
---@return integer count number of replacements
function Pattern:gsub(s, repl, n) end

---Returns the parts of s between the matches.
---@param s string
---@return string[]
function Pattern:split(s) end

---Compiles a pattern. Raises an error if it is wrong.
---@param pattern string a regular expression of RE2, best in long brackets: [[\d+]]
---@param flags? string letters: i ignores case, m: ^ and $ match at line ends, s: . matches a line end, U exchanges x* and x*?
---@return moonlark.Pattern
function re.compile(pattern, flags) end

---Returns the first match in s, or nil. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string a regular expression of RE2, best in long brackets: [[\d+]]
---@param flags? string letters of i, m, s, U
---@return moonlark.Match?
function re.match(s, pattern, flags) end

---Returns the positions of the first byte and the last byte of the first match in s, and its groups. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return integer? from nil if there is no match
---@return integer? to
---@return string? ... groups
function re.find(s, pattern, flags) end

---Returns whether s contains a match. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return boolean
function re.test(s, pattern, flags) end

---Returns an iterator of the matches: for m in re.gmatch(s, pattern) do ... end. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return fun(): moonlark.Match?
function re.gmatch(s, pattern, flags) end

---Returns s with its matches replaced. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param repl moonlark.Replacement
---@param n? integer the maximal number of replacements; default: all
---@param flags? string letters of i, m, s, U
---@return string
---@return integer count number of replacements
function re.gsub(s, pattern, repl, n, flags) end

---Returns the parts of s between the matches. Waits if s has more than 64 KiB.
---@param s string
---@param pattern string
---@param flags? string letters of i, m, s, U
---@return string[]
function re.split(s, pattern, flags) end

---Returns a pattern that matches s only.
---@param s string
---@return string
function re.escape(s) end
