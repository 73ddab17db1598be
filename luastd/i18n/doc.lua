---@class moonlark.i18n the texts of a script in several languages
---@overload fun(key: string, vars?: table<string, string|number|boolean>, options?: { language: string }): string
i18n = {}

---Adds texts, by language and key. A text is a string, a table of plural forms, or a group of texts.
---With the path of a folder, adds the texts of the files in it, such as de.toml and en.json.
---@param texts table<string, table>
---@overload fun(folder: string)
function i18n.load(texts) end

---Returns whether a language has a text for key.
---@param key string
---@param options? { language: string }
---@return boolean
function i18n.has(key, options) end

---Returns the language of the script. With a code, such as "de-AT", sets it first.
---@param code? string
---@return string
function i18n.language(code) end

---Returns a number as people write it in the language: "1,234.5".
---@param x number|string a number, or a string of digits
---@param options? { decimals: integer, language: string } decimals: maximal number of digits after the point, default 3
---@return string
function i18n.number(x, options) end

---Returns the elements of a list as people write them in the language: "a, b, and c".
---@param t (string|number)[]
---@param options? { kind: "and"|"or", language: string } kind: default "and"
---@return string
function i18n.list(t, options) end
