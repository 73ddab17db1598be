-- A handler calls require inside pcall for a module that does not exist.
--> error module 'nothing' not found
register_tool("attack", function() return nil, select(2, pcall(require, "nothing")) end)
