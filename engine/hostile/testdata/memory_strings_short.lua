-- Short strings, ten million of them.
--> error too much memory
register_tool("attack", function() local t = {} while true do t[#t + 1] = tostring(#t) .. "x" end end)
