---Databases of SQLite. Failures return nil, a reason and a code: "constraint", "busy", "full", "readonly", "corrupt", "io", "timeout", "too_large", "not_found", "denied" or "closed". Mistakes in the SQL raise an error.
db = {}

---json.null: a parameter that is NULL.
db.null = nil

---@class db.rows
---@field [integer] table a row: its values by column
---@field columns string[] the names of the columns

---@class db.database
local database = {}

---@class db.statement a prepared statement; its methods are those of a database without sql
local statement = {}

---Opens a database. A name without "/" is a file in the script's data folder; a path needs a permission. Can be called while the script loads; the file is then opened by the first use.
---@param name string
---@param options? { mode: "rwc"|"rw"|"ro"|"memory", busy_timeout: number, query_timeout: number, foreign_keys: boolean, migrations: string[], max_rows: integer } mode: default "rwc"; busy_timeout: seconds, default 5; query_timeout: seconds, default 30; foreign_keys: default true; migrations: SQL texts, each of which is run once in the life of the file; max_rows: default 10000
---@return db.database?
---@return string? reason
---@return string? code
function db.open(name, options) end

---Returns a parameter that is written as a BLOB.
---@param bytes string
---@return userdata
function db.blob(bytes) end

---Returns a parameter that is an integer of 64 bits.
---@param digits string
---@return userdata
function db.int(digits) end

---Returns the rows of a statement.
---@param sql string one statement
---@param ... any the values for ?, or one table with the values for :name
---@return db.rows? rows
---@return string? reason
---@return string? code
function database:query(sql, ...) end

---Returns the first row of a statement.
---@param sql string
---@param ... any
---@return table? row nil if there is none
---@return string? reason
---@return string? code
function database:first(sql, ...) end

---Returns the first column of the first row of a statement.
---@param sql string
---@param ... any
---@return string|number|nil value
---@return string? reason
---@return string? code
function database:value(sql, ...) end

---Returns an iterator over the rows of a statement that only reads: for row in database:rows(sql) do ... end. It reads up to 256 rows at once. Failures raise an error.
---@param sql string
---@param ... any
---@return fun(): table? iterator
function database:rows(sql, ...) end

---Runs a statement, or several if there are no parameters.
---@param sql string
---@param ... any
---@return integer? changes the number of changed rows
---@return any last_id the id of the last row that was inserted, or the reason after a failure
---@return string? code
function database:exec(sql, ...) end

---Calls fn. Its changes are made together, or not at all if it raises an error or returns nil and a reason.
---@param fn fun(): ...
---@return any ... what fn returns
function database:transaction(fn) end

---Returns a statement with the methods query, first, value, rows and exec.
---@param sql string
---@return db.statement
function database:prepare(sql) end

---Copies the database to a file.
---@param path string as for db.open
---@return true? ok
---@return string? reason
---@return string? code
function database:backup(path) end

---Returns the names of the tables.
---@return string[]? names
---@return string? reason
---@return string? code
function database:tables() end

---Closes the database. May be called again.
function database:close() end

---Returns the rows of the statement.
---@param ... any
---@return db.rows? rows
---@return string? reason
---@return string? code
function statement:query(...) end

---Returns the first row of the statement.
---@param ... any
---@return table? row
---@return string? reason
---@return string? code
function statement:first(...) end

---Returns the first column of the first row of the statement.
---@param ... any
---@return string|number|nil value
---@return string? reason
---@return string? code
function statement:value(...) end

---Returns an iterator over the rows of the statement, which only reads.
---@param ... any
---@return fun(): table? iterator
function statement:rows(...) end

---Runs the statement.
---@param ... any
---@return integer? changes
---@return any last_id
---@return string? code
function statement:exec(...) end
