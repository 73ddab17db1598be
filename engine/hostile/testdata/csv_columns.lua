-- Many rows with many columns that are not there.
--> error too much memory|\\d+
--> calm too much memory|is busy
register_tool("attack", function()
  local names = {}
  for i = 1, 5000 do names[i] = "c" .. i end
  local rows = csv.decode(table.concat(names, ",") .. "\n" .. (("1,"):rep(4999) .. "1\n"):rep(500))
  local text = csv.encode(rows, { columns = names })
  error(#text)
end)
