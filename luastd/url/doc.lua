url = {}

---The parts of a URL. A part that the URL does not have is nil.
---@class moonlark.url
---@field scheme? string such as "https", in lower case
---@field user? string
---@field password? string
---@field host? string a name or an IP address, without brackets
---@field port? integer from 0 to 65535
---@field path? string with its escapes; "" if there is none
---@field query? table<string, string|number|boolean|(string|number|boolean)[]> a list for a name that occurs several times
---@field fragment? string the text after #

---Takes a URL apart.
---@param s string
---@return moonlark.url? parts nil when s is not a URL
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.parse(s) end

---Returns the URL with these parts.
---@param parts moonlark.url
---@return string
function url.build(parts) end

---Returns the URL that a link means on a page.
---@param base string the complete URL of the page
---@param ref string the link, which may be relative
---@return string? url nil when one of them is not a URL
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.join(base, ref) end

---Returns s with escapes for all bytes except letters, digits and - . _ ~; a space becomes %20.
---@param s string
---@return string
function url.encode(s) end

---Returns s without escapes such as %20. A + stays a +.
---@param s string
---@return string? text nil when s has a % that begins no escape
---@return string? reason
---@return string? code "invalid" or "too_large"
function url.decode(s) end

---Returns the query with these names and values, such as "a=1&b=2".
---@param t table<string, string|number|boolean|(string|number|boolean)[]>
---@return string
function url.query(t) end
