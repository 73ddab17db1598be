-- A tool runs an endless loop, and the agent calls it more often than calls may wait.
--> error ran for 200ms without a wait
--> error attack is busy: too many calls are waiting; try again in a moment
--> error attack did not begin in 1.5s: its script is busy with something else
--> error attack took longer than 1.5s and was stopped
--> calm same is busy|same did not begin
--> calls 100
register_tool { name = "attack", timeout = 1.5, handler = function() while true do end end }
