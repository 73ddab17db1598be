-- loadstring gets functions with more locals and upvalues than registers exist.
--> result ^done$
register_tool("attack", function()
  local names = {}
  for i = 1, 300 do names[i] = "v" .. i end
  local list = table.concat(names, ",")
  loadstring("local " .. list .. " = 1 return " .. list)
  for i = 200, 300, 5 do loadstring("local " .. table.concat(names, ",", 1, i) .. " return function() return " .. table.concat(names, ",", 1, i) .. " end") end
  loadstring("return function(" .. list .. ") end")
  loadstring("return " .. list)
  loadstring("return {" .. list .. "}")
  loadstring("f(" .. list .. ")")
  loadstring(list .. " = " .. list)
  loadstring("return " .. table.concat(names, ".."))
  loadstring("return " .. table.concat(names, " and "))
  return "done"
end)
