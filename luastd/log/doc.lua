log = {}

---Logs a message that is shown only with --log-level debug.
---@param ... any values; a table is shown as JSON
function log.debug(...) end

---Logs a message.
---@param ... any values; a table is shown as JSON
function log.info(...) end

---Logs a warning.
---@param ... any values; a table is shown as JSON
function log.warn(...) end

---Logs an error.
---@param ... any values; a table is shown as JSON
function log.error(...) end
