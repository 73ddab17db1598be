text = {}

---Returns s without white space at both ends.
---@param s string
---@return string
function text.trim(s) end

---Returns the parts of s between the separators; without a separator, the parts between white space.
---@param s string
---@param sep? string
---@param options? { max: integer } max: maximal number of parts; the last part is the rest of s
---@return string[]
function text.split(s, sep, options) end

---Returns an iterator of the lines of s, without their ends.
---@param s string
---@return fun(): string?
function text.lines(s) end

---Returns the words in s, without punctuation.
---@param s string
---@return string[]
function text.words(s) end

---Returns whether s begins with prefix.
---@param s string
---@param prefix string
---@return boolean
function text.starts(s, prefix) end

---Returns whether s ends with suffix.
---@param s string
---@param suffix string
---@return boolean
function text.ends(s, suffix) end

---Returns s in lines of at most n characters.
---@param s string
---@param n integer
---@return string
function text.wrap(s, n) end

---Cuts s at a word to at most max characters.
---@param s string
---@param max integer
---@param options? { ending: string } ending: put after a text that was cut, such as "..."; max includes it
---@return string
function text.shorten(s, max, options) end

---Returns s without the indentation that all its lines have.
---@param s string
---@return string
function text.dedent(s) end

---Returns s in lower case, also letters beyond ASCII.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "tr"
---@return string
function text.lower(s, options) end

---Returns s in upper case, also letters beyond ASCII.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "tr"
---@return string
function text.upper(s, options) end

---Returns s with the first letter of each word in upper case, and the others in lower case.
---@param s string
---@param options? { language: string } language: uses the rules of a language, such as "nl"
---@return string
function text.title(s, options) end

---Returns s without accents.
---@param s string
---@return string
function text.fold(s) end

---Returns s in a normal form of Unicode.
---@param s string
---@param form? "NFC"|"NFD"|"NFKC"|"NFKD" default: "NFC"
---@return string
function text.normalize(s, form) end

---Returns s as a name for URLs and files, such as "creme-brulee".
---@param s string
---@param options? { separator: string, language: string } separator: put between words, default "-"; language: "de" writes ae, oe and ue for ä, ö and ü
---@return string
function text.slug(s, options) end

---Returns the number of characters to insert, delete or replace to get b from a.
---@param a string
---@param b string
---@return integer
function text.levenshtein(a, b) end

---Returns how similar two texts are, from 0 to 1, without regard to case and accents.
---@param a string
---@param b string
---@return number
function text.similar(a, b) end

---Returns the number that s means: "twenty one" is 21.
---@param s string
---@param options? { language: "en"|"de"|"fr"|"es" } default: "en"
---@return number? n nil when s is not a number
---@return string? reason
---@return string? code "invalid" or "too_large"
function text.number(s, options) end

---Returns the words for a number: 21 is "twenty-one".
---@param x number|string a number, or a string of digits
---@param options? { language: "en"|"de"|"fr"|"es", form: "cardinal"|"ordinal"|"year"|"digits", gender: "masculine"|"feminine", decimals: integer } decimals: maximal number of digits after the point, default 6
---@return string
function text.spoken(x, options) end

---Returns the time of day that s means: "half past seven" is "07:30".
---@param s string
---@param options? { language: "en"|"de"|"fr"|"es" } default: "en"
---@return string? time nil when s is not a time of day
---@return string? reason
---@return string? code "invalid" or "too_large"
function text.time(s, options) end

---Returns the words for a time of day: "07:30" is "half past seven".
---@param t string|{ hour: integer, min: integer } such as "07:30", or a table like that of os.date("*t")
---@param options? { language: "en"|"de"|"fr"|"es", hours: 12|24, part: boolean } hours: default 12; part: adds the part of the day, such as "in the morning", default false
---@return string
function text.spoken_time(t, options) end
