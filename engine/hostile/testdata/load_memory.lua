-- The top level fills the memory.
--> flags --memory 32
--> refused the scripts use too much memory \(more than 32 MiB\)
local t = {}
for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end
