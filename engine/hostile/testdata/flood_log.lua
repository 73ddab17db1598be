-- A task logs at every level in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do log.debug("x") log.info("x") log.warn("x") log.error("x") end end)
