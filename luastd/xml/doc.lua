xml = {}

---@class moonlark.XmlContent what becomes an element
---@field tag string the name of the element, with its prefix
---@field attrs? table<string, string|number|boolean> the attributes by name
---@field text? string|number|boolean
---@field children? moonlark.XmlContent[]

---@class moonlark.XmlNode: moonlark.XmlContent
---@field tag string the name of the element, with its prefix
---@field attrs table<string, string> the attributes by name
---@field text string the text of the element without that of its children, and without white space at both ends
---@field children moonlark.XmlNode[]
local XmlNode = {}

---Returns the first node at a path below this node.
---@param path string tags with / between them, such as "channel/item"; * stands for any tag
---@return moonlark.XmlNode?
function XmlNode:find(path) end

---Returns all nodes at a path below this node.
---@param path string tags with / between them, such as "channel/item"; * stands for any tag
---@return moonlark.XmlNode[]
function XmlNode:all(path) end

---Returns the root node of an XML text.
---@param s string
---@return moonlark.XmlNode? node nil when the text is wrong
---@return string? reason where the text is wrong
---@return string? code "invalid", "too_large" or "unsupported"
function xml.decode(s) end

---Returns a node as XML. Raises an error when it is not a node.
---@param node moonlark.XmlContent
---@param options? { pretty: boolean, declaration: boolean } pretty: each element on a line of its own, default false; declaration: begins with <?xml ...?>, default false
---@return string
function xml.encode(node, options) end
