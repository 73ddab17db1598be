hex = {}

---Returns s in hexadecimal, with two lower-case digits for each byte.
---@param s string
---@return string
function hex.encode(s) end

---Returns the bytes of a text in hexadecimal. Accepts upper and lower case, and white space.
---@param text string
---@return string? bytes nil when text is not hexadecimal
---@return string? reason
---@return string? code "invalid" or "too_large"
function hex.decode(text) end
