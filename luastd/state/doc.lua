---A table that survives a reload of the script. It keeps values that can be JSON.
---@type table<string|number, any>
state = {}
