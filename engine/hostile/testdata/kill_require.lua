-- A module that never ends, under pcall.
--> error module 'nothing' not found
register_tool("attack", function() return nil, select(2, pcall(require, "nothing")) end)
