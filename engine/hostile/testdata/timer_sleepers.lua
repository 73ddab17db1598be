-- More timers fire at once than there may be tasks, and each of them sleeps.
--> lasts 300ms
--> says 256 tasks are waiting: nothing else of this script begins before one of them ends
--> calm same did not begin|took longer
for i = 1, 300 do after(0, function() sleep(1) end) end
