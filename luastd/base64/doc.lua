base64 = {}

---Returns s in base64.
---@param s string
---@param options? { url: boolean, pad: boolean, lines: integer } url: - and _ in place of + and /, default false; pad: = at the end, default true; lines: characters in a line, default 0 for one line
---@return string
function base64.encode(s, options) end

---Returns the bytes of a text in base64. Accepts both alphabets, text with or without =, and white space.
---@param text string
---@return string? bytes nil when text is not base64
---@return string? reason
---@return string? code "invalid" or "too_large"
function base64.decode(text) end
