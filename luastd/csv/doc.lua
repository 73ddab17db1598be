csv = {}

---Returns the rows of a text. All values are strings.
---@param s string
---@param options? { header: boolean, separator: string, lazy: boolean } header: the first row has the names of the columns, default true; separator: default ","; lazy: accepts misplaced quotes and rows of different lengths, default true
---@return table[]? rows tables by name, or lists if header is false; nil when the text is wrong
---@return string? reason
---@return string? code "invalid" or "too_large"
function csv.decode(s, options) end

---Returns the rows as text.
---@param rows table[] tables by name, or lists
---@param options? { columns: string[], separator: string, excel: boolean } columns: the names of the columns to write; separator: default ","; excel: writes ' before strings that a spreadsheet takes for formulas, default false
---@return string
function csv.encode(rows, options) end

---Returns an iterator of rows: for row in csv.lines(next) do ... end. Raises an error when a line is wrong.
---@param next fun(): string? an iterator that returns lines
---@param options? { header: boolean, separator: string, lazy: boolean } as for csv.decode
---@return fun(): table?
function csv.lines(next, options) end
