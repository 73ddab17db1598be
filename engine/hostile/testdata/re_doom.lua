-- Regular expressions of doom, and expressions that are large.
--> result ^15$
register_tool { name = "attack", timeout = 60, handler = function()
  local text = ("a"):rep(1e6)
  local n = 0
  for _, p in ipairs { "(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*)(.*)(.*)(.*)(.*)b", "^(a?){500}b", "((a{1,30}){1,30})b", "(((a{1,100}){1,100}){1,100})", ("("):rep(1e5), ("a?"):rep(1e4), ("(?i)"):rep(1e4), "[" .. ("a-z"):rep(1e5) .. "]", ("(a)"):rep(1e4), "(?P<" .. ("x"):rep(1e6) .. ">a)", ("\\pL"):rep(3000), (".*"):rep(100) } do
    n = n + 1
    local began = time.monotonic()
    pcall(re.match, text:sub(1, 1e5), p)
    local took = time.monotonic() - began
    if took > 30 then error(p:sub(1, 20) .. " took " .. took) end
  end
  return n
end }
