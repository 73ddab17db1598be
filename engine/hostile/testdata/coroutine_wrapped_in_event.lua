-- The top level starts a coroutine, and a tool call resumes the coroutine into an endless loop.
--> error ran for 200ms without a wait
--> calls 3
local co = coroutine.wrap(function() coroutine.yield() while true do end end)
co()
register_tool("attack", function() while true do pcall(co) end end)
