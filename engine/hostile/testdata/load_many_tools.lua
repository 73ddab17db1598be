-- The top level registers a hundred thousand tools.
--> refused ran for 200ms|too many tools|more than
for i = 1, 1e5 do register_tool("tool" .. i, print) end
