template = {}

---@class moonlark.TemplateOptions
---@field escape? "none"|"html"|"json"|"url" how values are written: "json" is for values between quotes, "url" for parts of a URL; default "none"
---@field missing? ""|"error" "error": a value that is missing raises an error; default "" writes nothing

---@class moonlark.Template
local Template = {}

---Returns the text with the values of data.
---@param data table
---@return string
function Template:render(data) end

---Reads a template. Raises an error if it is wrong.
---@param text string {{name}}, {{a.b}}, {{.}}, {{{raw}}}, {{#list}}...{{/list}}, {{^list}}...{{/list}}, {{! comment }}
---@param options? moonlark.TemplateOptions
---@return moonlark.Template
function template.compile(text, options) end

---Returns text with the values of data.
---@param text string {{name}}, {{a.b}}, {{.}}, {{{raw}}}, {{#list}}...{{/list}}, {{^list}}...{{/list}}, {{! comment }}
---@param data table
---@param options? moonlark.TemplateOptions
---@return string
function template.render(text, data, options) end
