---@class moonlark.HTMLNode an element of a page, or the document
local Node = {}

---Returns the elements in the node that a CSS selector matches.
---@param css string
---@return moonlark.HTMLNode[]
function Node:select(css) end

---Returns the first element in the node that a CSS selector matches.
---@param css string
---@return moonlark.HTMLNode?
function Node:first(css) end

---Returns the name of the element, such as "a".
---@return string
function Node:name() end

---Returns the value of an attribute.
---@param name string
---@return string?
function Node:attr(name) end

---Returns the text in the node that people read.
---@return string
function Node:text() end

---Returns the element as HTML.
---@param options? { inner: boolean } inner: only the content of the element, default false
---@return string
function Node:html(options) end

---Returns the element that contains the element.
---@return moonlark.HTMLNode?
function Node:parent() end

---Returns the elements that are directly in the node.
---@return moonlark.HTMLNode[]
function Node:children() end

html = {}

---Returns the document in s.
---@param s string
---@return moonlark.HTMLNode? document nil when s is too large
---@return string? reason
---@return string? code "too_large"
function html.parse(s) end

---Returns the text of a page that people read.
---@param page string|moonlark.HTMLNode
---@return string? text nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.text(page) end

---Returns a page as Markdown.
---@param page string|moonlark.HTMLNode
---@param options? { base: string } base: the URL of the page, to make links absolute
---@return string? markdown nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.markdown(page, options) end

---Returns the links of a page.
---@param page string|moonlark.HTMLNode
---@param base? string the URL of the page, to make links absolute
---@return { url: string, text: string }[]? links nil when the page is too large
---@return string? reason
---@return string? code "too_large"
function html.links(page, base) end

---Returns s with references such as &lt; in place of the characters & < > " and '.
---@param s string
---@return string
function html.escape(s) end

---Returns s with characters in place of references such as &lt;.
---@param s string
---@return string
function html.unescape(s) end
