-- The functions that errors need are gone, or do something else.
--> error attempt to index a nil value|index|nil
pcall, xpcall, error, assert, tostring, type, debug.traceback = nil, nil, nil, nil, nil, nil, nil
register_tool("attack", function() local x = nil return x.y end)
