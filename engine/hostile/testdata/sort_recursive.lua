-- The order function calls table.sort with itself.
--> error
register_tool("attack", function()
  local function order() table.sort({ 2, 1 }, order) return false end
  order()
end)
