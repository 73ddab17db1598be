-- The same for the log, at every level.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do log.debug("x") log.info("x") log.warn("x") log.error("x") end end)
