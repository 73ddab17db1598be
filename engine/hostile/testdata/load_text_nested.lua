-- loadstring gets texts that are nested deeper than the compiler's stack.
--> result ^done$
register_tool("attack", function()
  for _, piece in ipairs { { "{", "}" }, { "(", ")" }, { "[", "]" }, { "not ", "" }, { "-", "" }, { "#", "" }, { "do ", " end" }, { "f(", ")" }, { "x.", "" },
    { "function() return ", " end" }, { "if x then ", " end" }, { "while x do ", " end" }, { "repeat ", " until x" }, { "x..", "" }, { "x^", "" }, { "x+", "" }, { "a=", "" }, { "x[", "]" }, { "'\\", "'" }, { "[=[", "]=]" }, { "-- ", "" }, { "::a::", "" }, { "f{", "}" }, { "x:y", "()" } } do
    for _, n in ipairs { 150, 2000 } do
      loadstring("return " .. piece[1]:rep(n) .. "1" .. piece[2]:rep(n))
      loadstring(piece[1]:rep(n) .. piece[2]:rep(n))
    end
    sleep(0)
  end
  return "done"
end)
